"""What the steps of knowledge need from the outside, in their own words.

Every port raises the errors of `knowledge.errors` and no others. An engine never blocks the event
loop: what computes or waits does so in a thread or a process of its own.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Protocol, runtime_checkable

from knowledge.model import (
    Answer,
    CuratedMatch,
    CuratedRevision,
    Departure,
    Document,
    Draft,
    Hit,
    IndexedPassage,
    Passage,
    Probe,
    Prompt,
    Question,
    SparseVector,
    StoredDocument,
    Tally,
    TokenEmbedding,
    TokenVectors,
    Vector,
    Vote,
)


class Parser(Protocol):
    """Reads one document format."""

    def __call__(self, content: bytes, *, document_id: str, uri: str) -> Document:
        """Turn a file's bytes into a document; pure, and slow enough to belong in a thread.

        Raises:
            DocumentUnreadable: with a reason the file's owner understands.
        """
        ...


class Embedder(Protocol):
    """Turns text into a vector whose direction is its meaning."""

    @property
    def name(self) -> str:
        """The vector's name in the store, as in `e5`."""
        ...

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        ...

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        """Embed texts for storage: one vector a text, in the same order, each of length 1."""
        ...

    async def embed_question(self, text: str) -> Vector:
        """Embed a question, so that its dot product with a passage is the cosine."""
        ...


@runtime_checkable
class TokenEmbedder(Embedder, Protocol):
    """An embedder that also tells how it read each token, for late interaction.

    Both come from one pass through the model, so token vectors cost no second reading.
    """

    async def embed_passage_tokens(self, texts: Sequence[str]) -> list[TokenEmbedding]:
        """As `embed_passages`, with the vectors of the text's different tokens.

        What the engine itself adds to a text has no vector.
        """
        ...

    async def embed_question_tokens(self, text: str) -> TokenEmbedding:
        """As `embed_question`, with a vector for each of its tokens."""
        ...


class SparseEncoder(Protocol):
    """Turns text into weighted terms."""

    @property
    def name(self) -> str:
        """The sparse vector's name in the store, as in `bm25`."""
        ...

    def encode_passage(self, text: str) -> SparseVector:
        """Saturated term frequencies; the store multiplies them with the terms' rarity (IDF)."""
        ...

    def encode_question(self, text: str) -> SparseVector:
        """The question's terms, each with weight 1 or less."""
        ...


class PassageStore(Protocol):
    """Keeps passages and finds the nearest ones."""

    async def put(self, passages: Sequence[IndexedPassage]) -> None:
        """Store passages; one with a known id replaces what was there. Durable on return."""
        ...

    async def replace(self, passages: Sequence[IndexedPassage]) -> None:
        """Store all passages of these documents, then delete theirs of any other digest."""
        ...

    async def delete(self, document_ids: Collection[str]) -> None:
        """Delete documents with all their passages; unknown ids are ignored."""
        ...

    async def search(
        self, probe: Probe, *, audience: frozenset[str], limit: int
    ) -> Mapping[str, tuple[Hit, ...]]:
        """Find the nearest passages: one ranking a vector name of the probe, best first.

        Only passages that share a name with `audience` take part: the filter is applied inside
        the search. Equal scores are ordered by passage id.
        """
        ...

    async def max_sim(
        self,
        name: str,
        tokens: TokenVectors,
        *,
        passage_ids: Collection[str],
        audience: frozenset[str],
    ) -> Mapping[str, float]:
        """How well these passages answer a question token by token: a score in [-1, 1] by id.

        For each token of the question the cosine of the nearest token of the passage; their mean
        (MaxSim: Khattab, Zaharia, SIGIR 2020). Only passages that share a name with `audience`
        take part; one without token vectors of this embedder has no score.

        name: of the embedder. tokens: the question's.
        """
        ...

    async def neighbours(self, passage: Passage, *, reach: int) -> tuple[Passage, ...]:
        """The passages of the same document at most `reach` positions away, itself included."""
        ...

    async def passage(self, passage_id: str, *, audience: frozenset[str]) -> Passage | None:
        """One passage, or None where it is missing or not for this audience."""
        ...

    async def passages(self, document_ids: Collection[str]) -> tuple[Passage, ...]:
        """Every passage of these documents, by document and then in reading order.

        For all readers alike: whoever shows them to somebody asks first who may read them.
        """
        ...

    async def tally(self, tallies: Mapping[str, Tally]) -> None:
        """Write the votes of passages by their ids; those that are gone are ignored.

        They stay when a passage is stored again, as its document's other fields do not.
        """
        ...

    async def documents(self) -> Mapping[str, StoredDocument]:
        """Every stored document by id."""
        ...

    async def count(self) -> int:
        """How many passages there are."""
        ...

    async def ping(self) -> None:
        """Return if a search would work now; raise StoreUnavailable otherwise."""
        ...

    async def close(self) -> None:
        """Write what is pending and let go of the folder or connection."""
        ...


