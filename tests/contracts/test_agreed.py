"""What every bot of a database agrees on, on each database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from bot.core.errors import StateUnavailable
from bot.stores.agreed_tables import thresholds, ways
from bot.stores.state import State, open_state
from bot.ways import Record, Staged
from knowledge.budget import Threshold
from knowledge.errors import CalibrationUnreadable, StoreUnavailable
from tests.bot.test_ways import NEW, OLD

FITTED = Threshold(
    least_confidence=0.7, max_wrong_rate=0.02, guarantee="certain", asked=400, given=300, wrong=2
)
SHARED = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
async def two(database_url: str, tmp_path: Path) -> AsyncIterator[tuple[State, State]]:
    """Two processes' stores on one database."""
    opened = [await open_state(data_dir=tmp_path, database_url=database_url) for _ in range(2)]
    yield opened[0], opened[1]
    for each in opened:
        await each.close()


async def ingested(state: State) -> Staged:
    """An ingest that changed something."""
    staged = await state.ways.stage()
    await state.ways.fill(staged)
    await state.ways.finish(staged, changed=True)
    return staged


# ── what counts, and what waits ───────────────────────────────────────────────────────────────


async def test_nothing_is_recorded_at_first(two: tuple[State, State]) -> None:
    assert await two[0].ways.read() == Record()


async def test_what_one_records_the_other_reads(two: tuple[State, State]) -> None:
    one, other = two
    assert await one.ways.start(OLD, holds=True) == OLD

    staged = await ingested(one)

    assert await other.ways.start(NEW, holds=True) == OLD
    found = await other.ways.read()
    assert (found.live, found.place, found.number) == (OLD, "first", staged.number)
    assert found.ready is not None


async def test_documents_are_let_once_and_count_for_both(two: tuple[State, State]) -> None:
    one, other = two
    await one.ways.start(OLD, holds=True)
    staged = await ingested(one)
    second = OLD.at("second")

    let = await asyncio.gather(
        *(each.ways.let(second, number=staged.number) for each in (one, other))
    )

    assert let == [True, True]
    assert (await other.ways.read()).place == "second"
    assert (await one.ways.stage()).place == "first"


async def test_what_changed_meanwhile_is_not_let(two: tuple[State, State]) -> None:
    one, other = two
    await one.ways.start(OLD, holds=True)
    staged = await ingested(one)

    again = await other.ways.stage()

    assert not await one.ways.let(OLD.at("second"), number=staged.number)
    await other.ways.finish(again, changed=False)
    assert (await one.ways.read()).staged is None


async def test_of_many_ingests_at_once_each_has_a_number_of_its_own(
    two: tuple[State, State],
) -> None:
    staged = await asyncio.gather(*(each.ways.stage() for _ in range(5) for each in two))

    assert sorted(one.number for one in staged) == list(range(1, 11))
    assert {one.place for one in staged} == {"second"}


async def test_of_two_ingests_at_once_one_is_told_to_come_again(
    two: tuple[State, State],
) -> None:
    one, other = two

    async with one.ways.alone():
        with pytest.raises(StoreUnavailable, match="another ingest"):
            async with other.ways.alone():
                pass
    async with other.ways.alone():
        pass


async def test_an_ingest_that_ended_anyhow_is_in_nobodys_way(two: tuple[State, State]) -> None:
    one, other = two
    with pytest.raises(ZeroDivisionError):
        async with one.ways.alone():
            raise ZeroDivisionError

    async with other.ways.alone():
        pass


async def test_documents_that_wait_count_once_nothing_is_held(two: tuple[State, State]) -> None:
    one, other = two
    await one.ways.start(OLD, holds=True)
    await ingested(one)

    await other.ways.settle()

    found = await one.ways.read()
    assert (found.place, found.staged, found.live) == ("second", None, OLD.at("second"))


@SHARED
async def test_a_change_is_told_to_all_who_listen(
    two: tuple[State, State],
) -> None:
    from bot.core.steering import WAYS
    from bot.stores.ear import Ear

    one, other = two
    ear, told = Ear(other.database), asyncio.Queue[str]()
    ear.hear(WAYS, told.put_nowait)
    await ear.open()
    async with asyncio.timeout(10):
        await told.get()  # it listens

        await one.ways.stage()
        await told.get()
        await one.thresholds.put("e5", FITTED)
        await told.get()
    await ear.close()


