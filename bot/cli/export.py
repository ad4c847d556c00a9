"""`deskmate export`: what people taught and said, as JSON Lines."""

from __future__ import annotations

import argparse
import asyncio
import errno
from contextlib import AsyncExitStack
from pathlib import Path

from bot.cli.options import Subcommands, add_config, open_shelf, settings_of, shell_user
from bot.cli.terminal import say
from bot.core.exports import EXPORTS, PassageOf, no_passage
from bot.exporting import export_entry, lines_of, write
from bot.settings import Settings
from bot.state import opened_state
from bot.stores.state import utc_now
from knowledge.errors import ModelError, StoreUnavailable
from knowledge.model import Passage

_WITH_PASSAGES = frozenset({"finetune"})
"""What shows a model more of a source than its quote."""


def add_to(subcommands: Subcommands) -> None:
    """Describe the command."""
    parser = subcommands.add_parser("export", help="write what was taught and said to a file")
    parser.add_argument("--what", required=True, choices=tuple(EXPORTS))
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="JSON Lines")
    parser.add_argument("--force", action="store_true", help="replace the file if there is one")
    add_config(parser)
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> int:
    """Write the file, whole or not at all.

    Raises:
        FileExistsError: there is such a file, and it is not to be replaced.
        StateUnavailable: the state store does not answer.
    """
    out: Path = arguments.out
    _refuse_to_lose(out, force=arguments.force)
    settings = settings_of(arguments)
    async with AsyncExitStack() as stack:
        state = await stack.enter_async_context(opened_state(settings))
        needed = arguments.what in _WITH_PASSAGES
        passage_of = await _open_passages(settings, stack) if needed else no_passage
        lines = await lines_of(arguments.what, state, passage_of)
        entry = export_entry(arguments.what, out, len(lines), by=shell_user(), at=utc_now())
        await state.audit.append(entry)
    await asyncio.to_thread(write, out, lines)
    say(f"{len(lines)} lines written to {out}")
    return 0


async def _open_passages(settings: Settings, stack: AsyncExitStack) -> PassageOf:
    """Where cited passages are looked up, open as long as the stack; a server may have them."""
    from bot.knowledge_base import open_knowledge
    from knowledge.engines.extractive import Extractive

    opening = open_knowledge(settings, open_shelf(), generator=Extractive())
    try:
        knowledge = await stack.enter_async_context(opening)
    except (ModelError, StoreUnavailable) as error:
        say(f"sources are written as they were quoted, without their tables' headings: {error}")
        return no_passage

    async def passage_of(passage_id: str, audience: frozenset[str]) -> Passage | None:
        return await knowledge.answerer.passage(passage_id, audience=audience)

    return passage_of


def _refuse_to_lose(out: Path, *, force: bool) -> None:
    if out.exists() and not (force and out.is_file()):
        reason = "is there already; --force replaces it" if out.is_file() else "is no file"
        raise FileExistsError(errno.EEXIST, reason, str(out))
    if not out.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(out.parent))
