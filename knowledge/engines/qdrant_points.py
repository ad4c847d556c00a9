"""How passages lie in Qdrant: points, conditions and rankings, without any Qdrant client.

Pure functions and values. What differs between the embedded engine, a server and local mode is
only how these are spoken; each of them is a `Points`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol, TypeAlias
from uuid import UUID, uuid5

from knowledge.engines.qdrant_layout import Layout, tokens_name
from knowledge.errors import StoreOutdated, StoreUnavailable
from knowledge.model import (
    Hit,
    IndexedPassage,
    Passage,
    Probe,
    SparseVector,
    StoredDocument,
    Tally,
    TokenVectors,
    Vector,
)

Payload: TypeAlias = Mapping[str, Any]

KEYWORDS = ("audience", "passage_id", "document_id")
INTEGERS = ("position",)
"""The payload fields that conditions name, to be indexed."""

SUMMARY = (
    "document_id",
    "document_digest",
    "document_root",
    "document_passages",
    "title",
    "owner",
    "audience",
    "stored",
)
"""The payload fields `stored_documents` reads."""

VOTES = ("passage_id", "stored", "helpful", "not_helpful")
"""The payload fields `tallies` reads."""

VERSION = ("passage_id", "stored")
"""The payload fields that tell the versions of a passage apart."""

_POINT_IDS = UUID("b7f6a3c2-54a1-5d0e-9b0f-6f1f1c0c6d11")
_NO_VOTES = Tally(helpful=0, not_helpful=0)
_SCORE_DIGITS = 5  # float32 sums differ beyond this, and no ranking should hang on that


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


def point_id(passage_id: str, digest: str) -> str:
    """A UUID for one version of a passage.

    The old and the new version of a document have different ids, so both can be there while one
    replaces the other.
    """
    return str(uuid5(_POINT_IDS, f"{digest}\n{passage_id}"))


def point(indexed: IndexedPassage, *, stored: int) -> Point:
    """The passage as a point; `stored` orders the versions of a passage, the newest highest.

    A sparse vector without terms is left out: it can match nothing, and would count as a document
    in the rarity of every term. So are token vectors where there is no token.
    """
    return Point(
        id=point_id(indexed.passage.id, indexed.document_digest),
        dense=indexed.dense,
        sparse={name: vector for name, vector in indexed.sparse.items() if vector.indices},
        tokens={name: vectors for name, vectors in indexed.tokens.items() if len(vectors)},
        payload=_payload(indexed, stored),
    )


def _payload(indexed: IndexedPassage, stored: int) -> Payload:
    passage = indexed.passage
    return {
        "passage_id": passage.id,
        "document_id": passage.document_id,
        "document_digest": indexed.document_digest,
        "document_root": indexed.document_root,
        "document_passages": indexed.document_passages,
        "position": passage.position,
        "audience": sorted(passage.audience),
        "title": passage.title,
        "uri": passage.uri,
        "language": passage.language,
        "text": passage.text,
        "heading_path": list(passage.heading_path),
        "page": passage.page,
        "owner": passage.owner,
        "review_on": passage.review_on.isoformat() if passage.review_on else None,
        "stored": stored,
        **tally_payload(passage.votes),
    }


def tally_payload(tally: Tally) -> Payload:
    """The votes of a passage, as its payload has them."""
    return {"helpful": tally.helpful, "not_helpful": tally.not_helpful}


def tallies(payloads: Iterable[Payload]) -> dict[str, Tally]:
    """The votes of passages by id; `payloads` need the fields of `VOTES`.

    What was stored before there were votes has none.
    """
    return {id_: _tally(payload) for id_, payload in newest(payloads).items()}


def _tally(payload: Payload) -> Tally:
    helpful, not_helpful = payload.get("helpful", 0), payload.get("not_helpful", 0)
    if not helpful and not not_helpful:
        return _NO_VOTES  # nearly every passage, and a search reads a hundred and more
    return Tally(helpful=int(helpful), not_helpful=int(not_helpful))


def passage(payload: Payload) -> Passage:
    """The passage a payload describes.

    Raises:
        StoreUnavailable: something else than Deskmate wrote this point.
    """
    try:
        return Passage(
            id=payload["passage_id"],
            document_id=payload["document_id"],
            title=payload["title"],
            uri=payload["uri"],
            language=payload["language"],
            text=payload["text"],
            heading_path=tuple(payload["heading_path"]),
            page=payload["page"],
            position=payload["position"],
            audience=frozenset(payload["audience"]),
            owner=payload["owner"],
            review_on=date.fromisoformat(payload["review_on"]) if payload["review_on"] else None,
            votes=_tally(payload),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _foreign(error) from error


def newest(payloads: Iterable[Payload]) -> dict[str, Payload]:
    """One payload a passage id: the one that was stored last."""
    found: dict[str, Payload] = {}
    for payload in payloads:
        known = found.setdefault(_passage_id(payload), payload)
        if known is not payload and _stored(known) < _stored(payload):
            found[_passage_id(payload)] = payload
    return found


def searches(
    probe: Probe, *, layout: Layout, audience: frozenset[str], limit: int
) -> dict[str, Search]:
    """One search a vector of the probe; none for a question without any known term.

    Raises:
        StoreOutdated: the store has no vectors of that name and dimension.
    """
    check(probe.dense, probe.sparse, {}, layout=layout)
    vectors: dict[str, Vector | SparseVector] = dict(probe.dense)
    vectors.update({name: vector for name, vector in probe.sparse.items() if vector.indices})
    readers = tuple(sorted(audience))
    return {
        name: Search(using=name, vector=vector, audience=readers, limit=limit)
        for name, vector in vectors.items()
    }


def max_sim(
    name: str,
    tokens: TokenVectors,
    *,
    layout: Layout,
    passage_ids: Collection[str],
    audience: frozenset[str],
) -> Search:
    """The search that compares a question with these passages token by token.

    Raises:
        StoreOutdated: the store has no token vectors of that embedder and dimension.
    """
    check({}, {}, {name: tokens}, layout=layout)
    return Search(
        using=tokens_name(name),
        vector=tokens,
        audience=tuple(sorted(audience)),
        limit=2 * len(passage_ids),  # while a document is replaced there are two versions
        passage_ids=tuple(sorted(passage_ids)),
        fields=VERSION,
    )


def mean_scores(page: Sequence[Found], *, tokens: int) -> dict[str, float]:
    """By passage id, the mean over a question's tokens of what their engine added up."""
    current = newest(found.payload for found in page)
    best = rank(page, current, limit=len(page))
    return {
        _passage_id(found.payload): round(found.score / tokens, _SCORE_DIGITS) for found in best
    }


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


