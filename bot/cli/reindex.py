"""`deskmate reindex`: every passage embedded anew, while the bot goes on answering."""

from __future__ import annotations

import argparse
import asyncio

from bot.asked import Request, Requests, followed
from bot.cli.options import Subcommands, add_config, add_json, open_shelf, settings_of, shell_user
from bot.cli.terminal import counting_bar, print_json, say
from bot.core.audit import AuditEntry
from bot.engines import build_embedders, build_sparse
from bot.knowledge_base import edition_of
from bot.places import nobody_has_open
from bot.reindexing import Reindexed, reindex_alone
from bot.settings import Settings
from bot.state import opened_state
from bot.stores.state import utc_now
from knowledge.errors import ReindexRefused, StoreLocked
from knowledge.indexing import Indexing

_GRACE_S = 60.0


def add_to(subcommands: Subcommands) -> None:
    """Describe the command."""
    parser = subcommands.add_parser("reindex", help="embed every passage anew, as configured now")
    parser.add_argument("--keep", action="store_true", help="keep the old passages beside the new")
    parser.add_argument(
        "--grace",
        type=float,
        default=_GRACE_S,
        metavar="SECONDS",
        help="on a server: how long the old collection stays for bots that have not noticed yet",
    )
    add_config(parser)
    add_json(parser)
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> int:
    """Do it here, or have the running bot do it.

    Raises:
        ReindexRefused: as things are it cannot be done; the message says what to do first.
        StoreUnavailable, EngineUnavailable: the old passages count as before.
    """
    settings = settings_of(arguments)
    shelf = open_shelf()
    indexing = await asyncio.to_thread(
        lambda: Indexing(
            embedders=build_embedders(settings.knowledge, shelf),
            sparse=build_sparse(settings.knowledge),
            edition=edition_of(settings),
        )
    )
    done: Reindexed | None = None
    while done is None:
        try:
            with counting_bar("embedding") as report_progress:
                done = await reindex_alone(
                    settings,
                    indexing,
                    keep=arguments.keep,
                    grace_s=max(arguments.grace, 0.0),
                    on_progress=report_progress,
                )
        except StoreLocked:
            done = await _by_the_bot(settings, keep=arguments.keep)
    await _note(settings, done)
    _tell(done, as_json=arguments.json)
    return 0


async def _by_the_bot(settings: Settings, *, keep: bool) -> Reindexed | None:
    """What the bot that has the folder open came to; None where it ended meanwhile."""
    say("a running bot has the passages open: it does it, and answers meanwhile")
    requests = Requests(settings.storage.data_dir)
    wanted = Request(
        what="reindex",
        options={
            "embedding_model": settings.knowledge.embedding_model,
            "late_interaction": str(settings.knowledge.late_interaction).lower(),
            "keep": str(keep).lower(),
        },
    )
    await asyncio.to_thread(requests.ask, wanted)
    with counting_bar("embedding") as report_progress:
        request = await followed(
            requests,
            "reindex",
            on_progress=report_progress,
            alone=lambda: nobody_has_open(settings),
        )
    if request is None:
        return None
    if request.state == "failed":
        raise ReindexRefused(request.said)
    before, name, documents = request.said.split("\t")
    return Reindexed(name=name, before=before, documents=int(documents))


async def _note(settings: Settings, done: Reindexed) -> None:
    async with opened_state(settings) as state:
        about = {"before": done.before, "now": done.name, "documents": done.documents}
        await state.audit.append(
            AuditEntry(at=utc_now(), what="passages.reindexed", by=shell_user(), about=about)
        )


def _tell(done: Reindexed, *, as_json: bool) -> None:
    if as_json:
        print_json({"before": done.before, "now": done.name, "documents": done.documents})
    elif done.before == done.name:
        say("the passages were embedded so already: there was nothing to do")
    else:
        now = f"{done.name} counts in place of {done.before}"
        say(f"{done.documents} documents embedded anew; {now}")
