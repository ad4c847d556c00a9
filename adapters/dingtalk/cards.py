"""AI cards: shown once under a name made from the reply's key, then growing, then finished.

The name is ours to choose and DingTalk keeps it unique, so a call that is repeated shows no
second card.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

from adapters.dingtalk.api import QUOTA, Api
from adapters.dingtalk.render import content_key, render_card, render_draft, title_of
from adapters.dingtalk.settings import DingTalkSettings
from adapters.http import persistently
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import Card, Conversation, Reply, User

log = logging.getLogger(__name__)

Value = TypeVar("Value")

_REMEMBERED: Final = 4_096
_EXISTS: Final = "param.cardAlreadyExist"
_GONE: Final = ("param.cardNotExist", "param.stream.outTrackId")


class Cards:
    """Creates, streams and finishes AI cards."""

    def __init__(
        self,
        settings: DingTalkSettings,
        api: Api,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._api = api
        self._sleep = sleep
        self._shown: OrderedDict[str, str] = OrderedDict()
        self._streamed_bytes: OrderedDict[str, int] = OrderedDict()
        self._ended: OrderedDict[str, bool] = OrderedDict()

    async def create(self, track: str, reply: Reply) -> None:
        """Show a card; where it is shown already, nothing changes.

        Raises:
            ChannelError: it is not shown.
        """
        variables = self._variables(reply.card)
        try:
            said = await self._persistently("POST", "createAndDeliver", self._new(track, reply))
        except ChannelRefused as refused:
            if refused.code != _EXISTS:
                raise
            return
        _delivered(said)
        _keep(self._shown, track, _digest(variables))
        _keep(self._ended, track, not reply.card.streaming)

    async def draft(self, track: str, card: Card) -> None:
        """Show how the text grew, while what DingTalk advises for one card is not used up.

        Raises:
            ChannelError: it is not shown.
        """
        text = render_draft(card, max_bytes=self._settings.max_draft_bytes)
        streamed = self._streamed_bytes.get(track, 0) + len(text.encode())
        if streamed > self._settings.max_streamed_bytes or self._shown.get(track) == _digest(text):
            return
        await self._api.call("PUT", "/v1.0/card/streaming", self._frame(track, text, last=False))
        _keep(self._streamed_bytes, track, streamed)
        _keep(self._shown, track, _digest(text))

    async def finish(self, track: str, card: Card) -> None:
        """Make a card complete: its text, then everything else. What it shows already is not sent.

        Raises:
            ChannelError: the text is not shown.
        """
        variables = self._variables(card)
        if self._shown.get(track) == _digest(variables):
            return
        complete = await self._finalize(track, variables)
        body = {
            "outTrackId": track,
            "cardData": {"cardParamMap": variables},
            "cardUpdateOptions": {"updateCardDataByKey": True},
        }
        try:
            await self._persistently("PUT", "", body)
        except (ChannelRefused, ChannelUnavailable) as error:
            # The text can be read already: a second message would be an answer given twice.
            if not complete:
                raise
            log.warning("card_without_buttons", extra={"reason": str(error)})
            return
        _keep(self._shown, track, _digest(variables))

    async def _finalize(self, track: str, variables: Mapping[str, str]) -> bool:
        """End the stream with the whole text; False where it has ended or takes no such text."""
        if self._ended.get(track):
            return False
        text = variables[content_key(self._settings.card_template_id)]
        try:
            await persistently(
                lambda: self._api.call(
                    "PUT", "/v1.0/card/streaming", self._frame(track, text, last=True)
                ),
                sleep=self._sleep,
            )
        except ChannelRefused as refused:
            if refused.code == QUOTA or refused.code in _GONE:
                raise
            log.info("stream_not_ended", extra={"code": refused.code})
            return False
        _keep(self._ended, track, True)
        return True

    async def _persistently(
        self, method: str, path: str, body: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        where = "/".join(part for part in ("/v1.0/card/instances", path) if part)
        return await persistently(lambda: self._api.call(method, where, body), sleep=self._sleep)

    def _variables(self, card: Card) -> Mapping[str, str]:
        return render_card(
            card,
            template_id=self._settings.card_template_id,
            max_bytes=self._settings.max_content_bytes,
        )

    def _frame(self, track: str, text: str, *, last: bool) -> Mapping[str, Any]:
        return {
            "outTrackId": track,
            # The same text again is the same frame, so a repeated call changes nothing.
            "guid": _digest(f"{track}:{last}:{text}"),
            "key": content_key(self._settings.card_template_id),
            "content": text,
            "isFull": True,
            "isFinalize": last,
            "isError": False,
        }

    def _new(self, track: str, reply: Reply) -> Mapping[str, Any]:
        line = title_of(reply.card)
        space = {"supportForward": False, "lastMessageI18n": {"ZH_CN": line, "EN_US": line}}
        callback: Mapping[str, str] = {"callbackType": "STREAM"}
        if self._settings.mode == "http":
            route_key = self._settings.card_route_key
            callback = {"callbackType": "HTTP", "callbackRouteKey": route_key}
        return {
            "cardTemplateId": self._settings.card_template_id,
            "outTrackId": track,
            "cardData": {"cardParamMap": self._variables(reply.card)},
            "userIdType": 1,
            **callback,
            **self._place(space, reply.conversation, reply.only_for),
        }

    def _place(
        self, space: Mapping[str, Any], conversation: Conversation, only_for: User | None
    ) -> Mapping[str, Any]:
        robot = self._settings.robot
        if only_for is None and not conversation.direct:
            return {
                "openSpaceId": f"dtv1.card//IM_GROUP.{conversation.id}",
                "imGroupOpenSpaceModel": space,
                "imGroupOpenDeliverModel": {"robotCode": robot},
            }
        person = only_for.id if only_for else conversation.id
        return {
            "openSpaceId": f"dtv1.card//IM_ROBOT.{person}",
            "imRobotOpenSpaceModel": space,
            "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", "robotCode": robot},
        }


def _delivered(said: Mapping[str, Any]) -> None:
    """A call can succeed and deliver nothing."""
    result = said.get("result")
    places = result.get("deliverResults") if isinstance(result, dict) else None
    for place in places if isinstance(places, list) else ():
        if isinstance(place, dict) and place.get("success") is False:
            raise ChannelRefused("not_delivered")


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]


def _keep(kept: OrderedDict[str, Value], track: str, value: Value) -> None:
    kept[track] = value
    kept.move_to_end(track)
    if len(kept) > _REMEMBERED:
        kept.popitem(last=False)
