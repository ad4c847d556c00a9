"""What the bot would answer now, asked of a copy of it, so that asking leaves no trace."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from adapters.playground.settings import PlaygroundSettings
from bot.app import App, build_app
from bot.core.model import Conversation, InboundMessage, MessageRef, User
from bot.core.ports import Knowledge
from bot.core.replies import reply_key
from bot.settings import LimitSettings, Settings, StorageSettings
from bot.stores.state import utc_now
from knowledge.evaluate import GoldPassages, Prediction, is_wrong
from knowledge.labelled import Labelled
from knowledge.metrics import percentile
from knowledge.model import Answer, Outcome
from tests.benchmarks.loop_topics import Study, same_words

Fate: TypeAlias = Literal["correct", "refused", "wrong"]

_PLACE = "playground"
_ASKER = User(platform=_PLACE, id="local")
_LOOKS_EVERY_S = 0.0005


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One question with what came back.

    topic: empty where it belongs to none. fate: None where nobody labelled the question.
    ms: from the event to the last card.
    """

    text: str
    topic: str
    answer: Answer
    fate: Fate | None
    ms: float

    @property
    def verified(self) -> str:
        """The question whose verified answer was given; empty where none was."""
        return self.answer.curated.question if self.answer.curated else ""

    @property
    def served(self) -> bool:
        """A verified answer was given at once, and not in place of "I do not know"."""
        return bool(self.verified) and not self.answer.similar

    @property
    def offered(self) -> tuple[str, ...]:
        """The verified questions it may choose from."""
        return tuple(one.question for one in self.answer.offered)

    @property
    def said(self) -> tuple[str, ...]:
        """All that somebody sees of it."""
        cited = (citation.passage_id for citation in self.answer.citations)
        return (self.answer.outcome, self.verified, self.answer.text, *cited)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Questions of a study, asked at one moment.

    held, others, alike: what nobody asks in the loop; others and alike are empty where only the
        topics were measured.
    again: what was asked in the loop about the topics that are answered by now.
    """

    held: tuple[Measured, ...]
    again: tuple[Measured, ...] = ()
    others: tuple[Measured, ...] = ()
    alike: tuple[Measured, ...] = ()

    def outside(self, touched: frozenset[str]) -> tuple[Measured, ...]:
        """All but the questions of these topics."""
        untouched = (one for one in self.held if one.topic not in touched)
        return (*untouched, *self.others, *self.alike)


class Jury:
    """Tells right answers from wrong ones.

    A verified answer is right where it was given to the topic it is served to, whatever it says;
    any other one is judged as in every evaluation.
    """

    def __init__(self, study: Study, gold: GoldPassages) -> None:
        self._gold = gold
        self._topics = {
            same_words(one.text): topic.name for topic in study.topics for one in topic.asked
        }

    def topic_of(self, question: str) -> str:
        """The topic that employees ask about in these words; empty where there is none."""
        return self._topics.get(same_words(question), "")

    def fate(self, one: Labelled, topic: str, answer: Answer) -> Fate:
        """Of an answer to a labelled question."""
        if answer.outcome is Outcome.UNKNOWN:
            return "refused"
        if answer.curated is not None:
            return "correct" if topic == self.topic_of(answer.curated.question) else "wrong"
        got = Prediction(
            id=one.id,
            hits=answer.hits,
            outcome=answer.outcome,
            text=answer.text,
            citations=answer.citations,
        )
        return "wrong" if is_wrong(one, got, self._gold) else "correct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How many were answered rightly, refused, and answered wrongly."""

    correct: int
    refused: int
    wrong: int

    @property
    def asked(self) -> int:
        """How many there were."""
        return self.correct + self.refused + self.wrong

    def of(self, fate: Fate) -> float:
        """The share with this fate; 0 where nothing was asked."""
        found: int = getattr(self, fate)
        return found / self.asked if self.asked else 0.0

    def as_json(self) -> dict[str, float]:
        """For the report."""
        return {
            "asked": self.asked,
            "correct": round(self.of("correct"), 4),
            "refused": round(self.of("refused"), 4),
            "wrong": round(self.of("wrong"), 4),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """Refused questions beside which verified ones were offered; nothing was claimed of those.

    right: one offered was that of the same topic; strangers: asked about no topic at all.
    """

    right: int = 0
    wrong: int = 0
    strangers: int = 0


NO_OFFERS = Offers()


def offers(jury: Jury, held: Iterable[Measured], strangers: Iterable[Measured]) -> Offers:
    """How often what was offered was of use."""
    own = [any(jury.topic_of(o) == one.topic for o in one.offered) for one in held if one.offered]
    return Offers(
        right=sum(own),
        wrong=len(own) - sum(own),
        strangers=sum(bool(one.offered) for one in strangers),
    )


NOBODY = Shares(correct=0, refused=0, wrong=0)


def shares(measured: Iterable[Measured]) -> Shares:
    """Of those that are labelled."""
    counted = Counter(one.fate for one in measured)
    return Shares(correct=counted["correct"], refused=counted["refused"], wrong=counted["wrong"])


def served_ms(measured: Iterable[Measured]) -> tuple[float, float]:
    """p50 and p95 of what verified answers took."""
    took = [one.ms for one in measured if one.served]
    return percentile(took, 0.5), percentile(took, 0.95)


async def measure(
    folder: Path,
    knowledge: Knowledge,
    study: Study,
    jury: Jury,
    *,
    answered: Collection[str],
    topics_only: bool,
) -> Measurement:
    """Ask a copy of the bot.

    folder: that of the bot's database, which may be running.
    answered: names of topics about which is asked again what was asked in the loop.
    topics_only: leave out the questions of no topic.
    """
    async with _copy_of(folder, knowledge) as copy:
        desk = _Desk(copy)
        await desk.ask("warm")
        await _until_learnt()
        held = [
            await _measured(desk, jury, one, topic.name)
            for topic in study.topics
            for one in topic.held
        ]
        again = [
            await _measured(desk, jury, one, topic.name)
            for topic in study.topics
            if topic.name in answered
            for one in topic.asked
        ]
        others = [] if topics_only else [await _measured(desk, jury, o, "") for o in study.others]
        alike = [] if topics_only else [await _look_alike(desk, text) for text in study.alike]
    return Measurement(
        held=tuple(held), again=tuple(again), others=tuple(others), alike=tuple(alike)
    )


def changed(
    before: Measurement, now: Measurement, *, touched: frozenset[str]
) -> list[tuple[Measured, Measured]]:
    """What is answered otherwise than before, outside these topics."""
    known = {(one.topic, one.text): one for one in before.outside(touched)}
    pairs = [(known[one.topic, one.text], one) for one in now.outside(touched)]
    return [(old, new) for old, new in pairs if old.said != new.said]


async def _until_learnt() -> None:
    """What a bot learns in the background must be over, or answers depend on how fast it was."""
    learning = [task for task in asyncio.all_tasks() if task.get_name() == "learning"]
    if learning:
        await asyncio.wait(learning)


async def _measured(desk: _Desk, jury: Jury, one: Labelled, topic: str) -> Measured:
    answer, ms = await desk.ask(one.text)
    fate = jury.fate(one, topic, answer)
    return Measured(text=one.text, topic=topic, answer=answer, fate=fate, ms=ms)


async def _look_alike(desk: _Desk, text: str) -> Measured:
    answer, ms = await desk.ask(text)
    return Measured(text=text, topic="", answer=answer, fate=None, ms=ms)


class _Desk:
    """Asks a running bot without any network, each question in a conversation of its own."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._asked = 0

    async def ask(self, text: str) -> tuple[Answer, float]:
        """The answer, and the milliseconds from the event to the last card."""
        self._asked += 1
        name = f"{self._asked:016x}"
        message = InboundMessage(
            keys=(name,),
            conversation=Conversation(platform=_PLACE, id=name, direct=True),
            user=_ASKER,
            received_at=utc_now(),
            ref=MessageRef(platform=_PLACE, id=name),
            text=text,
            addressed=True,
        )
        began = time.perf_counter()
        await self._app.intake.accept(message)
        while self._app.intake.pending:  # noqa: ASYNC110 -- the intake tells nobody
            await asyncio.sleep(_LOOKS_EVERY_S)
        ms = (time.perf_counter() - began) * 1000
        ref = await self._app.state.ledger.sent(f"{reply_key(message)}/final")
        record = await self._app.state.answers.find(ref) if ref else None
        assert record is not None, "a question without an answer"
        return record.answer, ms


@asynccontextmanager
async def _copy_of(folder: Path, knowledge: Knowledge) -> AsyncIterator[App]:
    with tempfile.TemporaryDirectory() as other:
        await asyncio.to_thread(_copy, folder / "state.db", Path(other) / "state.db")
        settings = Settings(
            storage=StorageSettings(data_dir=Path(other)),
            limits=LimitSettings(questions_per_minute=1_000_000),
        )
        page = PlaygroundSettings()
        async with build_app(settings, knowledge=knowledge, playground=page) as app:
            yield app


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as found, closing(sqlite3.connect(target)) as made:
        found.backup(made)
