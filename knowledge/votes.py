"""What people thought of passages, and what that changes when a question like theirs is asked.

A vote counts only near the question it was given for: a page that does not help with expenses may
be the best one about leave. What votes can do is bounded, fades, and is undone by contrary votes.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from knowledge.errors import StoreUnavailable
from knowledge.model import Probe, Vector, Vote
from knowledge.ports import Embedder, VoteLog

log = logging.getLogger(__name__)

_READ_AT_ONCE = 8
"""Voted questions that one asker waits for, some milliseconds each."""

_ROOM = 1_024
"""Vectors for which there is room at first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """How much votes count.

    most: no number of votes moves a score further than this, up or down; in the units of
        `fuse.standard_scores`, where 1 is one standard deviation of the e5 ranking.
    doubt: votes of each kind that are taken for granted before the first one (the prior is
        Beta(doubt, doubt)), so that two angry clicks do not bury a good page.
    half_life: after this time a vote counts half.
    far, near: a vote given for a question of at most this cosine counts nothing, of at least that
        one fully; e5 cosines, which are .8 for questions that have nothing in common, .95 for those
        about two kinds of leave, and .97 to .98 for the same question in slightly other words.
    """

    most: float = 1.0
    doubt: float = 2.0
    half_life: timedelta = timedelta(days=90)
    far: float = 0.97
    near: float = 0.99

    def step(self, helpful: float, not_helpful: float) -> float:
        """How far so many votes of each kind move a score, in [-most, most].

        The mean of the Beta posterior, stretched from [0, 1]: without votes, or with as many of
        either kind, it is 0.
        """
        total = helpful + not_helpful + 2.0 * self.doubt
        return self.most * (helpful - not_helpful) / total

    def freshness(self, age: timedelta) -> float:
        """What is left of a vote; one from the future of a clock that is behind counts fully."""
        return float(0.5 ** (max(age, timedelta(0)) / self.half_life))

    def nearness(self, cosines: Vector) -> Vector:
        """How much votes count that were given for questions of these cosines: in [0, 1], smooth.

        Exactly 0 at `far` and beyond, so that other topics keep their ranking to the last digit.
        """
        x = np.clip((cosines - self.far) / (self.near - self.far), 0.0, 1.0)
        smooth: Vector = x * x * (3.0 - 2.0 * x)
        return smooth

    def shift(self, votes: Iterable[tuple[Vote, float]], now: datetime) -> float:
        """How far these votes move a passage's score; with each the nearness of its question.

        One person counts as one vote at most, however often they clicked. The order of the votes
        changes nothing.
        """
        voters: dict[str, list[tuple[int, float]]] = {}
        for vote, nearness in votes:
            weight = nearness * self.freshness(now - vote.given_at)
            voters.setdefault(vote.voter, []).append((vote.value, weight))
        sides = [_of_one_person(said) for said in voters.values()]
        return self.step(math.fsum(up for up, _ in sides), math.fsum(down for _, down in sides))


def _of_one_person(said: list[tuple[int, float]]) -> tuple[float, float]:
    """For and against, together at most 1."""
    up = math.fsum(weight for value, weight in said if value > 0)
    down = math.fsum(weight for value, weight in said if value < 0)
    whole = max(1.0, up + down)
    return up / whole, down / whole