def rank(page: Sequence[Found], current: Mapping[str, Payload], *, limit: int) -> list[Found]:
    """The best of a page, best first; equal scores by passage id, and one version a passage."""
    ordered = sorted(
        (-round(found.score, _SCORE_DIGITS), id_, at)
        for at, found in enumerate(page)
        for id_ in (_passage_id(found.payload),)
        if current[id_] is found.payload or _stored(current[id_]) == _stored(found.payload)
    )
    return [Found(score=-low, payload=page[at].payload) for low, _, at in ordered[:limit]]


def settled(page: Sequence[Found], *, asked: int, limit: int) -> bool:
    """Whether a longer page could not change the best `limit` passages.

    False while the passages at the page's end tie with one another, so that the next of the same
    score may have the smaller id, or while versions of one passage used up the room.
    """
    if len(page) < asked:
        return True
    last = round(page[-1].score, _SCORE_DIGITS)
    if round(page[limit - 1].score, _SCORE_DIGITS) <= last:
        return False  # best first: fewer than `limit` are above, and the others need no look
    above = {_passage_id(f.payload) for f in page if round(f.score, _SCORE_DIGITS) > last}
    return len(above) >= limit


def hits(ranked: Mapping[str, Sequence[Found]]) -> dict[str, tuple[Hit, ...]]:
    """What searches found, as knowledge speaks of it; a passage that several found is read once."""
    known: dict[str, Passage] = {}

    def read(payload: Payload) -> Passage:
        id_ = _passage_id(payload)
        if id_ not in known:
            known[id_] = passage(payload)
        return known[id_]

    return {
        name: tuple(
            Hit(passage=read(found.payload), score=found.score, signals={name: found.score})
            for found in page
        )
        for name, page in ranked.items()
    }


def stored_documents(payloads: Iterable[Payload]) -> dict[str, StoredDocument]:
    """The documents that passages belong to; `payloads` need the fields of `SUMMARY`.

    A document is complete when all its passages are there and none of another version is: an
    interrupted `replace` shows as incomplete, and replacing it again mends it.
    """
    versions: dict[str, dict[str, list[Payload]]] = {}
    for payload in payloads:
        by_digest = versions.setdefault(_field(payload, "document_id"), {})
        by_digest.setdefault(_field(payload, "document_digest"), []).append(payload)
    return {name: _stored_document(found) for name, found in sorted(versions.items())}


def _stored_document(versions: Mapping[str, Sequence[Payload]]) -> StoredDocument:
    latest = max((max(v, key=_stored) for v in versions.values()), key=_stored)
    passages = sum(len(version) for version in versions.values())
    return StoredDocument(
        id=latest["document_id"],
        digest=latest["document_digest"],
        root=latest["document_root"],
        title=latest["title"],
        passages=passages,
        complete=len(versions) == 1 and passages == latest["document_passages"],
        owner=latest.get("owner") or "",
        audience=frozenset(_field(latest, "audience")),
        stored_at=datetime.fromtimestamp(_stored(latest) / 1e9, tz=UTC),
    )


def _passage_id(payload: Payload) -> str:
    # Asked for each passage several times a search, so without a call more than needed.
    try:
        return str(payload["passage_id"])
    except KeyError as error:
        raise _foreign(error) from error


def _stored(payload: Payload) -> int:
    try:
        return int(payload["stored"])
    except KeyError as error:
        raise _foreign(error) from error


def _field(payload: Payload, name: str) -> Any:
    try:
        return payload[name]
    except KeyError as error:
        raise _foreign(error) from error


def _foreign(error: Exception) -> StoreUnavailable:
    return StoreUnavailable(
        f"the store holds points Deskmate did not write ({error!r}); use a folder or a "
        "collection of its own"
    )
