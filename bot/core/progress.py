"""Drafts of a growing card, no faster than the platform allows."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Final, Generic, Self, TypeAlias, TypeVar

from bot.core.errors import ChannelError, ChannelUnavailable
from bot.core.model import Capabilities

log = logging.getLogger(__name__)

Shown = TypeVar("Shown")
Edit: TypeAlias = Callable[[Shown], Awaitable[None]]

# Where edits are counted, each pause is a quarter longer than the last: twenty edits then last
# for a minute and a half instead of six seconds, and the first ones still come quickly.
_LONGER: Final = 1.25


class Drafts(Generic[Shown]):
    """Edits a card that is already shown; the latest draft wins, the ones it overtook are dropped.

    Use as a context: when it ends no draft is under way and none will follow, so the final card
    cannot be overwritten. A draft that fails is skipped.

    grace_s: how long the end waits for a draft that is on its way.
    """

    def __init__(
        self,
        edit: Edit[Shown],
        *,
        capabilities: Capabilities,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        grace_s: float = 3.0,
    ) -> None:
        self._edit = edit
        self._capabilities = capabilities
        self._now = now
        self._sleep = sleep
        self._grace_s = grace_s
        self._latest: Shown | None = None
        self._fresh = asyncio.Event()
        self._editing = False
        self._closed = False
        self._task: asyncio.Task[None] | None = None

    def offer(self, draft: Shown) -> None:
        """Show this when its time comes, unless a later one takes its place. Never waits."""
        self._latest = draft
        self._fresh.set()

    async def __aenter__(self) -> Self:
        if self._left() != 0:
            self._task = asyncio.create_task(self._pump(), name="drafts")
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._task is not None:
            await self._end(self._task)

    async def _pump(self) -> None:
        pause_s = self._capabilities.draft_interval.total_seconds()
        longer = 1.0 if self._capabilities.max_drafts is None else _LONGER
        next_at = self._now() + pause_s
        left = self._left()
        while left != 0 and not self._closed:
            await self._fresh.wait()
            await self._sleep_until(next_at)
            wait_s = await self._show_latest()
            if wait_s is None:
                return
            next_at = self._now() + max(pause_s, wait_s)
            pause_s *= longer
            left -= 1

    def _left(self) -> int:
        """Drafts this card may get, the last edit being the answer's; negative if uncounted."""
        if not self._capabilities.edits:
            return 0
        if self._capabilities.max_drafts is None:
            return -1
        return max(0, self._capabilities.max_drafts - 1)

    async def _sleep_until(self, moment: float) -> None:
        wait_s = moment - self._now()
        if wait_s > 0:
            await self._sleep(wait_s)

    async def _show_latest(self) -> float | None:
        """Edit once: how long the platform asks us to wait, or None if it wants no more edits."""
        self._fresh.clear()
        if self._latest is None:
            return 0.0
        self._editing = True
        try:
            await self._edit(self._latest)
        except ChannelUnavailable as error:
            log.info("draft_skipped", extra={"reason": str(error)})
            return error.retry_after_s or 0.0
        except ChannelError as error:
            log.warning("drafts_stopped", extra={"reason": str(error)})
            return None
        finally:
            self._editing = False
        return 0.0

    async def _end(self, task: asyncio.Task[None]) -> None:
        self._closed = True
        if not self._editing:
            task.cancel()
        try:
            # An edit that left must arrive before the final one does, so it is not cut off.
            await asyncio.wait({task}, timeout=self._grace_s)
        finally:
            task.cancel()
            await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("drafts_failed", exc_info=error)
