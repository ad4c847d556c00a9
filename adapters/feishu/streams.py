"""Cards that grow while people watch, by CardKit."""

from __future__ import annotations

import json
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from adapters.feishu.api import Api, Json
from adapters.feishu.render import STREAMED
from adapters.pacing import Pace
from bot.core.errors import ChannelRefused, ChannelUnavailable

_OUT_OF_ORDER: Final = "300317"
_LEAPS: Final = (100, 10_000)
"""How far to go on when Feishu has seen higher numbers than ours."""

_MOST_CARDS: Final = 1_024


@dataclass(slots=True, kw_only=True)
class _Stream:
    """sequence: the number of the last operation; each has to be higher than all before."""

    card_id: str
    sequence: int = 0


class Streams:
    """Which message shows which card, and what was done to the card last.

    Known only to this process: after a restart a card no longer grows, it is replaced.

    pace: no more than ten operations a second on one card.
    """

    def __init__(self, api: Api, *, pace: Pace) -> None:
        self._api = api
        self._pace = pace
        self._by_message: OrderedDict[str, _Stream] = OrderedDict()

    async def create(self, card: Json) -> str:
        """A card that no message shows yet; its id."""
        body = {"type": "card_json", "data": as_text(card)}
        answer = await self._api.call("POST", "cardkit/v1/cards", body=body)
        card_id = answer.data.get("card_id")
        if not isinstance(card_id, str):
            raise ChannelUnavailable("no card in the answer")
        return card_id

    def keep(self, message_id: str, card_id: str) -> None:
        """Remember that this message shows this card."""
        if self.shows(message_id):
            return
        self._by_message[message_id] = _Stream(card_id=card_id)
        if len(self._by_message) > _MOST_CARDS:
            self._by_message.popitem(last=False)

    def shows(self, message_id: str) -> bool:
        """Whether this message shows a card that can grow."""
        return message_id in self._by_message

    def forget(self, message_id: str) -> None:
        """This message's card grows no more."""
        self._by_message.pop(message_id, None)

    async def write(self, message_id: str, text: str) -> None:
        """Show this text; where it begins with the one before, the rest is typed out."""
        stream = self._by_message[message_id]
        path = f"elements/{STREAMED}/content"
        await self._operate(stream, "PUT", path, {"content": text})

    async def replace(self, message_id: str, card: Json) -> None:
        """Show this card instead."""
        stream = self._by_message[message_id]
        body = {"card": {"type": "card_json", "data": as_text(card)}}
        await self._operate(stream, "PUT", "", body)

    async def finish(self, message_id: str, card: Json) -> None:
        """Show this card for good; buttons work from now on."""
        stream = self._by_message[message_id]
        settings = {"settings": as_text({"config": {"streaming_mode": False}})}
        # A stream that Feishu closed by itself, after ten minutes, cannot be closed again.
        with suppress(ChannelRefused):
            await self._operate(stream, "PATCH", "settings", settings)
        await self.replace(message_id, card)
        self.forget(message_id)

    async def _operate(self, stream: _Stream, method: str, path: str, body: dict[str, Any]) -> None:
        for leap in (*_LEAPS, None):
            stream.sequence += 1
            try:
                await self._call(stream, method, path, {**body, "sequence": stream.sequence})
            except ChannelRefused as refused:
                if refused.code != _OUT_OF_ORDER or leap is None:
                    raise
                stream.sequence += leap
            else:
                return

    async def _call(self, stream: _Stream, method: str, path: str, body: Json) -> None:
        await self._pace.turn(stream.card_id)
        card = f"cardkit/v1/cards/{quote(stream.card_id, safe='')}"
        try:
            await self._api.call(method, f"{card}/{path}".rstrip("/"), body=body)
        except ChannelUnavailable as error:
            if error.retry_after_s is not None:
                self._pace.hold(stream.card_id, error.retry_after_s)
            raise


def as_text(value: Json) -> str:
    """JSON as Feishu wants it inside JSON: a string."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
