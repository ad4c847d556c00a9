"""Readers that administrators name for documents, kept and put into effect."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from bot.core.library import Library, Listed
from bot.core.model import User
from bot.core.ports import Clock, Held
from bot.core.steering import NamedReaders
from knowledge.model import EVERYONE
from knowledge.ruling import AudienceRules, folder_rule, ruled

log = logging.getLogger(__name__)

HeldNow = Callable[[], Awaitable[Held | None]]


class Rulings:
    """Names readers, and sees to it that documents have them wherever they lie.

    known: audience names of the configuration.
    """

    def __init__(
        self,
        *,
        library: Library,
        named: NamedReaders,
        clock: Clock,
        known: frozenset[str] = frozenset(),
    ) -> None:
        self._library = library
        self._named = named
        self._clock = clock
        self._known = known

    async def look(self) -> None:
        """Put every rule into effect: after a crash, and where another process took one in.

        Raises:
            StateUnavailable, StoreUnavailable: looking again goes on.
        """
        given = await self._library.enforce(await self._named.all())
        if given:
            log.info("readers_given", extra={"documents": given})

    async def rules(self) -> AudienceRules:
        """Every rule that stands.

        Raises:
            StateUnavailable: nobody can tell.
        """
        return await self._named.all()

    async def documents(self) -> tuple[Listed, ...]:
        """All documents there are.

        Raises:
            StoreUnavailable: they cannot be read.
        """
        return await self._library.listed(audience=None)

    async def names(self) -> frozenset[str]:
        """Every audience name that means somebody: configured, or a document's."""
        used = (one.audience for one in await self.documents())
        return self._known.union({EVERYONE}, *used)

    async def name(self, rule: str, audience: frozenset[str], *, by: User) -> int:
        """Let these people read what the rule is about: how many documents have others now.

        Kept before it is put into effect: a crash in between is mended at the next look.

        Raises:
            StateUnavailable: nothing was changed.
            StoreUnavailable: it is kept, and comes into effect when the store answers again.
        """
        await self._named.put(rule, audience, by=by.key, at=self._clock())
        return await self._library.enforce(await self._named.all())

    def holding(self, held: HeldNow) -> HeldNow:
        """The change that waits; its documents have the readers that are named when it counts."""

        async def now() -> Held | None:
            change = await held()
            if change is None:
                return None

            async def let() -> bool:
                await self.look()
                return await change.let()

            return replace(change, let=let)

        return now


def meant(target: str, documents: Sequence[Listed]) -> tuple[str, tuple[Listed, ...]]:
    """The rule that a target names, with its documents; none where it names nothing.

    More than one document and no rule: several have this title.
    """
    for one in documents:
        if one.id == target:
            return target, (one,)
    folder = folder_rule(target)
    inside = tuple(one for one in documents if one.id.startswith(folder))
    if inside and folder != "__":
        return folder, inside
    titled = tuple(one for one in documents if one.title.casefold() == target.casefold())
    return (titled[0].id if len(titled) == 1 else ""), titled


def changed(
    rule: str, audience: frozenset[str], documents: Sequence[Listed], rules: AudienceRules
) -> tuple[Listed, ...]:
    """The documents that a rule would give to other readers; a nearer rule goes before it."""
    after: Mapping[str, frozenset[str]] = {**rules, rule: audience}
    return tuple(one for one in documents if ruled(one.id, after) not in (None, one.audience))
