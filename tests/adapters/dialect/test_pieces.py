from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.dialect import Fits, shorten, split
from adapters.dialect.atoms import code_is_closed

FAMILY = "👨‍👩‍👧‍👦"


def at_most(length: int) -> Fits:
    return lambda text: len(text) <= length


def visible(text: str) -> str:
    """Fences are doubled and list items numbered anew, so both do not count."""
    return re.sub(r"[\s`~\d]", "", text)


def contains_in_order(long: str, short: str) -> bool:
    letters = iter(long)
    return all(letter in letters for letter in short)


def item_numbers(pieces: Iterable[str]) -> list[int]:
    return [int(found) for piece in pieces for found in re.findall(r"(?m)^(\d+)\. ", piece)]


# ── what every split keeps ────────────────────────────────────────────────────────────────────

WORDS = st.text("abc年假。！ ,.", min_size=1, max_size=40).filter(str.strip)
LINK = st.just("[the form](https://example.com/a?b=c)")
LINES = st.lists(WORDS | LINK, min_size=1, max_size=4).map("".join)
PARAGRAPHS = st.lists(LINES, min_size=1, max_size=3).map("\n".join)
FENCES = st.tuples(st.sampled_from(["```", "````", "~~~"]), LINES, st.booleans()).map(
    lambda parts: f"{parts[0]}py\n{parts[1]}\n" + (parts[0] if parts[2] else "")
)
ROWS = st.lists(st.just("| one | two |"), max_size=8)
TABLES = ROWS.map(lambda rows: "\n".join(["| a | b |", "|---|---|", *rows]))
INNER = PARAGRAPHS | FENCES | TABLES
LISTS = st.lists(INNER, min_size=1, max_size=5).map(
    lambda items: "\n".join(
        f"{number}. " + item.replace("\n", "\n   ") for number, item in enumerate(items, 1)
    )
)
QUOTES = INNER.map(lambda text: "> " + text.replace("\n", "\n> "))
HEADINGS = WORDS.map(lambda words: f"## {words}")
DOCUMENTS = st.lists(INNER | LISTS | QUOTES | HEADINGS, min_size=1, max_size=6).map("\n\n".join)
SOUP = st.lists(
    st.sampled_from(["#", "-", "1.", ">", "|", "`", "```", "~~~", "*", "[", "](", ")", "\\", "\t"])
    | st.sampled_from([" ", "    ", "\n", "\n\n", "x", "年", "。", FAMILY, "\r\n", "|-|-|"]),
    max_size=60,
).map("".join)


@given(DOCUMENTS | SOUP, st.integers(8, 120))
def test_every_piece_fits_and_no_visible_character_is_lost(text: str, limit: int) -> None:
    pieces = split(text, at_most(limit))

    assert all(len(piece) <= limit for piece in pieces)
    assert contains_in_order(visible("".join(pieces)), visible(text))


@given(DOCUMENTS, st.integers(30, 400))
def test_bytes_are_counted_as_the_caller_counts(text: str, limit: int) -> None:
    assert all(
        len(piece.encode()) <= limit
        for piece in split(text, lambda piece: len(piece.encode()) <= limit)
    )


@given(DOCUMENTS, st.integers(60, 200))
def test_code_is_closed_in_every_piece(text: str, limit: int) -> None:
    assert all(code_is_closed(piece) for piece in split(text, at_most(limit)))


@given(DOCUMENTS | SOUP, st.integers(20, 120))
def test_shortened_text_fits_and_ends_with_the_notice(text: str, limit: int) -> None:
    shown = shorten(text, at_most(limit), "*and more*")

    assert len(shown) <= limit
    assert shown.endswith("*and more*") or contains_in_order(visible(shown), visible(text))


# ── where it is cut ───────────────────────────────────────────────────────────────────────────


def test_text_that_fits_stays_as_it_is() -> None:
    assert split(" Hello\n\n1. a\n1. b\n", at_most(100)) == (" Hello\n\n1. a\n1. b\n",)


def test_empty_text_is_one_empty_piece() -> None:
    assert split("", at_most(100)) == ("",)


def test_paragraphs_stay_whole() -> None:
    assert split("One two.\n\nThree four.\n\nFive six.", at_most(25)) == (
        "One two.\n\nThree four.",
        "Five six.",
    )


