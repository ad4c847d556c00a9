"""Access tokens that expire: fetched once, renewed in time, dropped when refused."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

from bot.core.errors import ChannelError

log = logging.getLogger(__name__)

_EARLY_S: Final = 300.0
_PAUSE_S: Final = 20.0
"""Between attempts to renew a token that is still good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token and how long it is good for."""

    value: SecretStr
    lives_s: float


class Tokens:
    """One token at a time; whoever needs it while it is fetched waits for the same fetch.

    fetch: asks the platform; raises ChannelError.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[Token]],
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._now = now
        self._lock = asyncio.Lock()
        self._token: Token | None = None
        self._renew_at = 0.0
        self._ends_at = 0.0
        self._failures = 0
        self._failure: ChannelError | None = None

    async def get(self) -> SecretStr:
        """A token that is good for now; the old one while renewing it early does not succeed.

        Raises:
            ChannelError: the platform gave none, to us or to whoever asked just before.
        """
        failures = self._failures
        async with self._lock:
            if self._token is None or self._now() >= self._renew_at:
                if self._failure is not None and self._failures != failures:
                    raise self._failure
                self._token = await self._renewed(self._token)
            return self._token.value

    def drop(self, refused: SecretStr) -> None:
        """The platform refused this token; one that was fetched since stays."""
        if self._token is not None and self._token.value == refused:
            self._token = None

    async def _renewed(self, old: Token | None) -> Token:
        try:
            token = await self._fetch()
        except ChannelError as error:
            if old is None or self._token is None or self._now() >= self._ends_at:
                self._failures += 1
                self._failure = error
                raise
            log.warning("token_not_renewed", extra={"reason": str(error)})
            self._renew_at = self._now() + _PAUSE_S
            return old
        # A short-lived token is renewed at half its life.
        self._ends_at = self._now() + token.lives_s
        self._renew_at = self._ends_at - min(_EARLY_S, token.lives_s / 2)
        return token
