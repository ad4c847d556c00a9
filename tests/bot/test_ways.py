"""What counts now, and what waits: one small file that two processes write."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.ways import Way, Ways
from knowledge.errors import StoreUnavailable

OLD = Way(
    embedders="e5",
    engine="auto",
    model="small",
    base_url="",
    judge=True,
    least_confidence=0.5,
)
NEW = OLD.model_copy(update={"model": "large", "least_confidence": 0.7})


def staged(ways: Ways) -> int:
    """An ingest that changed something; its number."""
    begun = ways.stage()
    ways.fill(begun)
    ways.finish(begun, changed=True)
    return begun.number


def test_the_first_start_takes_what_is_configured(tmp_path: Path) -> None:
    ways = Ways(tmp_path)

    assert ways.start(OLD, holds=True) == OLD
    assert ways.read().live == OLD


def test_what_was_configured_anew_waits_where_changes_are_held(tmp_path: Path) -> None:
    ways = Ways(tmp_path)
    ways.start(OLD, holds=True)

    assert ways.start(NEW, holds=True) == OLD
    assert ways.let(NEW, number=0)
    assert ways.start(NEW, holds=True) == NEW


def test_what_is_configured_counts_at_once_where_changes_are_told(tmp_path: Path) -> None:
    ways = Ways(tmp_path)
    ways.start(OLD, holds=False)

    assert ways.start(NEW, holds=False) == NEW
    assert ways.start(NEW, holds=True) == NEW


@pytest.mark.parametrize("other", [{"embedders": "use"}, {"base_url": "http://elsewhere"}])
def test_what_cannot_go_on_is_replaced_at_once(tmp_path: Path, other: dict[str, str]) -> None:
    ways = Ways(tmp_path)
    ways.start(OLD, holds=True)
    configured = NEW.model_copy(update=other)

    assert ways.start(configured, holds=True) == configured


def test_an_ingest_fills_the_other_place_until_it_is_let(tmp_path: Path) -> None:
    ways = Ways(tmp_path)
    ways.start(OLD, holds=True)
    number = staged(ways)
    assert ways.read().place == "first"

    second = OLD.model_copy(update={"place": "second"})
    assert ways.let(second, number=number)

    assert (ways.read().place, ways.read().staged) == ("second", None)
    assert ways.stage().place == "first"


def test_what_changed_since_it_was_tried_is_not_let(tmp_path: Path) -> None:
    ways = Ways(tmp_path)
    ways.start(OLD, holds=True)
    number = staged(ways)
    second = OLD.model_copy(update={"place": "second"})

    again = ways.stage()  # an ingest is under way
    assert not ways.let(second, number=number)

    ways.finish(again, changed=True)
    assert not ways.let(second, number=number)
    assert ways.read().place == "first"
    assert ways.let(second, number=again.number)


def test_an_ingest_that_was_cut_off_is_not_ready_and_is_gone_on_with(tmp_path: Path) -> None:
    ways = Ways(tmp_path)
    begun = ways.stage()
    assert not begun.filled
    ways.fill(begun)

    again = Ways(tmp_path).stage()

    assert ways.read().ready is None
    assert (again.filled, again.place) == (True, begun.place)


def test_an_ingest_that_changed_nothing_leaves_nothing_to_try(tmp_path: Path) -> None:
    ways = Ways(tmp_path)
    begun = ways.stage()

    ways.finish(begun, changed=False)

    assert ways.read().staged is None


def test_where_changes_are_no_longer_held_what_waits_counts(tmp_path: Path) -> None:
    ways = Ways(tmp_path)
    ways.start(OLD, holds=True)
    staged(ways)

    assert ways.start(OLD, holds=False).place == "second"

    ways.stage()  # and half an ingest is forgotten
    ways.settle()
    assert (ways.read().place, ways.read().staged) == ("second", None)


def test_letting_twice_is_as_good_as_once(tmp_path: Path) -> None:
    ways = Ways(tmp_path)
    number = staged(ways)
    second = OLD.model_copy(update={"place": "second"})

    assert [ways.let(second, number=number) for _ in range(2)] == [True, True]


def test_a_file_that_is_not_ours_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "ways.json").write_text("[]", encoding="utf-8")

    with pytest.raises(StoreUnavailable, match=r"ways\.json"):
        Ways(tmp_path).stage()

    assert (tmp_path / "ways.json").read_text("utf-8") == "[]"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file", encoding="utf-8")

    with pytest.raises(StoreUnavailable, match=r"ways\.json"):
        Ways(tmp_path / "data").stage()
