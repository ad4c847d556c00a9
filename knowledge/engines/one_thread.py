"""A thread of its own for an engine that blocks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from knowledge.errors import StoreUnavailable

Result = TypeVar("Result")


class OneThread:
    """Runs calls one after the other, in the order they came, away from the event loop."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._ended = False

    async def run(self, call: Callable[[], Result]) -> Result:
        """What `call` returns or raises.

        A caller that is cancelled stops waiting; the call itself runs to its end.

        Raises:
            StoreUnavailable: the thread was ended.
        """
        if self._ended:
            raise StoreUnavailable("the passage store is closed")
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)

    async def end(self, last: Callable[[], None]) -> None:
        """Run `last` after everything that waits, then take no more; a second end does nothing."""
        if self._ended:
            return
        self._ended = True
        try:
            await asyncio.get_running_loop().run_in_executor(self._executor, last)
        finally:
            self._executor.shutdown(wait=False)
