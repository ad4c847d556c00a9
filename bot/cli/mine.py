"""`deskmate mine`: questions with their answers out of the documents that were taken in."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.cli.options import Subcommands, add_config, add_json, open_shelf, settings_of
from bot.cli.terminal import counting_bar, print_json, say
from bot.core.ids import hashed_id
from bot.core.mining import Fate, Mining
from bot.core.model import User
from bot.core.teaching import Teaching
from bot.knowledge_base import open_knowledge
from bot.state import opened_state
from bot.stores.state import utc_now
from knowledge.errors import EngineUnavailable
from knowledge.mining.asked import Mined
from knowledge.mining.documents import DocumentMiner, standing
from knowledge.model import Passage
from knowledge.ports import PassageStore

SEEN: Final = "mined.txt"
"""In the data folder: what was looked at already, a line each."""

_PLATFORM = "document"
_NOTHING = "nothing"
_MOST = 50


@dataclass(kw_only=True)
class MineReport:
    """What became of what was looked at.

    counts: by fate, and how often there was nothing. left: passages that wait for another run.
    without_model: no language model could be asked.
    """

    counts: Counter[str] = field(default_factory=Counter)
    left: int = 0
    without_model: bool = False


class Seen:
    """What was looked at in earlier runs, kept line by line so that an interrupted run goes on."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._keys = set(file.read_text("utf-8").split()) if file.is_file() else set[str]()

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def add(self, key: str) -> None:
        """Remember it, also beyond this run."""
        self._keys.add(key)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(f"{key}\n")


def add_to(subcommands: Subcommands) -> None:
    """Describe the command."""
    parser = subcommands.add_parser(
        "mine", help="propose questions and answers out of documents that were taken in"
    )
    parser.add_argument(
        "folders", nargs="*", metavar="FOLDER", help="beginnings of document ids, as in hr/leave"
    )
    parser.add_argument(
        "--most",
        type=_count,
        default=_MOST,
        metavar="N",
        help=f"passages that the language model is asked about in this run (default: {_MOST})",
    )
    add_config(parser)
    add_json(parser)
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> int:
    """Propose and report; what was looked at in earlier runs is not looked at again."""
    settings = settings_of(arguments)
    async with (
        open_knowledge(settings, open_shelf()) as knowledge,
        opened_state(settings) as state,
    ):
        work = Work(
            store=knowledge.store,
            miner=DocumentMiner(answerer=knowledge.answerer, generator=knowledge.generator),
            mining=Mining(
                proposals=state.proposals,
                teaching=Teaching(curated=state.curated, clock=utc_now),
                likeness=knowledge.likeness,
                clock=utc_now,
            ),
            seen=Seen(settings.storage.data_dir / SEEN),
        )
        await work.read(arguments.folders)
        await work.ask(arguments.most)
    _say(work.report)
    if arguments.json:
        print_json(as_json(work.report))
    return 0


class Work:
    """One run: first what stands in the documents, then what a model asks about the rest."""

    def __init__(
        self, *, store: PassageStore, miner: DocumentMiner, mining: Mining, seen: Seen
    ) -> None:
        self._store = store
        self._miner = miner
        self._mining = mining
        self._seen = seen
        self._rest: list[Passage] = []
        self.report = MineReport()

    async def read(self, folders: Iterable[str]) -> None:
        """Propose the questions that documents answer in so many words.

        Raises:
            StoreUnavailable: the passages cannot be read.
        """
        beginnings = tuple(folder.strip("/").replace("/", "__") for folder in folders)
        documents = sorted(await self._store.documents())
        chosen = [one for one in documents if not beginnings or _below(one, beginnings)]
        with counting_bar("reading") as report_progress:
            for done, document in enumerate(chosen, start=1):
                passages = await self._store.passages((document,))
                await self._read(passages)
                report_progress(done, len(chosen))

    async def _read(self, passages: tuple[Passage, ...]) -> None:
        by_id = {passage.id: passage for passage in passages}
        told: set[str] = set()
        for mined in standing(passages):
            told |= {citation.passage_id for citation in mined.citations}
            key = _key(mined.question, mined.text)
            if key not in self._seen:
                await self._propose(mined, by_id)
                self._seen.add(key)
        self._rest += [one for one in passages if one.id not in told and _of(one) not in self._seen]

    async def ask(self, most: int) -> None:
        """Let the model ask about so many of the other passages."""
        chosen = self._rest[:most]
        self.report.left = len(self._rest)
        with counting_bar("asking") as report_progress:
            for done, passage in enumerate(chosen, start=1):
                try:
                    mined = await self._miner.mine(passage)
                except EngineUnavailable:
                    self.report.without_model = True
                    return
                if mined is None:
                    self.report.counts[_NOTHING] += 1
                else:
                    await self._propose(mined, {passage.id: passage})
                self._seen.add(_of(passage))
                self.report.left -= 1
                report_progress(done, len(chosen))

    async def _propose(self, mined: Mined, passages: Mapping[str, Passage]) -> None:
        source = next(
            passages[one.passage_id] for one in mined.citations if one.passage_id in passages
        )
        result = await self._mining.propose(
            mined,
            kind="mined",
            by=User(platform=_PLATFORM, id=source.document_id, name=source.title),
            audience=source.audience,
            origin=source.document_id,
            owner=source.owner if ":" in source.owner else "",
        )
        self.report.counts[result.fate] += 1


def as_json(report: MineReport) -> dict[str, object]:
    """A report as `mine --json` prints it."""
    names = (*(fate.value for fate in Fate), _NOTHING)
    return {
        **{name: report.counts[name] for name in names},
        "left": report.left,
        "without_model": report.without_model,
    }


def _below(document_id: str, beginnings: tuple[str, ...]) -> bool:
    return any(document_id == one or document_id.startswith(f"{one}__") for one in beginnings)


def _of(passage: Passage) -> str:
    return _key(passage.id, passage.text)


def _key(*parts: str) -> str:
    return hashed_id("\0".join(parts))


def _count(word: str) -> int:
    count = int(word) if word.isdecimal() else -1
    if count < 0:
        raise argparse.ArgumentTypeError(f"{word!r} is no number of passages")
    return count


def _say(report: MineReport) -> None:
    counts = ", ".join(f"{report.counts[fate]} {fate.value}" for fate in Fate)
    say(f"{counts}; {report.counts[_NOTHING]} passages came to nothing, {report.left} are left")
    if report.without_model:
        say("no language model answers, so only questions that stand in the documents were taken")
    elif report.left:
        say("run it again to go on")
    if report.counts[Fate.PROPOSED]:
        say("whoever reviews finds them with /deskmate review")
