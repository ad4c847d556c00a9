"""Which vectors a Qdrant store has, and what its engine calls them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from knowledge.errors import StoreOutdated
from knowledge.model import SparseVector, TokenVectors, Vector

_TOKENS = "_tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The vectors of a store: dense names with their dimensions, sparse names.

    tokens: the dimension of the token vectors by the name of their embedder.
    """

    dense: Mapping[str, int]
    sparse: tuple[str, ...]
    tokens: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        """As in `e5 (384), use (512), e5 by token (384), bm25`."""
        dense = [f"{name} ({size})" for name, size in sorted(self.dense.items())]
        tokens = [f"{name} by token ({size})" for name, size in sorted(self.tokens.items())]
        return ", ".join([*dense, *tokens, *sorted(self.sparse)]) or "no vectors"

    def same_as(self, other: Layout) -> bool:
        """Whether both hold the same names and dimensions, in any order."""
        return str(self) == str(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Passages that lie somewhere: the name of a folder or collection, and their vectors."""

    name: str
    layout: Layout


def as_json(layout: Layout) -> str:
    """A layout as it stands beside an embedded store."""
    return json.dumps(
        {
            "dense": dict(layout.dense),
            "sparse": list(layout.sparse),
            "tokens": dict(layout.tokens),
        }
    )


def from_json(text: str) -> Layout:
    """What `as_json` wrote; a store from before there were token vectors has none.

    Raises:
        ValueError, KeyError, TypeError: somebody else wrote it.
    """
    made_for = json.loads(text)
    return Layout(
        dense=made_for["dense"],
        sparse=tuple(made_for["sparse"]),
        tokens=made_for.get("tokens", {}),
    )


def check(
    dense: Mapping[str, Vector],
    sparse: Mapping[str, SparseVector],
    tokens: Mapping[str, TokenVectors],
    *,
    layout: Layout,
) -> None:
    """Refuse vectors the store was not made for, before anything is written.

    Raises:
        StoreOutdated: a name or a dimension the store does not have.
    """
    given = Layout(
        dense={name: len(v) for name, v in dense.items()},
        sparse=tuple(sparse),
        tokens={name: v.shape[1] for name, v in tokens.items()},
    )
    known = given.dense.items() <= layout.dense.items() and set(given.sparse) <= set(layout.sparse)
    if not known or not given.tokens.items() <= layout.tokens.items():
        raise StoreOutdated(stored=str(layout), configured=str(given))


def tokens_name(embedder: str) -> str:
    """What the engine calls the token vectors of an embedder."""
    return f"{embedder}{_TOKENS}"


def is_by_token(vector: Any) -> bool:
    """Whether what an engine gave back is one vector a token, not one vector."""
    return bool(vector) and isinstance(vector[0], list)


def embedder_of(name: str) -> str:
    """Whose token vectors the engine calls so."""
    return name.removesuffix(_TOKENS)
