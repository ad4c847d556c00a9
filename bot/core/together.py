"""What many ask for at the same time, done for all of them at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeAlias, TypeVar

from bot.core.errors import CoreError

Item = TypeVar("Item")
Result = TypeVar("Result")

Act: TypeAlias = Callable[[Sequence[Item]], Awaitable[Sequence[Result]]]
Asked: TypeAlias = list[tuple[Item, asyncio.Future[Result]]]


class Together(Generic[Item, Result]):
    """Whoever asks while `act` is under way goes along with the next one, in the order of asking.

    One commit to disk for thirty events takes as long as for one.

    act: gets items and gives their results in the same order. Where it breaks unexpectedly, each
        item is tried alone, so that one of them cannot harm the others.
    most: how many go at once.
    """

    def __init__(self, act: Act[Item, Result], *, most: int = 64) -> None:
        self._act = act
        self._most = most
        self._asked: asyncio.Queue[tuple[Item, asyncio.Future[Result]]] = asyncio.Queue()

    def ask(self, item: Item) -> asyncio.Future[Result]:
        """The result for this item, when it is there."""
        result: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._asked.put_nowait((item, result))
        return result

    async def run(self, stopped: Exception) -> None:
        """Serve until cancelled; whoever has no result then gets `stopped`."""
        asked: Asked[Item, Result] = []
        try:
            while True:
                asked = [await self._asked.get()]
                asked += self._waiting(self._most - 1)
                await self._serve(asked)
        finally:
            _fail([*asked, *self._waiting(self._asked.qsize())], stopped)

    def _waiting(self, most: int) -> Asked[Item, Result]:
        return [self._asked.get_nowait() for _ in range(min(most, self._asked.qsize()))]

    async def _serve(self, asked: Asked[Item, Result]) -> None:
        # gather: an error that nobody expected is the caller's, and must not stop us.
        (outcome,) = await asyncio.gather(
            self._act([item for item, _ in asked]), return_exceptions=True
        )
        if not isinstance(outcome, BaseException):
            for (_, result), value in zip(asked, outcome, strict=True):
                if not result.done():
                    result.set_result(value)
        elif isinstance(outcome, CoreError) or len(asked) == 1:
            _fail(asked, outcome)
        else:
            for one in asked:
                await self._serve([one])


def _fail(asked: Asked[Item, Result], reason: BaseException) -> None:
    for _, result in asked:
        if not result.done():
            result.set_exception(reason)
