from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.model import Document, Hit, Passage, Section
from knowledge.split import PASSAGE_TOKENS, count_tokens, split
from knowledge.statements import statements
from knowledge.widen import READ_IN_PLACE, STRETCH_TOKENS, in_place, widened


@dataclass(frozen=True, slots=True)
class Shelf:
    """The passages of one document."""

    passages: Sequence[Passage]

    async def neighbours(self, passage: Passage, *, reach: int) -> tuple[Passage, ...]:
        return tuple(p for p in self.passages if abs(p.position - passage.position) <= reach)


def shelf(*sections: Section) -> Shelf:
    document = Document(
        id="handbook", title="Handbook", uri="h.md", language="en", sections=sections
    )
    return Shelf(split(document))


def long_section(name: str = "Leave", *, paragraphs: int = 5) -> Section:
    words = " ".join(["leave"] * (PASSAGE_TOKENS - 20))
    text = "\n\n".join(f"Rule {number}: {words}." for number in range(paragraphs))
    return Section(heading_path=(name,), text=text)


async def read(store: Shelf, *positions: int, limit: int = 10) -> list[Hit]:
    hits = [
        Hit(passage=store.passages[at], score=1.0 / (1 + rank), signals={"e5": 0.9})
        for rank, at in enumerate(positions)
    ]
    return await widened(hits, store, limit=limit, most_tokens=STRETCH_TOKENS)


async def test_a_passage_is_read_with_what_follows_it_in_its_section() -> None:
    store = shelf(long_section())

    (hit,) = await read(store, 1)

    assert hit.passage.text == f"{store.passages[1].text}\n\n{store.passages[2].text}"
    assert (hit.passage.id, hit.signals) == (store.passages[1].id, {"e5": 0.9})


async def test_the_last_passage_of_a_section_is_read_with_what_stands_before_it() -> None:
    store = shelf(long_section(), long_section("Travel"))

    (hit,) = await read(store, 4)

    assert "Rule 3" in hit.passage.text
    assert "Rule 0" not in hit.passage.text
    assert hit.passage.heading_path == ("Leave",)


async def test_no_stretch_is_longer_than_there_is_room_for() -> None:
    store = shelf(long_section(paragraphs=9))

    found = await read(store, 0, 4, 8)

    assert [hit.passage.position for hit in found] == [0, 4, 8]
    assert all(count_tokens(hit.passage.text) <= STRETCH_TOKENS for hit in found)


async def test_a_passage_in_the_stretch_of_a_better_one_makes_room_for_the_next() -> None:
    store = shelf(long_section(paragraphs=9))

    found = await read(store, 1, 2, 5, limit=2)

    assert [hit.passage.position for hit in found] == [1, 5]


async def test_hits_that_nobody_reads_stay_as_they_were_found() -> None:
    store = shelf(*(long_section(f"Part {number}", paragraphs=2) for number in range(6)))

    found = await read(store, 0, 2, 4, 6, 8, 10)

    assert "Rule 1" in found[READ_IN_PLACE - 1].passage.text
    assert found[READ_IN_PLACE].passage == store.passages[10]


async def test_passages_that_came_as_they_are_are_not_widened() -> None:
    articles = [
        Section(heading_path=("Act",), text=f"Article {number}.", passage_id=f"act/{number}")
        for number in range(3)
    ]
    store = shelf(*articles)

    found = await read(store, 0, 1)

    assert [hit.passage.text for hit in found] == ["Article 0.", "Article 1."]


async def test_a_passage_whose_document_is_gone_meanwhile_stays_as_it_was_found() -> None:
    store = shelf(long_section())
    hit = Hit(passage=store.passages[0], score=1.0, signals={})

    (found,) = await widened([hit], Shelf(()), limit=10, most_tokens=STRETCH_TOKENS)

    assert found == hit


async def test_a_passage_that_is_opened_holds_all_that_its_hit_was_read_with() -> None:
    store = shelf(long_section())

    (hit,) = await read(store, 1)
    opened = await in_place(store.passages[1], store, most_tokens=STRETCH_TOKENS)

    assert opened == hit.passage


async def test_a_table_that_was_torn_is_read_with_its_header_again() -> None:
    lead = "The salary is paid on the workday before a weekend. " * 4 + "These are the dates:"
    rows = "\n".join(f"| Month {number} | the {number}th |" for number in range(12))
    table = f"{lead}\n\n| Paid in | Day |\n|---|---|\n{rows}"
    store = shelf(Section(heading_path=("Pay days",), text=table))
    torn = next(piece for piece in store.passages if piece.text.startswith("| Month"))

    (hit,) = await read(store, torn.position)

    said = [statement.text for statement in statements(hit.passage.text)]
    assert not any(text.startswith("|") for text in said)


async def test_a_few_opening_words_are_read_with_the_section_that_follows() -> None:
    opening = Section(heading_path=(), text="Leave is for resting.")
    days = Section(heading_path=("Days",), text="There are ten days a year.")
    store = shelf(opening, days, long_section("Carry-over"))

    (hit, *_) = await read(store, 0)

    assert hit.passage.id == store.passages[0].id
    assert hit.passage.text.startswith(
        "Leave is for resting.\n\n# Days\n\nThere are ten days a year."
    )


async def test_what_says_enough_by_itself_stays_in_its_section() -> None:
    first, below = (
        long_section("Leave", paragraphs=1),
        Section(heading_path=("Leave", "Days"), text="Ten."),
    )
    store = shelf(first, below)

    (hit,) = await read(store, 0)

    assert hit.passage.text == store.passages[0].text


async def test_a_subsection_is_not_read_with_what_opens_its_section() -> None:
    opening = Section(heading_path=("Leave",), text="Leave is for resting.")
    store = shelf(opening, Section(heading_path=("Leave", "Days"), text="Ten a year."))

    (hit,) = await read(store, 1)

    assert hit.passage.text == "Ten a year."