class Tallies(Protocol):
    """Where passages carry their votes; a `PassageStore` is one."""

    async def tally(self, tallies: Mapping[str, Tally]) -> None:
        """Write the votes of passages by their ids; those that are gone are ignored."""
        ...


class VoteLog(Protocol):
    """What people thought of the sources of answers.

    Raises StoreUnavailable where it cannot be read.
    """

    async def mark(self) -> int:
        """The number of the last change; cheap."""
        ...

    async def since(self, number: int) -> tuple[Vote, ...]:
        """Every vote that changed after this number as it is now, in the order of its numbers."""
        ...


class Prior(Protocol):
    """What is known of passages before the question at hand is compared with them."""

    async def moved(self, scores: Mapping[str, float], asked: Probe) -> Mapping[str, float]:
        """The fused scores by passage id, some of them a bounded step up or down."""
        ...


class Reranker(Protocol):
    """Reads question and passage together and judges how well they fit."""

    async def rerank(self, question: str, passages: Sequence[Passage]) -> list[float]:
        """One score a passage, in the same order; higher is better."""
        ...


class Generator(Protocol):
    """A language model."""

    @property
    def name(self) -> str:
        """Engine and model, as in `llamacpp:qwen2.5-coder-1.5b`."""
        ...

    def stream(self, prompt: Prompt) -> AsyncGenerator[Draft, None]:
        """Write the reply: drafts growing to the whole text; the last one is the reply.

        The same prompt gives the same text. Closing the generator stops the engine.

        Raises:
            PromptTooLong: nothing was generated.
            EngineUnavailable: it broke or was too slow; drafts so far may be shown but not trusted.
        """
        ...

    async def ping(self) -> None:
        """Return if the model is loaded or can be; raise EngineUnavailable otherwise."""
        ...

    async def close(self) -> None:
        """Free the model's memory."""
        ...


class Directory(Protocol):
    """Who works here."""

    async def names(self) -> Collection[str]:
        """Everybody's names as they are written; the same object until somebody comes or goes.

        Raises:
            EngineUnavailable: nobody can tell now.
        """
        ...


class EgressLog(Protocol):
    """What left the house; nothing in it is ever changed."""

    async def add(self, departure: Departure) -> None:
        """Keep a departure; durable on return.

        Raises:
            StoreUnavailable: it was not kept, so it must not leave.
        """
        ...


class CuratedAnswers(Protocol):
    """Answers that people verified."""

    async def find(self, question: Question) -> tuple[CuratedMatch, ...]:
        """The answers most likely meant that its audience may read, best first; two at most.

        Raises:
            EngineUnavailable: an embedder does not answer.
        """
        ...


class CuratedChanges(Protocol):
    """How curated answers came to be what they are."""

    async def mark(self) -> tuple[int, int]:
        """How many changes there are and the last one's number; cheap, and other after a change."""
        ...

    async def since(self, number: int) -> tuple[CuratedRevision, ...]:
        """The changes with a higher number, in their order."""
        ...


class Answerer(Protocol):
    """Knows things."""

    def stream(self, question: Question) -> AsyncGenerator[Draft | Answer, None]:
        """Answer: any number of drafts, then exactly one answer. Closing the generator stops it."""
        ...

    async def passage(self, passage_id: str, *, audience: frozenset[str]) -> Passage | None:
        """A cited passage in full, or None where it is gone or not for this audience."""
        ...
