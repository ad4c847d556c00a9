"""What the payload of a point says: of its passage, its votes and its document; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

from knowledge.engines.qdrant_points import Payload, Point
from knowledge.errors import StoreUnavailable
from knowledge.model import IndexedPassage, Passage, StoredDocument, Tally

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
        known = found.setdefault(passage_id(payload), payload)
        if known is not payload and stored_at(known) < stored_at(payload):
            found[passage_id(payload)] = payload
    return found


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
    latest = max((max(v, key=stored_at) for v in versions.values()), key=stored_at)
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
        stored_at=datetime.fromtimestamp(stored_at(latest) / 1e9, tz=UTC),
    )


def passage_id(payload: Payload) -> str:
    """The passage that a payload is of.

    Raises:
        StoreUnavailable: something else than Deskmate wrote this point.
    """
    # Asked for each passage several times a search, so without a call more than needed.
    try:
        return str(payload["passage_id"])
    except KeyError as error:
        raise _foreign(error) from error


def stored_at(payload: Payload) -> int:
    """When it was stored, in nanoseconds: the versions of a passage are in this order.

    Raises:
        StoreUnavailable: something else than Deskmate wrote this point.
    """
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
