"""The guard before a language model outside the house, as it is configured."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias

from bot.core.errors import StateUnavailable
from bot.settings import Settings, writes_outside
from bot.state import opened_state
from knowledge.engines.directories import NamesFile, Nobody
from knowledge.engines.outside import destination_of
from knowledge.errors import StoreUnavailable
from knowledge.model import Departure
from knowledge.ports import Directory, EgressLog, Generator
from knowledge.redaction.kinds import Kind
from knowledge.settings import EgressSettings

if TYPE_CHECKING:
    from knowledge.engines.redacting import Egress

Guard: TypeAlias = Callable[[Generator], Generator]


class Unrecorded:
    """The log of a company that keeps none."""

    async def add(self, departure: Departure) -> None:
        """Forget it."""


@asynccontextmanager
async def open_guard(settings: Settings) -> AsyncIterator[Guard | None]:
    """What a remote engine is asked through; None where no prompt leaves, or all of it may.

    Raises:
        EngineUnavailable: the file of names cannot be read.
        StoreUnavailable: it cannot be written down what leaves.
    """
    egress = settings.egress
    if not writes_outside(settings) or not egress.guard:
        yield None
        return
    from knowledge.engines.redacting import Redacting  # compiles a hundred patterns: 0.5 s

    directory = directory_of(egress)
    await directory.names()
    async with AsyncExitStack() as stack:
        log = await _open_log(settings, stack)

        def guard(inner: Generator) -> Generator:
            return Redacting(
                inner,
                destination=destination_of(settings.generation.base_url),
                egress=egress_of(egress),
                log=log,
                directory=directory,
            )

        yield guard


def egress_of(settings: EgressSettings) -> Egress:
    """What may leave."""
    from knowledge.engines.redacting import Egress

    money = {Kind.AMOUNT} if settings.amounts else set()
    return Egress(audiences=frozenset(settings.audiences), kinds=frozenset(settings.kinds) | money)


def directory_of(settings: EgressSettings) -> Directory:
    """Who works here, as far as the configuration tells."""
    return NamesFile(settings.names_file) if settings.names_file else Nobody()


async def _open_log(settings: Settings, stack: AsyncExitStack) -> EgressLog:
    if not settings.egress.ledger:
        return Unrecorded()
    try:
        state = await stack.enter_async_context(opened_state(settings))
    except StateUnavailable as error:
        raise StoreUnavailable(str(error)) from error
    return state.departures
