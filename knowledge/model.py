"""The nouns of knowledge.

A `Document` is cut into `Passage`s; a `Question` finds `Hit`s; what they say becomes an `Answer`
with `Citation`s. Everything here is a value: frozen, comparable, free of behaviour that does I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Language: TypeAlias = Literal["zh", "en"]
Vector: TypeAlias = npt.NDArray[np.float32]
TokenVectors: TypeAlias = npt.NDArray[np.float16]
"""One vector a token, each a row of length 1; half precision, for there are many."""

EVERYONE = "everyone"
"""The audience every reader belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One stretch of a document under one heading, in reading order.

    heading_path: the headings above it, outermost first, without the document's title.
    text: Markdown; lists and pipe tables keep their lines.
    page: the page it starts on, from 1, where the format has pages.
    passage_id: given by whoever cut the text already (JSON Lines); such a section is not cut again.
    """

    heading_path: tuple[str, ...] = ()
    text: str
    page: int | None = None
    passage_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A parsed file, before splitting.

    id: the path below the ingested root without suffix, separators as `__`; or a JSONL's `doc_id`.
    root: what it was ingested from; a document missing there at the next ingest is deleted.
    digest: changes when the file, its audience or the way it is read changes.
    audience: the names of those who may read it.
    """

    id: str
    title: str
    uri: str
    language: Language
    sections: tuple[Section, ...]
    root: str = ""
    digest: str = ""
    audience: frozenset[str] = frozenset({EVERYONE})
    owner: str = ""
    review_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many standing votes say that something helped, and how many that it did not."""

    helpful: int = 0
    not_helpful: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """The piece of a document that is found, read and cited.

    position: its place in the document, from 0; neighbours differ by one.
    votes: how often it was found helpful, and not, as far as its store was told.
    """

    id: str
    document_id: str
    title: str
    uri: str
    language: Language
    text: str
    heading_path: tuple[str, ...] = ()
    page: int | None = None
    position: int = 0
    audience: frozenset[str] = frozenset({EVERYONE})
    owner: str = ""
    review_on: date | None = None
    votes: Tally = Tally()


@dataclass(frozen=True, slots=True, kw_only=True)
class SparseVector:
    """Term weights: `values[i]` belongs to the term with hash `indices[i]`; indices are unique."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenEmbedding:
    """A text as an embedder reads it: one vector for all of it, and one a token."""

    vector: Vector
    tokens: TokenVectors


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedPassage:
    """A passage with everything a store needs to find it again.

    dense: by vector name; each of length 1.
    tokens: a vector a token, by the name of the embedder they are from.
    document_digest, document_root, document_passages: of the whole document, so that a store can
    tell a document that arrived completely from one whose ingest was interrupted.
    """

    passage: Passage
    dense: Mapping[str, Vector]
    sparse: Mapping[str, SparseVector]
    document_digest: str
    document_root: str
    document_passages: int
    tokens: Mapping[str, TokenVectors] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """What a store holds of a document; complete only when every passage arrived.

    owner: as the document says. audience: of its latest version.
    stored_at: when that arrived; the same document may have arrived at other times.
    """

    id: str
    digest: str
    root: str
    title: str
    passages: int
    complete: bool
    owner: str = ""
    audience: frozenset[str] = frozenset({EVERYONE})
    stored_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A question as vectors, under the same names as in `IndexedPassage`."""

    dense: Mapping[str, Vector]
    sparse: Mapping[str, SparseVector]
    tokens: Mapping[str, TokenVectors] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage that was found.

    score: comparable only within one ranking; higher is better.
    signals: what each retriever said of it, by name, for the evidence decision.
    """

    passage: Passage
    score: float
    signals: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One line of a conversation."""

    speaker: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What somebody wants to know, and who will read the answer.

    audience: the names all readers share; it always holds `EVERYONE`.
    history: earlier turns of this person in this thread, oldest first.
    asker: whose share of the language model it takes, as in `slack:U1`; empty: nobody's.
    """

    text: str
    language: Language
    audience: frozenset[str] = frozenset({EVERYONE})
    history: tuple[Turn, ...] = ()
    asker: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a language model is asked: turns, and how much it may say.

    stop: generation ends before the first of these strings.
    choices: words of one token; how likely the reply begins with each is to be told.
    passages: those whose words the turns repeat; None where nobody said.
    asker: see `Question`; the model is not told.
    """

    turns: tuple[Turn, ...]
    max_tokens: int
    stop: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    passages: tuple[Passage, ...] | None = None
    asker: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """How much a language model read and wrote; zero where none was used.

    cached: of the prompt, what the engine still knew from an earlier one and did not read again;
        that depends on what came before, so two replies are the same without it.
    """

    prompt: int = 0
    completion: int = 0
    cached: int = field(default=0, compare=False)

    def __add__(self, more: Tokens) -> Tokens:
        return Tokens(
            prompt=self.prompt + more.prompt,
            completion=self.completion + more.completion,
            cached=self.cached + more.cached,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The whole text so far, never a delta.

    chances: the log probability of each of the prompt's choices, in the last draft; empty where
        there are none, or where the engine cannot tell.
    place: its place in the line before the engine, 1 being next, 0 that its turn has just come;
        None once the engine works on it.
    """

    text: str
    tokens: Tokens = Tokens()
    chances: tuple[float, ...] = ()
    place: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """A prompt that left the house, or was kept in: what it was made of, never its words.

    destination: where to, as in `https://llm.example/v1`.
    passages: digests of the texts of its passages, by their ids.
    placeholders: how many different values were replaced, by kind.
    chars: how long it was as it left.
    withheld: why it was kept in; empty where it left.
    """

    id: str
    at: datetime
    destination: str
    engine: str
    passages: Mapping[str, str]
    placeholders: Mapping[str, int] = field(default_factory=dict)
    chars: int = 0
    withheld: str = ""


