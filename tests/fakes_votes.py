"""Votes in memory, and questions whose nearness can be read off them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import numpy as np

from knowledge.errors import StoreUnavailable
from knowledge.model import Vector, Vote

NOW = datetime(2026, 7, 1, tzinfo=UTC)


@dataclass
class MemoryLog:
    """The `VoteLog` of a test: each change gets the next number."""

    votes: dict[str, Vote] = field(default_factory=dict)
    number: int = 0
    reads: int = 0
    away: bool = False

    def cast(
        self,
        passage_id: str,
        value: Literal[-1, 0, 1],
        *,
        question: str = "leave",
        by: str = "ada",
    ) -> None:
        self.number += 1
        id_ = f"{by}/{passage_id}/{question}"
        self.votes[id_] = Vote(
            number=self.number,
            id=id_,
            voter=by,
            passage_id=passage_id,
            question=question,
            value=value,
            given_at=NOW,
        )

    async def mark(self) -> int:
        if self.away:
            raise StoreUnavailable("away")
        return self.number

    async def since(self, number: int) -> tuple[Vote, ...]:
        self.reads += 1
        changed = (vote for vote in self.votes.values() if vote.number > number)
        return tuple(sorted(changed, key=lambda vote: vote.number))


@dataclass
class Compass:
    """Embeds a question as a direction: `leave` and `leave 5` are 5 degrees apart."""

    name: str = "e5"
    dimension: int = 2
    read: list[str] = field(default_factory=list)

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        return [direction(text) for text in texts]

    async def embed_question(self, text: str) -> Vector:
        self.read.append(text)
        return direction(text)


def direction(text: str) -> Vector:
    topic, _, degrees = text.partition(" ")
    angle = np.radians({"leave": 0.0, "travel": 90.0}[topic] + float(degrees or 0))
    return np.array([np.cos(angle), np.sin(angle)], np.float32)
