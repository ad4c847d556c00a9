"""Journeys in a folder: in two languages, edited, broken and repaired while the bot runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.journeys.library import Library, read_folder, shipped

EN = "title: First days\nsteps:\n  - {id: a, day: 1, message: Hello}\n"
ZH = "title: 最初几天\nsteps:\n  - {id: a, day: 1, message: 你好}\n"


def written(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name.replace('_', '.')}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_the_shipped_journey_has_thirty_steps_over_ninety_days_in_both_languages() -> None:
    found = read_folder(shipped())

    assert found.faults == ()
    editions = found.journeys["onboarding"].editions
    assert {language: (len(one.steps), one.days) for language, one in editions.items()} == {
        "zh": (30, 90),
        "en": (30, 90),
    }


def test_a_journey_has_an_edition_a_language(tmp_path: Path) -> None:
    found = read_folder(written(tmp_path, start_en=EN, start_zh=ZH))

    journey = found.journeys["start"]
    assert journey.edition("zh").title == "最初几天"
    assert journey.edition("en").title == "First days"


def test_who_speaks_a_language_that_is_missing_gets_the_other(tmp_path: Path) -> None:
    found = read_folder(written(tmp_path, start_en=EN))

    assert found.journeys["start"].edition("zh").title == "First days"


@pytest.mark.parametrize(
    ("zh", "sentence"),
    [
        (ZH.replace("id: a", "id: b"), "start.en.yaml:3: `a` is missing in start.zh.yaml"),
        (ZH.replace("day: 1", "day: 2"), "start.zh.yaml:3: `a` comes at another time"),
        (ZH.replace("message", "task"), "start.zh.yaml:3: `a` is of another kind"),
        ("version: 2\n" + ZH, "start.zh.yaml:1: `version`, `starts` or `for` is other"),
    ],
)
def test_editions_that_do_not_agree_are_named(tmp_path: Path, zh: str, sentence: str) -> None:
    found = read_folder(written(tmp_path, start_en=EN, start_zh=zh))

    assert any(sentence in str(fault) for fault in found.faults)
    assert not found.journeys


def test_a_file_whose_name_says_no_language_is_named(tmp_path: Path) -> None:
    found = read_folder(written(tmp_path, start=EN))

    assert "start.yaml: the name should be as in onboarding.en.yaml" in str(found.faults[0])


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    assert read_folder(tmp_path / "none").faults


def test_a_file_that_is_not_utf_8_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "start.en.yaml").write_bytes("title: Straße".encode("latin-1"))

    assert str(read_folder(tmp_path).faults[0]) == "start.en.yaml: the file is not UTF-8"


async def test_what_hr_changes_is_seen_at_the_next_look(tmp_path: Path) -> None:
    library = Library(written(tmp_path, start_en=EN))
    await library.look()
    before = library.current["start"]

    written(tmp_path, start_en=EN.replace("Hello", "Hello there"))
    await library.look()

    assert library.current["start"].digest != before.digest


async def test_a_journey_that_breaks_stays_as_it_was_and_the_mistake_is_told(
    tmp_path: Path,
) -> None:
    library = Library(written(tmp_path, start_en=EN))
    await library.look()

    written(tmp_path, start_en=EN + "  - id: [\n")
    faults = await library.look()

    assert faults
    assert library.current["start"].edition("en").title == "First days"
    written(tmp_path, start_en=EN)
    assert await library.look() == []


async def test_a_process_that_starts_while_a_file_is_broken_knows_the_last_good_one(
    tmp_path: Path,
) -> None:
    folder, kept = tmp_path / "hr", tmp_path / "kept"
    await Library(written(folder, start_en=EN), kept=kept).look()
    written(folder, start_en="title: [")

    library = Library(folder, kept=kept)
    faults = await library.look()

    assert faults
    assert library.current["start"].edition("en").title == "First days"


async def test_a_journey_that_hr_takes_away_is_gone(tmp_path: Path) -> None:
    folder, kept = tmp_path / "hr", tmp_path / "kept"
    library = Library(written(folder, start_en=EN, other_en=EN), kept=kept)
    await library.look()

    (folder / "other.en.yaml").unlink()
    await library.look()

    assert set(library.current) == {"start"}


async def test_a_folder_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    folder = written(tmp_path / "hr", start_en=EN)
    library = Library(folder)
    await library.look()

    (folder / "start.en.yaml").unlink()
    folder.rmdir()
    await library.look()

    assert set(library.current) == {"start"}
