"""`deskmate teach`: question–answer files in."""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

from bot.cli.options import Subcommands, add_audience, add_config, add_json, settings_of
from bot.cli.terminal import counting_bar, print_json, say
from bot.core.importing import Importing, Taken, latest_changes
from bot.core.model import User
from bot.core.teaching import LONGEST_ANSWER, Lesson
from bot.settings import Settings
from bot.state import opened_state
from bot.stores.state import utc_now
from knowledge.errors import DocumentUnreadable
from knowledge.language import language_of
from knowledge.model import EVERYONE
from knowledge.parsers.faq import Faq, FaqReader
from knowledge.parsers.pairs import Fault, Pair, settled
from knowledge.reading import MAX_FILE_BYTES

Command: TypeAlias = Callable[[argparse.Namespace], Coroutine[None, None, int]]

_PLATFORM = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class TeachReport:
    """What became of the pairs of some files."""

    taken: Counter[Taken]
    failed: tuple[Fault, ...]
    unread: tuple[str, ...]


def add_to(subcommands: Subcommands) -> None:
    """Describe the command."""
    parser = subcommands.add_parser("teach", help="take in question–answer files")
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE", help=".csv, .xlsx or .jsonl")
    parser.add_argument(
        "--accept", action="store_true", help="verify at once, without /deskmate review"
    )
    parser.add_argument(
        "--by", type=_person, metavar="PERSON", help="who vouches for it, as in slack:U1"
    )
    add_config(parser)
    add_audience(parser, "who may read answers of which the file does not say it")
    add_json(parser)
    parser.set_defaults(run=_vouched(parser))


def _vouched(parser: argparse.ArgumentParser) -> Command:
    """The command, refused where nobody vouches for what shall be verified."""

    def start(arguments: argparse.Namespace) -> Coroutine[None, None, int]:
        if arguments.accept and arguments.by is None:
            parser.error("--accept needs --by: somebody has to vouch for the answers")
        return run(arguments)

    return start


async def run(arguments: argparse.Namespace) -> int:
    """Take the pairs in and report: 1 if none of them could be taken."""
    readers = frozenset(arguments.audience) or frozenset({EVERYONE})
    reader = FaqReader(audience=readers, longest_answer=LONGEST_ANSWER)
    found = [await asyncio.to_thread(_read, reader, path) for path in arguments.paths]
    pairs, contradictions = settled([pair for faq in found for pair in faq.pairs])
    report = TeachReport(
        taken=await _take(pairs, settings_of(arguments), accept=arguments.accept, by=arguments.by),
        failed=(*(fault for faq in found for fault in faq.faults), *contradictions),
        unread=tuple(dict.fromkeys(heading for faq in found for heading in faq.unread)),
    )
    _say(report)
    if arguments.json:
        print_json(as_json(report))
    return 1 if report.failed and not report.taken.total() else 0


def as_json(report: TeachReport) -> dict[str, object]:
    """A report as `teach --json` prints it."""
    counts = {taken.value: report.taken[taken] for taken in Taken}
    return {**counts, "failed": [asdict(fault) for fault in report.failed]}


def _read(reader: FaqReader, path: Path) -> Faq:
    """One file; where it cannot be read at all, that is its one fault."""
    try:
        with path.open("rb") as file:
            # One byte more than allowed is enough to be refused.
            return reader.read(file.read(MAX_FILE_BYTES + 1), path=str(path))
    except DocumentUnreadable as error:
        reason = error.reason
    except OSError as error:
        reason = f"not read: {error.strerror or error}"
    return Faq(faults=(Fault(path=str(path), line=0, reason=reason),))


async def _take(
    pairs: Sequence[Pair], settings: Settings, *, accept: bool, by: User | None
) -> Counter[Taken]:
    taken: Counter[Taken] = Counter()
    async with opened_state(settings) as state:
        importing = Importing(
            proposals=state.proposals,
            curated=state.curated,
            latest=await latest_changes(state.curated),
            clock=utc_now,
        )
        take = importing.accept if accept else importing.propose
        with counting_bar("teaching") as report_progress:
            for done, pair in enumerate(pairs, start=1):
                taken[await take(_lesson(pair), by=by or _file(pair))] += 1
                report_progress(done, len(pairs))
    return taken


def _lesson(pair: Pair) -> Lesson:
    return Lesson(
        question=pair.question,
        text=pair.text,
        language=language_of(pair.text),
        wordings=pair.wordings,
        audience=pair.audience,
        citations=pair.citations,
        owner=pair.owner,
        review_on=pair.review_on,
    )


def _file(pair: Pair) -> User:
    """Who proposes where nobody is named: the file."""
    name = Path(pair.path).name
    return User(platform=_PLATFORM, id=name, name=name)


def _person(key: str) -> User:
    platform, colon, name = key.partition(":")
    if not (platform and colon and name):
        raise argparse.ArgumentTypeError(f"{key!r} is no person as in slack:U1")
    return User(platform=platform, id=name)


def _say(report: TeachReport) -> None:
    for fault in report.failed:
        where = f"{fault.path}, line {fault.line}" if fault.line else fault.path
        say(f"not taken in: {where}: {fault.reason}")
    if report.unread:
        say(f"columns that were not read: {', '.join(report.unread)}")
    counts = ", ".join(f"{report.taken[taken]} {taken.value}" for taken in Taken)
    say(f"{counts}, {len(report.failed)} failed")
    if report.taken[Taken.PROPOSED]:
        say("whoever reviews finds them with /deskmate review")
