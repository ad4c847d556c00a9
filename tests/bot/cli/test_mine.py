"""`deskmate mine`: bounded, resumed, and nothing proposed twice."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bot.cli.mine import Seen, Work, as_json
from bot.cli.parser import run
from bot.core.mining import Mining
from bot.core.teaching import Lesson, Teaching
from bot.stores.state import State, open_state
from knowledge.errors import EngineUnavailable
from knowledge.mining.documents import DocumentMiner
from knowledge.model import (
    Answer,
    Citation,
    Draft,
    Outcome,
    Passage,
    Prompt,
    Question,
    StoredDocument,
)
from tests.fakes_core import ADA, FakeClock, SameWords

GYM = Passage(
    id="hr__gym#0",
    document_id="hr__gym",
    title="Gym",
    uri="gym.md",
    language="en",
    heading_path=("Where do I find the gym?",),
    text="The gym is on the third floor of the main building.",
)
POOL = replace(GYM, id="hr__gym#1", heading_path=("Pool",), text="The pool opens at nine o'clock.")
LAB = replace(POOL, id="it__lab#0", document_id="it__lab", text="The lab opens at ten o'clock.")


@dataclass
class Shelf:
    """A store of passages by document."""

    pages: tuple[Passage, ...] = (GYM, POOL, LAB)

    async def documents(self) -> Mapping[str, StoredDocument]:
        ids = dict.fromkeys(page.document_id for page in self.pages)
        return {
            id_: StoredDocument(id=id_, digest="", root="", title="", passages=1, complete=True)
            for id_ in ids
        }

    async def passages(self, document_ids: Collection[str]) -> tuple[Passage, ...]:
        return tuple(page for page in self.pages if page.document_id in document_ids)


@dataclass
class Reader:
    """A model that asks when a thing opens, and documents that know; away after some questions."""

    answers: int = 99
    name: str = "reader"
    asked: list[str] = field(default_factory=list)

    async def stream(self, said: Any) -> AsyncGenerator[Draft | Answer, None]:
        if isinstance(said, Prompt):
            yield self._question(said)
        else:
            yield self._answer(said)

    def _question(self, prompt: Prompt) -> Draft:
        if len(self.asked) >= self.answers:
            raise EngineUnavailable("away")
        self.asked.append(prompt.turns[-1].text)
        return Draft(text=f"When does the {self._thing(prompt.turns[-1].text)} open?")

    def _answer(self, question: Question) -> Answer:
        page = POOL if self._thing(question.text) == "pool" else LAB
        citation = Citation(
            marker=1,
            passage_id=page.id,
            document_id=page.document_id,
            title=page.title,
            uri=page.uri,
            quote=page.text,
        )
        return Answer(
            outcome=Outcome.GROUNDED,
            text=f"{page.text} [1]",
            language="en",
            confidence=0.9,
            citations=(citation,),
        )

    @staticmethod
    def _thing(text: str) -> str:
        return "pool" if "pool" in text else "lab"

    async def passage(self, passage_id: str, *, audience: frozenset[str]) -> None:
        return None


@dataclass(kw_only=True)
class Office:
    state: State
    folder: Path
    shelf: Shelf = field(default_factory=Shelf)
    reader: Reader = field(default_factory=Reader)

    async def mine(self, *folders: str, most: int = 50) -> Mapping[str, object]:
        """One run of the command, in a process of its own."""
        work = Work(
            store=self.shelf,
            miner=DocumentMiner(answerer=self.reader, generator=self.reader),
            mining=Mining(
                proposals=self.state.proposals,
                teaching=self.teaching,
                likeness=SameWords(),
                clock=FakeClock(),
            ),
            seen=Seen(self.folder / "mined.txt"),
        )
        await work.read(folders)
        await work.ask(most)
        return {name: count for name, count in as_json(work.report).items() if count}

    @property
    def teaching(self) -> Teaching:
        return Teaching(curated=self.state.curated, clock=FakeClock())

    async def waiting(self) -> list[str]:
        return [one.question for one in await self.state.proposals.waiting()]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    state = await open_state(data_dir=tmp_path)
    yield Office(state=state, folder=tmp_path)
    await state.close()


async def test_what_stands_there_and_what_a_model_asks_is_proposed_once(office: Office) -> None:
    assert await office.mine() == {"proposed": 3}
    assert await office.mine() == {}

    assert sorted(await office.waiting()) == [
        "When does the lab open?",
        "When does the pool open?",
        "Where do I find the gym?",
    ]
    (gym,) = [one for one in await office.state.proposals.waiting() if "gym" in one.question]
    assert (gym.kind, gym.by_name, gym.text) == ("mined", "Gym", GYM.text)
    assert gym.citations[0].passage_id == GYM.id


async def test_a_run_asks_a_model_so_often_and_the_next_one_goes_on(office: Office) -> None:
    assert await office.mine(most=1) == {"proposed": 2, "left": 1}
    assert await office.mine(most=1) == {"proposed": 1}
    assert len(office.reader.asked) == 2


async def test_a_model_that_goes_away_leaves_the_rest_for_another_run(office: Office) -> None:
    office.reader.answers = 1
    assert await office.mine() == {"proposed": 2, "left": 1, "without_model": True}

    office.reader.answers = 99
    assert await office.mine() == {"proposed": 1}


async def test_only_the_named_folders_are_read(office: Office) -> None:
    assert await office.mine("it/") == {"proposed": 1}
    assert await office.waiting() == ["When does the lab open?"]


async def test_what_is_verified_already_is_not_proposed(office: Office) -> None:
    lesson = Lesson(question="where do I find THE GYM", text="Upstairs.", language="en")
    await office.teaching.teach(lesson, by=ADA, key="1", reason="teach")

    assert await office.mine("hr", most=0) == {"known": 1, "left": 1}


async def test_readers_of_a_document_are_those_of_its_answers(office: Office) -> None:
    office.shelf.pages = (replace(GYM, audience=frozenset({"staff"}), owner="fake:eve"),)

    await office.mine()

    (proposal,) = await office.state.proposals.waiting()
    assert (proposal.audience, proposal.owner) == ({"staff"}, "fake:eve")


async def test_a_passage_that_changed_is_looked_at_again(office: Office) -> None:
    await office.mine()
    office.shelf.pages = (replace(GYM, text="The gym has moved to the cellar of building two."),)

    assert await office.mine() == {"known": 1}


# ── as it is typed ────────────────────────────────────────────────────────────────────────────


@pytest.mark.models
def test_the_command_reads_what_was_taken_in_and_needs_no_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shelf: Any
) -> None:
    for name in ("e5-small", "use-multilingual"):
        shelf.pull(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESKMATE_MODELS_DIR", str(shelf.folder))
    monkeypatch.setenv("DESKMATE_STORAGE__DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DESKMATE_GENERATION__ENGINE", "extractive")
    (tmp_path / "gym.md").write_text(f"# Gym\n\n## {GYM.heading_path[0]}\n\n{GYM.text}\n", "utf-8")
    assert run(["ingest", "gym.md"]) == 0

    assert run(["mine", "--json"]) == 0

    said = capsys.readouterr()
    assert json.loads(said.out.splitlines()[-1])["proposed"] == 1
    assert "/deskmate review" in said.err


def test_a_number_of_passages_is_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(["mine", "--most", "many"])

    assert "is no number of passages" in capsys.readouterr().err
