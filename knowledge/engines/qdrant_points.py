"""What the store asks of a Qdrant, and in which words: points, conditions, searches.

Values, without any Qdrant client. What differs between the embedded engine, a server and local
mode is only how these are spoken; each of them is a `Points`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np

from knowledge.engines.qdrant_layout import embedder_of, is_by_token
from knowledge.model import SparseVector, TokenVectors, Vector

Payload: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A passage as Qdrant keeps it."""

    id: str
    dense: Mapping[str, Vector]
    sparse: Mapping[str, SparseVector]
    payload: Payload
    tokens: Mapping[str, TokenVectors] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Conditions that must all hold; None asks for nothing.

    positions: first and last, both included.
    except_points: ids that do not match, whatever else holds.
    """

    audience: tuple[str, ...] | None = None
    passage_ids: tuple[str, ...] | None = None
    document_ids: tuple[str, ...] | None = None
    positions: tuple[int, int] | None = None
    except_points: tuple[str, ...] = ()

    def any_of(self) -> dict[str, tuple[str, ...]]:
        """The values asked for, by payload field."""
        asked = {
            "audience": self.audience,
            "passage_id": self.passage_ids,
            "document_id": self.document_ids,
        }
        return {field: values for field, values in asked.items() if values is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One vector, or one a token, looking for the nearest points.

    passage_ids: of these only. fields: of the payload; None: all.
    """

    using: str
    vector: Vector | TokenVectors | SparseVector
    audience: tuple[str, ...]
    limit: int
    passage_ids: tuple[str, ...] | None = None
    fields: tuple[str, ...] | None = None

    @property
    def where(self) -> Where:
        """What may be found."""
        return Where(audience=self.audience, passage_ids=self.passage_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A point a search found."""

    score: float
    payload: Payload


class Points(Protocol):
    """Speaks to one Qdrant, embedded or remote; raises the errors of `knowledge.errors`."""

    async def upsert(self, points: Sequence[Point]) -> None:
        """Write points; one with a known id is overwritten."""
        ...

    async def set_payload(self, where: Where, payload: Payload) -> None:
        """Set these payload fields of what matches; its other fields stay."""
        ...

    async def delete(self, where: Where) -> None:
        """Delete what matches."""
        ...

    async def flush(self) -> None:
        """Return when what was written survives the end of this process and of the machine."""
        ...

    async def query(self, searches: Sequence[Search]) -> list[list[Found]]:
        """The rankings of all searches, in their order, in one exchange."""
        ...

    async def scroll(self, where: Where, fields: tuple[str, ...] | None = None) -> list[Payload]:
        """Payloads of everything that matches, whole or only these fields."""
        ...

    async def read(self, where: Where) -> list[Point]:
        """Everything that matches, with its vectors."""
        ...

    async def count(self) -> int:
        """How many points there are."""
        ...

    async def close(self) -> None:
        """Write what is pending and let go; a second call does nothing."""
        ...


def as_read(id_: object, vectors: object, payload: Payload | None, *, sparse: type[Any]) -> Point:
    """A point as an engine gave it back.

    sparse: what the engine's sparse vectors are, with indices and values.
    """
    # Ours all have names; the engines know vectors without one too.
    named: Mapping[str, Any] = vectors if isinstance(vectors, dict) else {}
    terms = {name: v for name, v in named.items() if isinstance(v, sparse)}
    tokens = {name: v for name, v in named.items() if name not in terms and is_by_token(v)}
    dense = {name: v for name, v in named.items() if name not in terms and name not in tokens}
    return Point(
        id=str(id_),
        dense={name: np.asarray(v, dtype=np.float32) for name, v in dense.items()},
        tokens={embedder_of(name): np.asarray(v, dtype=np.float16) for name, v in tokens.items()},
        sparse={
            name: SparseVector(indices=tuple(v.indices), values=tuple(v.values))
            for name, v in terms.items()
        },
        payload=payload or {},
    )
