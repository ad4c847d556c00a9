"""What commands need from the knowledge side: what there is in writing, and how it gets in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, Protocol, TypeAlias

from bot.core.model import SharedFile
from knowledge.answer import Looked
from knowledge.model import IngestReport
from knowledge.ruling import AudienceRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A document as it is listed. stored_at: when its latest version was taken in."""

    id: str
    title: str
    audience: frozenset[str]
    passages: int
    owner: str = ""
    stored_at: datetime | None = None

    @property
    def day(self) -> date | None:
        """When it was taken in."""
        return self.stored_at.date() if self.stored_at else None


class Library(Protocol):
    """What is in writing. Raises StoreUnavailable where it cannot be read."""

    @property
    def model(self) -> str:
        """The language model that writes answers, as `Generator.name`."""
        ...

    @property
    def embedders(self) -> tuple[str, ...]:
        """What passages are found by."""
        ...

    async def listed(self, *, audience: frozenset[str] | None) -> tuple[Listed, ...]:
        """The documents these readers may read, by title; None: all there are.

        What they may not read is not looked at, so that not even the time tells of it.
        """
        ...

    async def look(self, text: str, *, audience: frozenset[str], limit: int) -> Looked:
        """What a search for a question finds, with everything that is known of each hit.

        Raises:
            EngineUnavailable: an embedder does not answer.
        """
        ...

    async def roots(self) -> frozenset[str]:
        """The folders and files that documents were taken in from."""
        ...

    async def enforce(self, rules: AudienceRules) -> int:
        """Give documents to the readers that the rules name, wherever passages lie, also where
        they do not count yet: how many were given to others than before.
        """
        ...


# ── in ────────────────────────────────────────────────────────────────────────────────────────


Why: TypeAlias = Literal[
    "scheme",
    "address",
    "port",
    "redirects",
    "large",
    "late",
    "status",
    "unreachable",
    "format",
    "kind",
    "not_given",
    "no_files",
    "no_roots",
    "outside",
    "missing",
]
"""Why something cannot be taken in."""


class NotTaken(Exception):
    """Something cannot be taken in; nothing was changed.

    detail: the value it is about, or the limit.
    """

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(f"{why}: {detail}" if detail else why)
        self.why: Why = why
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of it. place: what was taken in. held: it counts once it was tried out."""

    place: str
    report: IngestReport
    held: bool = False


Give: TypeAlias = Callable[[SharedFile, int], Awaitable[bytes]]
"""What stands in an attached file, of so many bytes at the most; raises ChannelError."""


class WayIn(Protocol):
    """Takes documents in; each call goes through the gate as every ingest does.

    Raises NotTaken, and the errors of an ingest.
    """

    async def url(
        self, address: str, *, audience: frozenset[str] | None, rules: AudienceRules
    ) -> Taken:
        """A page or file of the web."""
        ...

    async def folder(
        self, path: str, *, audience: frozenset[str] | None, rules: AudienceRules
    ) -> Taken:
        """A folder or file below one of the configured ones."""
        ...

    async def attached(
        self,
        file: SharedFile,
        *,
        place: str,
        give: Give,
        audience: frozenset[str] | None,
        rules: AudienceRules,
    ) -> Taken:
        """A file that somebody attached; another one of the same name and place replaces it.

        place: the chat it was sent to.
        """
        ...


# ── choices ───────────────────────────────────────────────────────────────────────────────────


class Effect(StrEnum):
    """When a choice counts."""

    NOW = "now"
    """From the next question on."""
    HELD = "held"
    """Once it was tried out on the test set."""
    SAME = "same"
    """It counts already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """How sure an answer must be.

    origin: where the threshold comes from. budget: the share of given answers that may be wrong
        with it; None where nobody promises any.
    certain: the budget is kept with 90 % certainty, not only on average.
    """

    least_confidence: float
    origin: Literal["shipped", "fitted", "configured", "chosen"]
    budget: float | None
    certain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How answers come about now. outside: the model is elsewhere, as configuration says."""

    model: str
    bar: Bar
    outside: bool = False


class ModelMissing(Exception):
    """A model that is not on this machine, or no language model."""


class Steering(Protocol):
    """Changes how answers come about while the bot runs."""

    async def standing(self) -> Standing:
        """How it is."""
        ...

    async def models(self) -> tuple[str, ...]:
        """The language models on this machine, by catalogue name."""
        ...

    async def use_model(self, name: str) -> Effect:
        """Answer by another model; empty: the configured one.

        Raises:
            ModelMissing: nothing was changed.
            StoreUnavailable: nothing was changed.
        """
        ...

    async def use_threshold(self, value: float | None) -> Effect:
        """Ask for another certainty; None: the configured one.

        Raises:
            StoreUnavailable: nothing was changed.
        """
        ...

    async def follow(self, values: Mapping[str, str]) -> None:
        """Answer as was chosen, by name, at another replica.

        Raises:
            ModelMissing: nothing was changed.
            StoreUnavailable: nothing was changed.
        """
        ...

    @property
    def chosen(self) -> tuple[tuple[str, str], ...]:
        """What was chosen, by name, to be kept over a restart."""
        ...