def test_a_long_line_is_cut_between_sentences() -> None:
    text = "年假有十天。[1] 入职满五年后有十五天！详见员工手册；也可以问人事。"

    assert split(text, at_most(24)) == (
        "年假有十天。[1] 入职满五年后有十五天！",
        "详见员工手册；也可以问人事。",
    )


def test_a_long_sentence_is_cut_between_words() -> None:
    assert split("one two three four", at_most(10)) == ("one two", "three four")


def test_chinese_is_not_cut_before_its_punctuation() -> None:
    assert split("员工每年有十天，病假另算", at_most(7)) == ("员工每年有十", "天，病假另算")


def test_a_link_is_never_cut_where_it_fits() -> None:
    link = "[the form for annual leave](https://example.com/form)"

    pieces = split(f"Please fill in {link} before you go on leave.", at_most(60))

    assert pieces == ("Please fill in", f"{link} before", "you go on leave.")


def test_code_in_a_line_is_never_cut_where_it_fits() -> None:
    assert split("Please run `make all the things` now", at_most(24)) == (
        "Please run",
        "`make all the things`",
        "now",
    )


def test_a_link_larger_than_a_piece_is_cut_rather_than_refused() -> None:
    text = f"[x](https://example.com/{'a' * 200})"

    assert "".join(split(text, at_most(50))) == text


def test_a_family_is_never_cut() -> None:
    pieces = split(FAMILY * 20 + "🇩🇪🇫🇷" * 20, at_most(20))

    assert all(re.fullmatch(f"({FAMILY}|🇩🇪|🇫🇷)+", piece) for piece in pieces)


def test_a_part_of_a_line_does_not_become_a_list_or_a_heading() -> None:
    pieces = split("twelve letter # words - and 1. more | here", at_most(16))

    assert not any(re.match(r"[#|-]|1\.", piece) for piece in pieces)


def test_a_heading_stays_with_what_it_is_over() -> None:
    text = "One two three.\n\n## Leave\n\nTen days."

    assert split(text, at_most(30)) == ("One two three.", "## Leave\n\nTen days.")


# ── blocks that are cut ───────────────────────────────────────────────────────────────────────


def test_code_that_is_cut_is_closed_and_opened_again() -> None:
    text = "```py title\na = 1\nb = 2\nc = 3\n```"

    assert split(text, at_most(32)) == (
        "```py title\na = 1\nb = 2\n```",
        "```py title\nc = 3\n```",
    )


def test_a_fence_inside_a_longer_fence_is_code() -> None:
    text = "````\n```\na\n```\nb\nc\n````"

    pieces = split(text, at_most(22))

    assert all(piece.startswith("````\n") and piece.endswith("\n````") for piece in pieces)


@pytest.mark.parametrize("text", ["```py\na", "```", "Say\n\n~~~\na\n", "> ```\n> a"])
def test_code_that_was_never_closed_is(text: str) -> None:
    assert [code_is_closed(piece) for piece in split(text, at_most(100))] == [True]


def test_indented_code_keeps_its_indentation() -> None:
    text = "Run this now:\n\n    if a:\n        b()\n"

    assert split(text, at_most(24)) == ("Run this now:", "    if a:\n        b()")


def test_a_table_that_is_cut_repeats_its_header() -> None:
    text = "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n| 5 | 6 |"

    assert split(text, at_most(40)) == (
        "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |",
        "| a | b |\n|---|---|\n| 5 | 6 |",
    )


def test_a_quotation_that_is_cut_stays_one() -> None:
    text = f"> {'word ' * 20}\n> end"

    assert all(piece.startswith("> ") for piece in split(text, at_most(40)))


def test_a_row_larger_than_a_piece_stays_under_the_header() -> None:
    text = f"| a | b |\n|---|---|\n| 1 | {'long ' * 40}|"

    pieces = split(text, at_most(100))

    assert len(pieces) > 1
    assert all(piece.startswith("| a | b |\n|---|---|\n") for piece in pieces)


