"""Passages with the vectors they are found by."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.model import IndexedPassage, Passage, SparseVector, TokenVectors, Vector
from knowledge.ports import Embedder, SparseEncoder, TokenEmbedder
from knowledge.split import indexed_text

_EMBEDDED_AT_ONCE = 32
_ENGINES_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexing:
    """The engines whose vectors a store has.

    edition: changes when the engines' words do; then nothing counts as unchanged.
    """

    embedders: Sequence[Embedder]
    sparse: Sequence[SparseEncoder]
    edition: str = ""

    @property
    def engines(self) -> tuple[str, ...]:
        """What decides what a vector is, in words."""
        dense = [f"{embedder.name}:{embedder.dimension}" for embedder in self.embedders]
        dense += [f"{one.name}:tokens" for one in self.embedders if isinstance(one, TokenEmbedder)]
        edition = (f"edition:{self.edition}",) if self.edition else ()
        return (*dense, *(encoder.name for encoder in self.sparse), *edition)

    async def index(
        self, passages: Sequence[Passage], *, digest: str, root: str, of: int
    ) -> list[IndexedPassage]:
        """Passages of one document; of: how many that has.

        Raises:
            EngineRefused: an engine cannot read one of the texts.
            EngineUnavailable: trying again may help.
        """
        texts = [indexed_text(passage) for passage in passages]
        read = {each.name: await _embedded(each, texts) for each in self.embedders}
        sparse = {
            encoder.name: await asyncio.to_thread(_encoded, encoder, texts)
            for encoder in self.sparse
        }
        return [
            IndexedPassage(
                passage=passage,
                dense={name: vectors[at] for name, (vectors, _) in read.items()},
                sparse={name: vectors[at] for name, vectors in sparse.items()},
                document_digest=digest,
                document_root=root,
                document_passages=of,
                tokens={name: tokens[at] for name, (_, tokens) in read.items() if tokens},
            )
            for at, passage in enumerate(passages)
        ]


def signed(content: str, engines: Sequence[str]) -> str:
    """The digest of a document as these engines have it; content: the digest of what it says.

    What a document says and what it was embedded by stand side by side, so that embedding it anew
    changes only the latter, and the next ingest finds it unchanged.
    """
    by = hashlib.sha256(json.dumps(list(engines)).encode()).hexdigest()
    return f"{content.partition('.')[0]}.{by[:_ENGINES_DIGITS]}"


async def _embedded(
    embedder: Embedder, texts: Sequence[str]
) -> tuple[list[Vector], list[TokenVectors]]:
    """A vector a text, and those of its tokens where the embedder tells them."""
    vectors: list[Vector] = []
    tokens: list[TokenVectors] = []
    for start in range(0, len(texts), _EMBEDDED_AT_ONCE):
        batch = texts[start : start + _EMBEDDED_AT_ONCE]
        if isinstance(embedder, TokenEmbedder):
            read = await embedder.embed_passage_tokens(batch)
            vectors += [one.vector for one in read]
            tokens += [one.tokens for one in read]
        else:
            vectors += await embedder.embed_passages(batch)
    return vectors, tokens


def _encoded(encoder: SparseEncoder, texts: Sequence[str]) -> list[SparseVector]:
    return [encoder.encode_passage(text) for text in texts]
