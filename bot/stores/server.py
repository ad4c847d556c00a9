"""Transactions on PostgreSQL: several connections, on an event loop of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from threading import Lock, Thread
from typing import Any, Final, TypeVar

from asyncpg import InterfaceError, PostgresError, connect
from sqlalchemy import URL, Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from tenacity import (
    AsyncRetrying,
    retry_if_exception,
    stop_after_attempt,
    stop_after_delay,
    stop_all,
    wait_random_exponential,
)

from bot.core.errors import StateUnavailable
from bot.stores.locks import number_of
from bot.stores.places import place_of

Result = TypeVar("Result")

CONNECTIONS: Final = 8
_CONNECTED_WITHIN_S: Final = 5.0
_ANSWERED_WITHIN_S: Final = 30.0
_TRIES: Final = 4
_TRIED_FOR_S: Final = 2.0
"""Platforms wait three seconds for an acknowledgement, and then come again."""

_CONNECTING: Final[Mapping[str, Any]] = {
    "timeout": _CONNECTED_WITHIN_S,
    "command_timeout": _ANSWERED_WITHIN_S,
    "server_settings": {
        "application_name": "deskmate",
        # A bot that stands still in the middle of a transaction must not keep its locks.
        "idle_in_transaction_session_timeout": "3000",
    },
}

_PASSING: Final = frozenset({"40001", "40P01", "57P01", "57P02", "57P03"})
"""Serialization, deadlock, and a server that stops or starts: the same again may succeed."""

_TRY: Final = "SELECT pg_try_advisory_lock($1)"


class OwnLoop:
    """Runs transactions side by side, each as one function of an ordinary connection.

    The driver's loop is not the bot's: neither waits for what the other has to compute, and
    greenlets stay on that thread. What the database asks to try again is tried again from the
    beginning, with a connection that was lost before the commit; afterwards nobody knows whether
    it counts, and the caller is told.
    """

    def __init__(self, url: URL) -> None:
        """Nothing is opened, and no thread runs, before the first transaction."""
        self._url = url
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None
        self._engine: AsyncEngine | None = None
        self._begun = Lock()
        self._closed = False

    async def run(self, work: Callable[[Connection], Result]) -> Result:
        """One transaction; errors are those of the database."""
        return await self.on_loop(self._transact(work))

    async def on_loop(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Let the database's own loop do something; cancelling does not undo what has begun."""
        if self._closed:
            work.close()
            raise StateUnavailable("the state store is closed")
        done = asyncio.run_coroutine_threadsafe(work, self._started())
        return await asyncio.shield(asyncio.wrap_future(done))

    async def close(self) -> None:
        """Finish what has begun, and let go of every connection."""
        self._closed = True
        loop, self._loop = self._loop, None
        if loop is None or self._thread is None:
            return
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._end(), loop))
        loop.call_soon_threadsafe(loop.stop)
        await asyncio.to_thread(self._thread.join)
        loop.close()

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._begun:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = Thread(target=self._loop.run_forever, name="database", daemon=True)
                self._thread.start()
        return self._loop

    @asynccontextmanager
    async def driver_connection(self) -> AsyncIterator[Any]:
        """A connection of the driver, beside the others; for use on the database's loop.

        Raises:
            PostgresError, OSError: there is none.
        """
        _, where = self._opened().dialect.create_connect_args(self._url)
        connection = await connect(**where, **_CONNECTING)
        try:
            yield connection
        finally:
            connection.terminate()

    @asynccontextmanager
    async def only_one(self, what: str) -> AsyncIterator[bool]:
        """Whether nobody else does this now, by a lock of a session that we have for nothing else.

        However we end, the session ends too.
        """
        session = AsyncExitStack()
        try:
            ours = await self.on_loop(self._try(what, session))
        except (PostgresError, InterfaceError, OSError) as error:
            raise Unreachable(self._url, error) from None
        try:
            yield ours
        finally:
            await self.on_loop(session.aclose())

    async def _try(self, what: str, session: AsyncExitStack) -> bool:
        async with AsyncExitStack() as stack:
            connection = await stack.enter_async_context(self.driver_connection())
            ours = await connection.fetchval(_TRY, number_of(what))
            await session.enter_async_context(stack.pop_all())
        return bool(ours)

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others)
        if self._engine is not None:
            await self._engine.dispose()

    async def _transact(self, work: Callable[[Connection], Result]) -> Result:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(_may_pass),
            stop=stop_all(stop_after_delay(_TRIED_FOR_S), stop_after_attempt(_TRIES)),
            wait=wait_random_exponential(multiplier=0.02, max=0.5),
            reraise=True,
        ):
            with attempt:
                return await self._once(work)
        raise AssertionError  # it was returned, or raised

    async def _once(self, work: Callable[[Connection], Result]) -> Result:
        connection = await self._connected(self._opened())
        try:
            result = await connection.run_sync(work)
            await _commit(connection)
        finally:
            await connection.close()
        return result

    def _opened(self) -> AsyncEngine:
        if self._engine is None:
            self._engine = _engine(self._url)
        return self._engine

    async def _connected(self, engine: AsyncEngine) -> AsyncConnection:
        try:
            return await engine.connect()
        except (DBAPIError, PostgresError, InterfaceError, OSError) as error:
            # From None: what the driver says may name the user, and more.
            raise Unreachable(self._url, error) from None


class Unreachable(StateUnavailable):
    """No connection to the database; `passing` where it may be there in a moment."""

    def __init__(self, url: URL, error: Exception) -> None:
        super().__init__(_why(url, error))
        self.passing = isinstance(error, OSError) or code_of(error) in _PASSING


class CommitUnknown(StateUnavailable):
    """The connection was lost during the commit: it may count or not."""


async def _commit(connection: AsyncConnection) -> None:
    try:
        await connection.commit()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise CommitUnknown("the connection to the database was lost") from None
        raise


def _engine(url: URL) -> AsyncEngine:
    return create_async_engine(
        url,
        hide_parameters=True,  # a failed statement is logged, what people wrote is not
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=_ANSWERED_WITHIN_S,
        connect_args=dict(_CONNECTING),
    )


def _why(url: URL, error: Exception) -> str:
    place, code = place_of(url), code_of(error)
    if code.startswith("28"):
        return f"PostgreSQL takes neither this user nor this password: {place}"
    if code == "3D000":
        return f"PostgreSQL has no such database: {place}"
    if code == "53300":
        return f"PostgreSQL has no connection left: {place}"
    return f"PostgreSQL does not answer ({type(error).__name__}): {place}"


def code_of(error: BaseException) -> str:
    """PostgreSQL's five characters for what went wrong; empty where it did not say."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(origin, "sqlstate", None) or "")


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, Unreachable):
        return error.passing
    if code_of(error) in _PASSING:
        return True
    return isinstance(error, DBAPIError) and error.connection_invalidated