class Votes:
    """The `Prior` of what people thought of answers, as the log has it at that moment.

    A vote counts for the next question, whichever process took it. Where many are new, as at the
    start, each question waits for a few of them; `learn` reads the others.

    embedder: its vectors of questions tell which are near.
    """

    def __init__(
        self,
        votes: VoteLog,
        *,
        embedder: Embedder,
        clock: Callable[[], datetime],
        weighing: Weighing | None = None,
    ) -> None:
        self._log = votes
        self._embedder = embedder
        self._clock = clock
        self._weighing = weighing or Weighing()
        self._mark = 0
        self._of: dict[str, _Voted] = {}
        self._questions = _Questions(embedder.dimension)
        # Two questions at once must not read the same changes twice.
        self._reading = asyncio.Lock()

    async def moved(self, scores: Mapping[str, float], asked: Probe) -> Mapping[str, float]:
        """The fused scores, some of them a bounded step up or down.

        Raises:
            EngineUnavailable: the embedder does not answer.
        """
        await self._catch_up()
        await self._read(_READ_AT_ONCE)
        voted = [id_ for id_ in scores if id_ in self._of]
        if not voted:
            return scores
        shifts = self._shifts(voted, asked.dense[self._embedder.name])
        return {id_: score + shifts.get(id_, 0.0) for id_, score in scores.items()}

    async def learn(self) -> None:
        """Read every voted question there is.

        Raises:
            EngineUnavailable: the embedder does not answer.
        """
        await self._catch_up()
        while self._questions.waiting:
            await self._read(_READ_AT_ONCE)

    # ── what is known ─────────────────────────────────────────────────────────────────────────

    def _shifts(self, voted: Sequence[str], asked: Vector) -> dict[str, float]:
        """Of these passages, those that move; only votes on them are looked at, all at once."""
        piles = [self._of[id_].pile for id_ in voted]
        cosines = self._questions.cosines(np.concatenate([pile.rows for pile in piles]), asked)
        weights = self._weighing.nearness(cosines)
        starts = np.cumsum([0, *(len(pile.rows) for pile in piles)])
        counted: dict[str, list[tuple[Vote, float]]] = {}
        for at in np.flatnonzero(weights).tolist():
            which = int(np.searchsorted(starts, at, side="right")) - 1
            vote = piles[which].votes[at - int(starts[which])]
            counted.setdefault(voted[which], []).append((vote, float(weights[at])))
        now = self._clock()
        return {id_: self._weighing.shift(votes, now) for id_, votes in counted.items()}

    async def _catch_up(self) -> None:
        async with self._reading:
            try:
                mark = await self._log.mark()
                changes = await self._log.since(self._mark) if mark != self._mark else ()
            except StoreUnavailable as error:
                log.warning("votes_unreadable", extra={"reason": str(error)})
                return
            for vote in changes:
                self._learn(vote)
            self._mark = max(mark, *(vote.number for vote in changes), 0)

    def _learn(self, vote: Vote) -> None:
        known = self._of.setdefault(vote.passage_id, _Voted())
        if vote.value:
            known.keep(vote, self._questions.row(vote.question))
        else:
            known.drop(vote.id)
        if not known.votes:
            del self._of[vote.passage_id]

    async def _read(self, most: int) -> None:
        """The latest first: those are asked again soonest."""
        for _ in range(most):
            question = self._questions.next()
            if question is None:
                return
            self._questions.keep(question, await self._embedder.embed_question(question))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pile:
    """The votes on one passage; `rows[i]` is where the question of `votes[i]` has its vector."""

    votes: tuple[Vote, ...]
    rows: npt.NDArray[np.int64]


class _Voted:
    """One passage's votes by id, each with the row of its question."""

    def __init__(self) -> None:
        self.votes: dict[str, tuple[Vote, int]] = {}
        self._pile: _Pile | None = None

    def keep(self, vote: Vote, row: int) -> None:
        self.votes[vote.id] = (vote, row)
        self._pile = None

    def drop(self, vote_id: str) -> None:
        self.votes.pop(vote_id, None)
        self._pile = None

    @property
    def pile(self) -> _Pile:
        if self._pile is None:
            rows = np.array([row for _, row in self.votes.values()], np.int64)
            self._pile = _Pile(votes=tuple(vote for vote, _ in self.votes.values()), rows=rows)
        return self._pile


class _Questions:
    """The vectors of voted questions, one a row; 0, and so near to nothing, until they are read."""

    def __init__(self, dimension: int) -> None:
        self._vectors: Vector = np.zeros((_ROOM, dimension), np.float32)
        self._rows: dict[str, int] = {}
        self._waiting: dict[str, None] = {}

    @property
    def waiting(self) -> bool:
        return bool(self._waiting)

    def row(self, question: str) -> int:
        """Where the question's vector is, or will be."""
        if question not in self._rows:
            self._rows[question] = len(self._rows)
            self._waiting[question] = None
            if len(self._rows) > len(self._vectors):
                self._vectors = np.concatenate([self._vectors, np.zeros_like(self._vectors)])
        return self._rows[question]

    def next(self) -> str | None:
        """The question that waits for its vector since the shortest time."""
        return next(reversed(self._waiting), None)

    def keep(self, question: str, vector: Vector) -> None:
        self._waiting.pop(question, None)
        self._vectors[self._rows[question]] = vector

    def cosines(self, rows: npt.NDArray[np.int64], asked: Vector) -> Vector:
        found: Vector = np.take(self._vectors, rows, axis=0) @ asked
        return found
