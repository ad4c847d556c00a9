"""What a request or a frame means, and what is said back."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from multidict import CIMultiDictProxy

from adapters.feishu.codec import CARD_ACTION, Bot, decode, is_known, is_ours, kind_of, tenant_of
from adapters.feishu.envelope import Payload, Secrets, challenge_of, open_request
from adapters.feishu.settings import FeishuSettings
from adapters.feishu.words import Malformed
from adapters.ingress import Received, RequestRefused
from bot.core.ports import Clock
from bot.core.texts import EN, ZH

log = logging.getLogger(__name__)

_MOST_KINDS_LOGGED: Final = 100


class Receiving:
    """Reads requests and frames for one app.

    bot: who we are; set again when the platform has told us.
    tenant: the key of our own company; empty until an event names it, if it is not configured.
    """

    def __init__(self, *, settings: FeishuSettings, clock: Clock) -> None:
        self.bot = Bot(app_id=settings.app_id)
        self.tenant = self._tenant_key = settings.tenant_key
        self._clock = clock
        self._secrets = Secrets(
            verification_token=settings.verification_token.get_secret_value(),
            encrypt_key=settings.encrypt_key.get_secret_value(),
        )
        self._logged: set[str] = set()

    def read(self, raw: bytes, headers: CIMultiDictProxy[str]) -> Received:
        """A request's meaning.

        Raises:
            RequestRefused: it is not Feishu's, or senseless.
        """
        now = self._clock().timestamp()
        payload = open_request(raw, headers, self._secrets, now=now)
        challenge = challenge_of(payload)
        if challenge is not None:
            return Received(reply={"challenge": challenge})
        return self.understand(payload)

    def understand(self, payload: Payload) -> Received:
        """The meaning of a payload that is known to be Feishu's.

        Raises:
            RequestRefused: 400 where it lacks what its type always has.
        """
        kind = kind_of(payload)
        if not is_known(kind):
            self._log_once(kind)
            return Received()
        if not is_ours(payload, app_id=self.bot.app_id, tenant_key=self._tenant_key):
            log.warning("event_of_another_app", extra={"kind": kind})
            return Received()
        self.tenant = self.tenant or tenant_of(payload)
        try:
            events = decode(payload, bot=self.bot, received_at=self._clock())
        except Malformed as error:
            raise RequestRefused(400, "malformed") from error
        if kind == CARD_ACTION:
            noted, busy = _toast("info", "noted"), _toast("error", "press_again")
            return Received(events=events, reply=noted, busy=busy)
        return Received(events=events)

    def _log_once(self, kind: str) -> None:
        if kind not in self._logged and len(self._logged) < _MOST_KINDS_LOGGED:
            self._logged.add(kind)
            log.warning("event_type_unknown", extra={"kind": kind[:80]})


def _toast(kind: str, text: str) -> Mapping[str, object]:
    """A line that shows for a moment, in the language of whoever pressed."""
    zh, en = getattr(ZH, text), getattr(EN, text)
    return {"toast": {"type": kind, "content": zh, "i18n": {"zh_cn": zh, "en_us": en}}}
