"""Who brings what up to date: of all findings, those that concern one person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.core.model import Nearby
from bot.core.owners import Owners
from knowledge.contradictions import Contradiction
from knowledge.duplicates import Duplicate
from knowledge.freshness import Findings
from knowledge.model import EVERYONE, CuratedAnswer, Passage


def concerning(findings: Findings, person: str, owners: Owners) -> Findings:
    """What this person answers for; of other people's pages only those that everybody may read.

    person: their key, as in `slack:U1`.
    """

    def keeps(source: Passage | CuratedAnswer) -> bool:
        return person in owners.keepers(near_of(source))

    return Findings(
        overdue=tuple(late for late in findings.overdue if keeps(late.source)),
        duplicates=tuple(
            duplicate
            for each in findings.duplicates
            for duplicate in _seen(each, [keeps(place) for place in each.places])
        ),
        contradictions=tuple(
            each
            for each in findings.contradictions
            if _may_see(each, keeps(each.one.source), keeps(each.other.source))
        ),
        suspicious=tuple(each for each in findings.suspicious if keeps(each.source)),
    )


def _seen(duplicate: Duplicate, kept: Sequence[bool]) -> Iterator[Duplicate]:
    """The duplicate without the places that only others may read, if two are left."""
    places = tuple(
        place
        for place, mine in zip(duplicate.places, kept, strict=True)
        if mine or EVERYONE in place.audience
    )
    if any(kept) and len(places) > 1:
        yield Duplicate(places=places, passages=duplicate.passages)


def _may_see(found: Contradiction, one: bool, other: bool) -> bool:
    if one and other:
        return True
    elsewhere = found.other if one else found.one
    return (one or other) and EVERYONE in elsewhere.source.audience


def near_of(source: Passage | CuratedAnswer) -> Nearby:
    """A page or an answer as owners are found by it."""
    if isinstance(source, Passage):
        return Nearby(
            passage_id=source.id,
            document_id=source.document_id,
            title=source.title,
            audience=source.audience,
            owner=source.owner,
        )
    return Nearby(
        passage_id="",
        document_id="",
        title=source.question,
        audience=source.audience,
        owner=source.owner,
    )
