"""The passages that count, embedded anew beside themselves: `deskmate reindex`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

from pydantic import ValidationError

from bot.agreed import record_now
from bot.asked import Request
from bot.knowledge_base import edition_of
from bot.places import layout_of, open_named
from bot.serving import Serving
from bot.settings import Settings
from bot.signposts import Signpost, fingerprint, first_name, open_signpost
from bot.stores.state import utc_now
from bot.ways import Place
from knowledge.engines.qdrant_layout import Layout
from knowledge.errors import ReindexRefused
from knowledge.indexing import Indexing
from knowledge.reindex import Reindex
from knowledge.settings import KnowledgeSettings

_PASSES = 5
"""At most, while documents keep changing; the last one is done while writers wait."""

_CLOCKS_APART = timedelta(minutes=5)

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reindexed:
    """What came of it.

    name: of the folder or collection that counts now. before: the one that counted; the same
        where there was nothing to do.
    """

    name: str
    before: str
    documents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where the passages lie, and where they will.

    layout: of the vectors so far. other: what lies in the place that waits, if anything.
    """

    place: Place
    before: str
    layout: Layout
    name: str
    other: str | None

    @property
    def needed(self) -> bool:
        """False where they were embedded so already."""
        return self.name != self.before


async def plan(settings: Settings, indexing: Indexing, signpost: Signpost) -> Plan:
    """What there is to do to have the passages as configured.

    Raises:
        ReindexRefused: there is nothing yet, or documents wait to be tried out.
        StoreUnavailable: the store does not answer.
    """
    record = await record_now(settings)
    if record.staged is not None:
        raise ReindexRefused(
            "documents wait to be tried out; let them count first, or ingest again"
        )
    kept = await signpost.current(record.place)
    if kept is None:
        raise ReindexRefused("nothing was ingested yet: `deskmate ingest` embeds as configured")
    other = await signpost.current("second" if record.place == "first" else "first")
    mark = fingerprint(settings.knowledge, indexing)
    return Plan(
        place=record.place,
        before=kept.name,
        layout=kept.layout,
        name=f"{first_name(settings, record.place)}-{mark}",
        other=other.name if other else None,
    )


async def reindex_alone(
    settings: Settings,
    indexing: Indexing,
    *,
    keep: bool,
    grace_s: float,
    on_progress: OnProgress,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Reindexed:
    """Do it in this process: on a server, or in a data folder that nobody else has open.

    grace_s: on a server the old collection is kept so long after the change, for bots that have not
        noticed yet; what somebody still writes into it meanwhile is brought over.

    Raises:
        StoreLocked: a bot has the folder open, and must do it.
        ReindexRefused, StoreUnavailable, EngineUnavailable: the old passages count as before.
    """
    async with open_signpost(settings) as signpost, AsyncExitStack() as stack:
        todo = await plan(settings, indexing, signpost)
        if not todo.needed:
            return Reindexed(name=todo.name, before=todo.before, documents=0)
        old = await open_named(settings, todo.layout, todo.before)
        stack.push_async_callback(old.close)
        layout = layout_of(indexing.embedders, indexing.sparse)
        new = await open_named(settings, layout, todo.name)
        stack.push_async_callback(new.close)
        work = Reindex(old=old, new=new, indexing=indexing)
        since = utc_now() - _CLOCKS_APART
        changed = await _copied(work, on_progress)
        async with old.still():
            changed += await work.catch_up()
            await signpost.point(todo.place, todo.name)
        if settings.knowledge.qdrant_url:
            await sleep(grace_s)
            changed += await work.carry(since=since)
        await stack.aclose()  # a folder is deleted once it is closed
        for name in _gone(todo, keep=keep):
            await signpost.drop(name)
        return Reindexed(name=todo.name, before=todo.before, documents=changed)


async def reindex_serving(
    serving: Serving, target: Settings, *, keep: bool, on_progress: OnProgress
) -> Reindexed:
    """Do it in a bot that answers meanwhile, from the old passages until the new ones are there.

    Raises:
        ReindexRefused, ModelError, StoreUnavailable, EngineUnavailable: all goes on as before.
    """
    indexing = Indexing(
        embedders=await serving.engines_of(target),
        sparse=serving.now.sparse,
        edition=edition_of(target),
    )
    async with open_signpost(target) as signpost:
        todo = await plan(target, indexing, signpost)
        if not todo.needed:
            return Reindexed(name=todo.name, before=todo.before, documents=0)
        old = serving.now.store
        rebuilt = await serving.rebuilding(target, todo.name, indexing.embedders)
        work = Reindex(old=old, new=rebuilt.knowledge.store, indexing=indexing)
        changed = await _copied(work, on_progress)
        async with old.still():
            changed += await work.catch_up()
            await serving.turn_to(rebuilt, drop=_gone(todo, keep=keep))
    return Reindexed(name=todo.name, before=todo.before, documents=changed)


async def reindex_as_asked(serving: Serving, request: Request, tell: OnProgress) -> str:
    """What `deskmate reindex` asks of a running bot; its answer as that reads it."""
    options = request.options
    embedders = {
        "embedding_model": options.get("embedding_model", ""),
        "late_interaction": options.get("late_interaction", "true") == "true",
    }
    plain = serving.settings
    try:
        knowledge = KnowledgeSettings.model_validate(plain.knowledge.model_dump() | embedders)
    except ValidationError as error:
        raise ReindexRefused("no such embedders are known here") from error
    target = plain.model_copy(update={"knowledge": knowledge})
    keep = options.get("keep") == "true"
    done = await reindex_serving(serving, target, keep=keep, on_progress=tell)
    return f"{done.before}\t{done.name}\t{done.documents}"


async def _copied(work: Reindex, on_progress: OnProgress) -> int:
    """Copy until nothing changed meanwhile, or nearly nothing."""
    changed = 0
    for _ in range(_PASSES):
        more = await work.catch_up(on_progress)
        changed += more
        if not more:
            break
    return changed


def _gone(todo: Plan, *, keep: bool) -> tuple[str, ...]:
    """What nobody needs afterwards; in the place that waits lie vectors of the old engines too."""
    other = (todo.other,) if todo.other else ()
    return other if keep else (todo.before, *other)
