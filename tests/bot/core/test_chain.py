"""A chain shows which of its links is not as it was written."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.audit import AuditEntry
from bot.core.chain import (
    GENESIS,
    LONGEST_TEXT,
    Fault,
    Head,
    Inspector,
    Link,
    canonical,
    forged_on,
    said_by,
    seal,
)
from bot.core.chain import (
    START as NO_LINK,
)
from tests.fakes_core import START


def entry(number: int, **more: object) -> AuditEntry:
    about = {"number": number, **more}
    return AuditEntry(at=START + timedelta(seconds=number), what="x", by="slack:U1", about=about)


def chain(count: int) -> list[Link]:
    links: list[Link] = []
    head = NO_LINK
    for number in range(count):
        links.append(forged_on(head, entry(number)))
        head = Head(count=links[-1].number, hash=links[-1].hash)
    return links


def head_of(links: list[Link]) -> Head:
    return Head(count=links[-1].number, hash=links[-1].hash) if links else NO_LINK


def looked_at(links: list[Link], head: Head | None, noted: str = "") -> Fault | None:
    inspector = Inspector(noted=noted)
    for link in links:
        fault = inspector.see(link)
        if fault is not None:
            return fault
    return inspector.end(head)


def test_an_untouched_chain_has_no_fault() -> None:
    links = chain(5)

    assert looked_at(links, head_of(links)) is None
    assert looked_at([], NO_LINK) is None
    assert looked_at(links, head_of(links), noted=links[2].hash.upper()) is None


def test_the_hash_is_what_the_documentation_says() -> None:
    first, second = chain(2)

    assert first.previous == GENESIS
    assert second.hash == seal(first.hash, second.payload)
    assert second.payload == canonical(json.loads(second.payload))


def test_each_way_to_touch_a_row_is_found_at_that_row() -> None:
    links = chain(6)
    end = head_of(links)
    other = links[3].payload.replace("slack:U1", "slack:U2")

    edited = [*links[:3], replace(links[3], payload=other), *links[4:]]
    sealed_anew = [
        *links[:3],
        replace(links[3], payload=other, by="slack:U2", hash=seal(links[3].previous, other)),
        *links[4:],
    ]
    swapped = [
        *links[:2],
        replace(links[3], number=3),
        replace(links[2], number=4),
        *links[4:],
    ]

    assert looked_at(edited, end) == Fault(
        number=4, problem="edited: what it says is not what was sealed"
    )
    assert looked_at([*links[:3], *links[4:]], end) == Fault(number=4, problem="missing: 4")
    assert looked_at(links[2:], end) == Fault(number=1, problem="missing: 1 to 2")
    assert _number(looked_at(swapped, end)) == 3
    assert _number(looked_at(sealed_anew, end)) == 5  # the next one gives it away
    assert looked_at(links[:4], end) == Fault(number=5, problem="cut off: the head tells of 6 rows")
    assert _number(looked_at(links, head_of(links[:4]))) == 6
    assert _number(looked_at(links, None)) == 7


def test_a_column_that_was_edited_beside_what_it_says_is_found() -> None:
    links = chain(3)

    for changed in (
        replace(links[1], by="slack:U9"),
        replace(links[1], what="y"),
        replace(links[1], at=START),
        replace(links[1], key="k"),
    ):
        fault = looked_at([links[0], changed, links[2]], head_of(links))
        assert fault == Fault(number=2, problem="edited: its columns are not what it says")


def test_a_chain_that_was_written_anew_lacks_the_hash_that_was_noted() -> None:
    noted = chain(4)[-1].hash
    anew: list[Link] = []
    head = NO_LINK
    for number in range(4):
        anew.append(forged_on(head, entry(number, forged=True)))
        head = head_of(anew)

    assert looked_at(anew, head) is None  # this is what cannot be seen from inside
    fault = looked_at(anew, head, noted=noted)
    assert fault is not None
    assert "noted" in fault.problem


def test_a_link_whose_payload_is_nonsense_is_unreadable_not_a_crash() -> None:
    for payload in ("", "[]", "{}", "null", '{"number": 1}'):
        link = replace(chain(1)[0], payload=payload, hash=seal(GENESIS, payload))

        assert looked_at([link], head_of([link])) == Fault(number=1, problem="unreadable")


def test_a_huge_reason_is_cut_and_told_apart_by_its_digest() -> None:
    long, longer = "r" * 1_000_000, "r" * 1_000_001

    first, second = (
        forged_on(NO_LINK, replace(entry(1), reason=reason)) for reason in (long, longer)
    )

    assert len(first.payload) < LONGEST_TEXT + 600
    assert said_by(first).reason != said_by(second).reason


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    ),
    st.text(),
)
@settings(max_examples=200, deadline=None)
def test_whatever_is_said_is_sealed_and_read_again(value: object, text: str) -> None:
    told = AuditEntry(
        at=START, what=text, by=text, where=text, reason=text, about={"v": value}, key=text
    )
    link = forged_on(NO_LINK, told)

    assert looked_at([link], head_of([link])) is None
    assert link.payload.isascii()


def _number(fault: Fault | None) -> int:
    assert fault is not None
    return fault.number