class Outcome(StrEnum):
    """How an answer came about."""

    CURATED = "curated"
    """A person wrote and verified it."""
    GROUNDED = "grounded"
    """The language model wrote it, and its evidence was checked."""
    DEGRADED = "degraded"
    """The evidence itself, quoted: the model was missing, late, or not believed."""
    UNKNOWN = "unknown"
    """The knowledge base does not say, or not surely; citations then are where it may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where a statement stands.

    marker: the number in the answer's text, as in `[1]`.
    quote: the exact words of the passage.
    """

    marker: int
    passage_id: str
    document_id: str
    title: str
    uri: str
    quote: str
    heading_path: tuple[str, ...] = ()
    page: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Milliseconds spent."""

    retrieve_ms: float = 0.0
    generate_ms: float = 0.0
    total_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CuratedAnswer:
    """A question with the answer a person verified.

    wordings: other ways in which the same was asked.
    owner: who answers for it, as in `slack:U1`; verified_by: their name, to be read.
    review_on: from this day on somebody should see whether it still holds.
    learnt: further wordings, which askers said to be the same; barred: those that are not, as
        askers said: they never get this answer.
    """

    id: str
    question: str
    text: str
    language: Language
    wordings: tuple[str, ...] = ()
    audience: frozenset[str] = frozenset({EVERYONE})
    owner: str = ""
    verified_by: str = ""
    verified_at: datetime
    review_on: date | None = None
    citations: tuple[Citation, ...] = ()
    learnt: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()

    @property
    def asked_as(self) -> tuple[str, ...]:
        """Its question in all the wordings that get this answer."""
        return tuple(dict.fromkeys((self.question, *self.wordings, *self.learnt)))


@dataclass(frozen=True, slots=True, kw_only=True)
class CuratedMatch:
    """A verified answer that is likely meant.

    probability: in [0, 1], that its question and the one asked are the same.
    sure: enough to give it as the answer; else it is one to a similar question.
    wording: of its question, the one that is most likely the same.
    """

    answer: CuratedAnswer
    probability: float
    sure: bool
    wording: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CuratedRevision:
    """One change of a curated answer.

    number: counts up over all answers.
    answer: as it is from now on; None where it was taken back.
    by: the key of who did it, as in `slack:U1`.
    """

    number: int
    id: str
    answer: CuratedAnswer | None
    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """What one person thought of one answer, as a source of that answer gets it.

    number: counts up over all votes; one that changes gets the next number.
    id: the same for one person, answer and passage. voter: the person's key.
    question: what the answer was asked for, as it was understood.
    value: 1 helpful, -1 not, 0 withdrawn.
    """

    number: int
    id: str
    voter: str
    passage_id: str
    question: str
    value: Literal[-1, 0, 1]
    given_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What Deskmate says to a question.

    confidence: in [0, 1], that the text answers the question correctly.
    hits: what was found, best first, also when the outcome is unknown.
    standalone: the question as it was understood, history folded in.
    curated: what a person verified, where the outcome is that.
    similar: that answers a question like this one, not surely this one.
    offered: verified answers to questions that may be meant; nothing is claimed of them.
    crowded: it is degraded because too many were asking at the same time.
    """

    outcome: Outcome
    text: str
    language: Language
    confidence: float
    citations: tuple[Citation, ...] = ()
    hits: tuple[Hit, ...] = ()
    engine: str = ""
    tokens: Tokens = Tokens()
    timings: Timings = Timings()
    standalone: str = ""
    curated: CuratedAnswer | None = None
    similar: bool = False
    offered: tuple[CuratedAnswer, ...] = ()
    crowded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestFailure:
    """A file that could not be taken in, and why, in words for the person who ran the ingest."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestSuspicion:
    """Words of a document that speak to the machine; they are kept, but are never evidence.

    ploy: what they try, as in `knowledge.suspicion.Ploy`.
    """

    document_id: str
    ploy: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """What an ingest did. `documents` and `passages` count what is new or changed.

    suspicious: the first hundred words in new or changed documents that somebody should look at.
    """

    documents: int = 0
    passages: int = 0
    unchanged: int = 0
    deleted: int = 0
    failed: tuple[IngestFailure, ...] = ()
    suspicious: tuple[IngestSuspicion, ...] = ()
    seconds: float = 0.0
