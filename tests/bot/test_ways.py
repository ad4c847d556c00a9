"""What counts now, and what waits: how the record changes."""

from __future__ import annotations

from bot.ways import Record, Way

OLD = Way(
    embedders="e5",
    engine="auto",
    model="small",
    base_url="",
    judge=True,
    least_confidence=0.5,
)
NEW = OLD.model_copy(update={"model": "large", "least_confidence": 0.7})
BEGUN = Record().started(OLD, holds=True)


def staged(record: Record) -> Record:
    """After an ingest that changed something."""
    begun = record.begun()
    assert begun.staged is not None
    return begun.filled(begun.staged).finished(begun.staged, changed=True)


def test_what_is_configured_counts_at_the_first_start() -> None:
    assert BEGUN.live == OLD


def test_what_counted_goes_on_until_the_new_way_is_let() -> None:
    assert BEGUN.started(NEW, holds=True).live == OLD

    after = BEGUN.let(NEW, number=0)

    assert after.started(NEW, holds=True).live == NEW


def test_without_holding_what_is_configured_counts_at_once() -> None:
    after = BEGUN.started(NEW, holds=False)

    assert after.live == NEW
    assert after.started(NEW, holds=True).live == NEW


def test_neither_other_embedders_nor_a_model_elsewhere_can_wait() -> None:
    for other in ({"embedders": "use"}, {"late": False}, {"base_url": "http://models"}):
        configured = OLD.model_copy(update=other)

        assert BEGUN.started(configured, holds=True).live == configured


def test_an_ingest_fills_the_other_place_and_counts_when_it_is_let() -> None:
    waiting = staged(BEGUN)
    assert (waiting.place, waiting.ready) == ("first", waiting.staged)

    after = waiting.let(OLD.at("second"), number=waiting.number)

    assert (after.place, after.staged) == ("second", None)
    begun = after.begun().staged
    assert begun is not None
    assert begun.place == "first"


def test_documents_are_not_let_while_they_change_or_after_they_changed() -> None:
    tried = staged(BEGUN)
    second = OLD.at("second")

    again = tried.begun()
    assert again.let(second, number=tried.number) == again

    assert again.staged is not None
    done = again.finished(again.staged, changed=True)
    assert done.let(second, number=tried.number) == done
    assert done.let(second, number=done.number).place == "second"


def test_an_ingest_that_was_cut_off_goes_on_in_the_same_place() -> None:
    begun = BEGUN.begun()
    assert begun.staged is not None

    again = begun.filled(begun.staged).begun()

    assert again.staged is not None
    assert (again.staged.place, again.staged.filled, again.staged.number) == ("second", True, 2)
    assert again.ready is None


def test_of_two_ingests_at_once_the_later_says_when_all_is_there() -> None:
    first = BEGUN.begun()
    both = first.begun()
    assert first.staged is not None
    assert both.staged is not None

    assert both.finished(first.staged, changed=True).ready is None
    assert both.finished(both.staged, changed=True).ready is not None


def test_an_ingest_that_changed_nothing_leaves_nothing() -> None:
    begun = BEGUN.begun()
    assert begun.staged is not None

    assert begun.finished(begun.staged, changed=False).staged is None


def test_documents_that_wait_count_once_nothing_is_held_any_more() -> None:
    assert staged(BEGUN).started(OLD, holds=False).place == "second"

    half = staged(BEGUN).settled().begun()  # and half an ingest is forgotten

    assert (half.settled().place, half.settled().staged) == ("second", None)


def test_letting_the_same_twice_is_letting_it_once() -> None:
    waiting = staged(BEGUN)
    second = OLD.at("second")

    once = waiting.let(second, number=waiting.number)

    assert once.let(second, number=waiting.number) == once


def test_a_model_that_is_let_does_not_move_the_documents() -> None:
    waiting = staged(BEGUN)
    moved = waiting.let(OLD.at("second"), number=waiting.number)

    assert moved.let(NEW.at("first"), number=0).live == NEW.at("second")


class TestFollowing:
    def test_documents_that_another_bot_has_let_count_here_too(self) -> None:
        waiting = staged(BEGUN)
        moved = waiting.let(OLD.at("second"), number=waiting.number)

        assert moved.followed(OLD, OLD) == OLD.at("second")

    def test_a_model_that_waits_here_too_is_followed(self) -> None:
        assert BEGUN.followed(OLD, NEW) == OLD
        assert BEGUN.let(NEW, number=0).followed(OLD, NEW) == NEW

    def test_a_model_that_is_not_configured_here_is_not(self) -> None:
        assert BEGUN.let(NEW, number=0).followed(OLD, OLD) == OLD


def test_after_a_restore_the_passages_lie_in_the_first_place_and_nothing_waits() -> None:
    waiting = staged(BEGUN)
    moved = staged(waiting.let(NEW.at("second"), number=waiting.number))

    after = moved.restored()

    assert (after.live, after.place, after.staged) == (NEW, "first", None)
    assert after.number == moved.number