def test_a_header_that_leaves_no_room_is_shown_once() -> None:
    text = f"| {'name ' * 15}| b |\n|---|---|\n" + "| 1 | 2 |\n" * 20

    pieces = split(text, at_most(100))

    assert sum(piece.count("name") for piece in pieces) == 15


@pytest.mark.parametrize("numbers", [range(1, 31), [1] * 30, range(30, 0, -1)], ids=str)
def test_list_items_keep_the_numbers_readers_saw(numbers: Iterable[int]) -> None:
    written = list(numbers)
    text = "\n".join(f"{number}. item" for number in written)

    pieces = split(text, at_most(40))

    assert item_numbers(pieces) == list(range(written[0], written[0] + 30))


def test_a_renumbered_item_keeps_what_belongs_to_it() -> None:
    text = "\n".join(["1. item"] * 9 + ["1. last\n\n   its second paragraph"])

    last = split(text, at_most(60))[-1]

    assert last.endswith("10. last\n\n    its second paragraph")


def test_a_nested_list_that_starts_a_piece_starts_at_the_margin() -> None:
    text = "1. first\n   - nested one\n   - nested two\n     1. deepest\n2. second"

    pieces = split(text, at_most(24))

    assert pieces == ("1. first\n   - nested one", "- nested two", "1. deepest\n2. second")


def test_code_in_a_list_keeps_its_own_indentation_only() -> None:
    text = "- one\n\n  ```py\n  def f():\n      return 1\n  ```"

    assert split(text, at_most(36))[-1] == "```py\ndef f():\n    return 1\n```"


# ── shortening ────────────────────────────────────────────────────────────────────────────────


def test_shortened_code_is_closed_above_the_notice() -> None:
    shown = shorten("```\n" + "a = 1\n" * 50 + "```", at_most(60), "*More in the source.*")

    assert re.fullmatch(r"```\n(a = 1\n)+```\n\n\*More in the source\.\*", shown)


def test_text_that_fits_has_no_notice() -> None:
    assert shorten("Ten days.", at_most(9), "*More.*") == "Ten days."


def test_a_notice_without_room_is_cut_itself() -> None:
    assert shorten("x" * 100, at_most(5), "*More.*") == "*Mor…"


def test_an_empty_text_needs_no_notice() -> None:
    assert shorten("", at_most(5), "*More.*") == ""


# ── hostile text ──────────────────────────────────────────────────────────────────────────────

HOSTILE: dict[str, Callable[[], str]] = {
    "one word": lambda: "x" * 50_000,
    "chinese": lambda: "年假" * 50_000,
    "nested quotes": lambda: "> " * 10_000 + "a",
    "nested lists": lambda: "- " * 10_000 + "a",
    "brackets": lambda: "[" * 100_000,
    "dots": lambda: "." * 100_000,
    "backticks": lambda: " ".join("`" * (count % 200 + 1) for count in range(1_000)),
    "unclosed": lambda: "```py\n" + "x = 1\n" * 5_000,
    "fences": lambda: "```\na\n```\n" * 2_000,
    "lines": lambda: "a\n" * 10_000,
    "one list": lambda: "1. a\n" * 4_000,
    "wide table": lambda: "|" + "x|" * 5_000 + "\n|" + "-|" * 5_000 + "\n|" + "y|" * 5_000,
    "families": lambda: FAMILY * 14_000,
    "flags": lambda: "🇩🇪" * 50_000,
    "marks": lambda: "a" + "\u0301" * 99_999,
    "blanks": lambda: " " * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_no_longer(name: str) -> None:
    text = HOSTILE[name]()
    start = time.process_time()

    pieces = split(text, at_most(3_000))

    assert time.process_time() - start < 8.0
    assert all(len(piece) <= 3_000 for piece in pieces)


def test_where_nothing_fits_splitting_still_ends() -> None:
    assert split("ab", lambda _: False) == ("a", "b")


def test_a_wide_table_of_200_rows_is_cut_between_rows() -> None:
    row = "|" + " cell |" * 20
    text = "\n".join([row.replace("cell", "name"), "|" + "---|" * 20, *[row] * 200])

    pieces = split(text, at_most(3_000))

    assert sum(piece.count("cell") for piece in pieces) == 4_000
    assert all(piece.startswith("| name |") and piece.endswith(" cell |") for piece in pieces)