async def test_a_record_that_nobody_can_read_is_not_written_over(two: tuple[State, State]) -> None:
    one, _ = two
    row = insert(ways).values(id=1, record="[]")
    await one.database.run(lambda sql: sql.execute(row))

    with pytest.raises(StoreUnavailable, match="ways"):
        await one.ways.stage()

    kept = text("SELECT record FROM ways")
    assert await one.database.run(lambda sql: sql.scalar(kept)) == "[]"


async def test_a_database_that_does_not_answer_is_unavailable(two: tuple[State, State]) -> None:
    one, _ = two
    await one.close()

    with pytest.raises(StoreUnavailable):
        await one.ways.read()
    with pytest.raises(StoreUnavailable):
        await one.ways.stage()
    with pytest.raises(StoreUnavailable):
        await one.thresholds.of("e5")
    with pytest.raises(StoreUnavailable):
        await one.thresholds.put("e5", FITTED)


# ── thresholds ────────────────────────────────────────────────────────────────────────────────


async def test_a_threshold_is_found_for_what_it_was_fitted_for_only(
    two: tuple[State, State],
) -> None:
    one, other = two
    stricter = replace(FITTED, least_confidence=0.9)
    await one.thresholds.put("e5+use", FITTED)
    await one.thresholds.put("e5", FITTED)

    await other.thresholds.put("e5", stricter)

    assert await other.thresholds.of("e5+use") == FITTED
    assert await one.thresholds.of("e5") == stricter
    assert await one.thresholds.of("use") is None


async def test_what_is_no_threshold_is_named(two: tuple[State, State]) -> None:
    one, _ = two
    row = insert(thresholds).values(deciders="e5", threshold='{"least_confidence": 0.7}')
    await one.database.run(lambda sql: sql.execute(row))

    with pytest.raises(CalibrationUnreadable, match="e5"):
        await one.thresholds.of("e5")


# ── files from before there were tables ───────────────────────────────────────────────────────

WAITING = Record().started(OLD, holds=True).begun()


def leave_files(folder: Path, record: Record = WAITING) -> None:
    """What an older version left in a data folder."""
    folder.mkdir(exist_ok=True)
    (folder / "ways.json").write_text(record.model_dump_json(indent=2) + "\n", "utf-8")
    fitted = (
        '{"e5": {"least_confidence": 0.7, "max_wrong_rate": 0.02, "guarantee": "certain",'
        ' "asked": 400, "given": 300, "wrong": 2}}\n'
    )
    (folder / "calibration.json").write_text(fitted, "utf-8")


async def test_files_of_an_older_version_are_taken_over_once(
    database_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    leave_files(folder)

    for _ in range(2):
        state = await open_state(data_dir=folder, database_url=database_url)
        assert await state.ways.read() == WAITING
        assert await state.thresholds.of("e5") == FITTED
        await state.close()

    assert {"ways.json.taken-over", "calibration.json.taken-over"} <= {
        path.name for path in folder.iterdir()
    }
    assert not (folder / "ways.json").exists()


@SHARED
async def test_what_is_agreed_already_is_not_overwritten_by_a_file(
    database_url: str, tmp_path: Path
) -> None:
    state = await open_state(data_dir=tmp_path / "one", database_url=database_url)
    await state.ways.start(NEW, holds=True)
    stricter = replace(FITTED, least_confidence=0.9)
    await state.thresholds.put("e5", stricter)
    leave_files(tmp_path / "other")

    other = await open_state(data_dir=tmp_path / "other", database_url=database_url)

    assert (await other.ways.read()).live == NEW
    assert await other.thresholds.of("e5") == stricter
    await other.close()
    await state.close()


async def test_of_two_that_take_over_at_once_both_find_it(
    database_url: str, tmp_path: Path
) -> None:
    leave_files(tmp_path / "data")

    both = await asyncio.gather(
        *(open_state(data_dir=tmp_path / "data", database_url=database_url) for _ in range(2))
    )

    for state in both:
        assert await state.ways.read() == WAITING
        await state.close()


@pytest.mark.parametrize("name", ["ways.json", "calibration.json"])
@pytest.mark.parametrize("words", ["[]", '{"e5": {"least_confidence": 0.7}', "\udc80"])
async def test_a_file_that_is_not_ours_is_named_and_left_alone(
    tmp_path: Path, name: str, words: str
) -> None:
    content = words.encode("utf-8", "surrogateescape")
    (tmp_path / name).write_bytes(content)

    with pytest.raises(StateUnavailable, match=name.replace(".", r"\.")):
        await open_state(data_dir=tmp_path)

    assert (tmp_path / name).read_bytes() == content
