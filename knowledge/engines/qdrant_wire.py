"""Our points and conditions in the words of `qdrant_client`, for a server and for local mode.

Every function imports the client itself: it takes a second, and the embedded store has no use
for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from knowledge.engines.qdrant_cluster import Cluster
from knowledge.engines.qdrant_layout import Layout, embedder_of, tokens_name
from knowledge.engines.qdrant_points import Found, Point, Search, Where, as_read
from knowledge.model import SparseVector, TokenVectors, Vector

if TYPE_CHECKING:
    from qdrant_client import models

_QUANTILE = 0.99
"""Of a vector's numbers, so many are told apart; the few largest are cut to the same."""

_DIGITS = 4
"""Of a number of a token vector: what is behind them is lost in the store anyway."""


def dense_config(layout: Layout, cluster: Cluster | None = None) -> dict[str, models.VectorParams]:
    """The dense vectors of a new collection, compared by cosine; None: nothing special."""
    from qdrant_client import models

    cluster = cluster or Cluster()
    return {
        name: models.VectorParams(
            size=size,
            distance=models.Distance.COSINE,
            quantization_config=_quantization(cluster),
            on_disk=True if cluster.vectors_on_disk else None,
        )
        for name, size in layout.dense.items()
    }


def _quantization(cluster: Cluster) -> models.ScalarQuantization | None:
    from qdrant_client import models

    if cluster.quantization == "none":
        return None
    return models.ScalarQuantization(
        scalar=models.ScalarQuantizationConfig(
            type=models.ScalarType.INT8, quantile=_QUANTILE, always_ram=cluster.always_ram
        )
    )


def tokens_config(layout: Layout) -> dict[str, models.VectorParams]:
    """The token vectors of a new collection: four bits a number, on the disk, without a graph.

    Only a question's candidates are looked at, so there is nothing to search for.
    """
    from qdrant_client import models

    return {
        tokens_name(embedder): models.VectorParams(
            size=size,
            distance=models.Distance.COSINE,
            datatype=models.Datatype.TURBO4,
            multivector_config=models.MultiVectorConfig(
                comparator=models.MultiVectorComparator.MAX_SIM
            ),
            hnsw_config=models.HnswConfigDiff(m=0),
            on_disk=True,
        )
        for embedder, size in layout.tokens.items()
    }


def sparse_config(layout: Layout) -> dict[str, models.SparseVectorParams]:
    """The sparse vectors of a new collection, weighted by the rarity of their terms."""
    from qdrant_client import models

    return {name: models.SparseVectorParams(modifier=models.Modifier.IDF) for name in layout.sparse}


def layout_of(params: models.CollectionParams) -> Layout:
    """The vectors a collection was made for; one without a name has the empty name."""
    from qdrant_client import models

    vectors = params.vectors or {}
    named = {"": vectors} if isinstance(vectors, models.VectorParams) else vectors
    return Layout(
        dense={
            name: vector.size for name, vector in named.items() if not vector.multivector_config
        },
        tokens={
            embedder_of(name): vector.size
            for name, vector in named.items()
            if vector.multivector_config
        },
        sparse=tuple(params.sparse_vectors or ()),
    )


def behind(aliases: models.CollectionsAliasesResponse, alias: str) -> str | None:
    """The collection that an alias points to."""
    found = {each.alias_name: each.collection_name for each in aliases.aliases}
    return found.get(alias)


def points(ours: Sequence[Point]) -> list[models.PointStruct]:
    """Points as they are written."""
    from qdrant_client import models

    return [
        models.PointStruct(
            id=point.id,
            vector={
                **{name: vector.tolist() for name, vector in point.dense.items()},
                **{tokens_name(name): rows(vectors) for name, vectors in point.tokens.items()},
                **{name: sparse(vector) for name, vector in point.sparse.items()},
            },
            payload=dict(point.payload),
        )
        for point in ours
    ]


def ours(record: models.Record) -> Point:
    """A point as it was read, with its vectors."""
    from qdrant_client import models

    return as_read(record.id, record.vector, record.payload, sparse=models.SparseVector)


def rows(vectors: TokenVectors | Vector) -> list[list[float]]:
    """Token vectors as they are written and asked for: the server keeps four bits of a number."""
    rounded: list[list[float]] = np.round(vectors.astype(np.float64), _DIGITS).tolist()
    return rounded


def sparse(vector: SparseVector) -> models.SparseVector:
    """Term weights as they are written and asked for."""
    from qdrant_client import models

    return models.SparseVector(indices=list(vector.indices), values=list(vector.values))


def queries(
    searches: Sequence[Search], cluster: Cluster | None = None
) -> list[models.QueryRequest]:
    """One request a search; the audience limits what is found and what rarity is counted over."""
    from qdrant_client import models

    requests = []
    for search in searches:
        readable = condition(search.where)
        requests.append(
            models.QueryRequest(
                query=_asked(search.vector),
                using=search.using,
                filter=readable,
                limit=search.limit,
                with_payload=True if search.fields is None else list(search.fields),
                params=_params(search, readable, cluster or Cluster()),
            )
        )
    return requests


def _params(
    search: Search, readable: models.Filter, cluster: Cluster
) -> models.SearchParams | None:
    from qdrant_client import models

    if isinstance(search.vector, SparseVector):
        return models.SearchParams(idf=models.IdfCorpusParams(corpus=readable))
    if cluster.quantization == "none" or search.vector.ndim > 1:
        return None
    again = models.QuantizationSearchParams(
        rescore=cluster.rescore, oversampling=cluster.oversampling
    )
    return models.SearchParams(quantization=again)


def _asked(
    vector: Vector | TokenVectors | SparseVector,
) -> models.SparseVector | list[float] | list[list[float]]:
    if isinstance(vector, SparseVector):
        return sparse(vector)
    if vector.ndim > 1:
        return rows(vector)
    one: list[float] = vector.tolist()
    return one


def condition(where: Where) -> models.Filter:
    """A filter that lets through what matches."""
    from qdrant_client import models

    must: list[models.Condition] = [
        models.FieldCondition(key=field, match=models.MatchAny(any=list(values)))
        for field, values in where.any_of().items()
    ]
    if where.positions is not None:
        first, last = where.positions
        must.append(models.FieldCondition(key="position", range=models.Range(gte=first, lte=last)))
    kept: list[models.Condition] = (
        [models.HasIdCondition(has_id=list(where.except_points))] if where.except_points else []
    )
    return models.Filter(must=must or None, must_not=kept or None)


def found(pages: Sequence[models.QueryResponse]) -> list[list[Found]]:
    """One page a search, in their order."""
    return [
        [Found(score=point.score, payload=point.payload or {}) for point in page.points]
        for page in pages
    ]
