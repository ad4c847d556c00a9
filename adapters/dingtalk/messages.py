"""Markdown messages: by the address that came with a question, else by the open API.

DingTalk has no name for such a message, so a repeated call is a second message. Therefore a call
whose outcome is not known is not repeated.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from adapters.dingtalk.api import Api, Unconfirmed, failure, unconfirmed
from adapters.dingtalk.codec import Webhook
from adapters.dingtalk.render import Message, render_message
from adapters.dingtalk.settings import DingTalkSettings
from adapters.http import Http, persistently, same_origin
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import Reply
from bot.core.ports import Clock

log = logging.getLogger(__name__)

_REMEMBERED: Final = 1_024
_EARLY_MS: Final = 30_000
_PLATFORM: Final = ("https://oapi.dingtalk.com", "https://api.dingtalk.com")


class Webhooks:
    """The latest reply address of each conversation, in memory only: it is as good as a password.

    Those that were not used for the longest time are forgotten.
    """

    def __init__(self, settings: DingTalkSettings, *, clock: Clock) -> None:
        self._allowed = (*_PLATFORM, *((settings.api_base_url,) if settings.api_base_url else ()))
        self._clock = clock
        self._urls: OrderedDict[str, Webhook] = OrderedDict()

    def learn(self, webhook: Webhook) -> None:
        """Remember an address, if it leads to DingTalk."""
        if not same_origin(webhook.url, *self._allowed):
            log.warning("webhook_ignored", extra={"reason": "origin"})
            return
        self._urls[webhook.conversation_id] = webhook
        self._urls.move_to_end(webhook.conversation_id)
        if len(self._urls) > _REMEMBERED:
            self._urls.popitem(last=False)

    def find(self, conversation_id: str) -> str | None:
        """An address that is still good."""
        webhook = self._urls.get(conversation_id)
        if webhook is None:
            return None
        if webhook.expires_at_ms - _EARLY_MS <= self._clock().timestamp() * 1000:
            self.forget(conversation_id)
            return None
        return webhook.url

    def forget(self, conversation_id: str) -> None:
        """It did not work."""
        self._urls.pop(conversation_id, None)


class Messages:
    """Sends a card as one Markdown message."""

    def __init__(
        self,
        settings: DingTalkSettings,
        api: Api,
        http: Http,
        *,
        webhooks: Webhooks,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._api = api
        self._http = http
        self._webhooks = webhooks
        self._sleep = sleep

    async def send(self, reply: Reply) -> None:
        """Say it once. Returns also where nobody knows whether it arrived, and logs that.

        Raises:
            ChannelError: DingTalk did not take it.
        """
        message = render_message(reply.card, max_bytes=self._settings.max_message_bytes)
        try:
            if not await self._by_webhook(reply, message):
                await self._by_api(reply, message)
        except Unconfirmed as error:
            log.warning("message_unconfirmed", extra={"key": reply.key, "reason": str(error)})

    async def _by_webhook(self, reply: Reply, message: Message) -> bool:
        """False where there is no address, or it refused; nothing was shown then."""
        place = reply.conversation.id
        url = self._webhooks.find(place) if reply.only_for is None else None
        if url is None:
            return False
        body = {
            "msgtype": "markdown",
            "markdown": {"title": message.title, "text": message.text},
        }
        try:
            response = await self._http.call("POST", url, body=body)
        except ChannelUnavailable as error:
            if isinstance(unconfirmed(error), Unconfirmed):
                raise unconfirmed(error) from error
            return False
        if response.status == 200 and response.body.get("errcode") in (0, None):
            return True
        passing = failure(response.status, "", response.headers)
        if isinstance(passing, Unconfirmed):
            raise passing
        self._webhooks.forget(place)
        log.info("webhook_refused", extra={"errcode": str(response.body.get("errcode"))[:20]})
        return False

    async def _by_api(self, reply: Reply, message: Message) -> None:
        path, place = self._address(reply)
        body = {
            "robotCode": self._settings.robot,
            "msgKey": "sampleMarkdown",
            "msgParam": json.dumps(
                {"title": message.title, "text": message.text},
                ensure_ascii=False,
                separators=(",", ":"),
            ),
            **place,
        }
        unknown = await persistently(lambda: self._once(path, body), sleep=self._sleep)
        if unknown is not None:
            raise unknown

    async def _once(self, path: str, body: Mapping[str, Any]) -> Unconfirmed | None:
        try:
            said = await self._api.call("POST", path, body)
        except Unconfirmed as error:
            return error  # returned, since what is raised would be tried again
        if said.get("invalidStaffIdList"):
            raise ChannelRefused("invalid_user")
        if said.get("flowControlledStaffIdList"):
            raise ChannelUnavailable("too fast", retry_after_s=1.0)
        return None

    def _address(self, reply: Reply) -> tuple[str, Mapping[str, Any]]:
        place = reply.conversation
        if reply.only_for is None and not place.direct:
            return "/v1.0/robot/groupMessages/send", {"openConversationId": place.id}
        person = reply.only_for.id if reply.only_for else place.id
        return "/v1.0/robot/oToMessages/batchSend", {"userIds": [person]}
