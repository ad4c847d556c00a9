"""Fitted thresholds are kept, found again, and never guessed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from knowledge import calibration
from knowledge.budget import Threshold
from knowledge.errors import CalibrationUnreadable

FITTED = Threshold(
    least_confidence=0.7, max_wrong_rate=0.02, guarantee="certain", asked=400, given=300, wrong=2
)


def test_a_stored_threshold_is_found_for_its_embedders_only(tmp_path: Path) -> None:
    calibration.store(tmp_path / "new", "e5+use", FITTED)

    assert calibration.stored(tmp_path / "new", "e5+use") == FITTED
    assert calibration.stored(tmp_path / "new", "e5") is None


def test_fitting_again_replaces_one_entry(tmp_path: Path) -> None:
    calibration.store(tmp_path, "e5", FITTED)
    calibration.store(tmp_path, "use", FITTED)

    stricter = replace(FITTED, least_confidence=0.9)
    calibration.store(tmp_path, "use", stricter)

    assert calibration.stored(tmp_path, "e5") == FITTED
    assert calibration.stored(tmp_path, "use") == stricter


def test_nothing_is_found_where_nothing_was_fitted(tmp_path: Path) -> None:
    assert calibration.stored(tmp_path, "e5") is None


@pytest.mark.parametrize(
    "text", ["", "[]", '{"e5": 1}', '{"e5": {"least_confidence": "high"}}', "\xff"]
)
def test_a_file_that_is_no_calibration_is_named_and_left_alone(tmp_path: Path, text: str) -> None:
    file = tmp_path / "calibration.json"
    file.write_text(text, encoding="latin-1")

    with pytest.raises(CalibrationUnreadable, match=r"calibration\.json"):
        calibration.stored(tmp_path, "e5")
    with pytest.raises(CalibrationUnreadable):
        calibration.store(tmp_path, "e5", FITTED)
    assert file.read_text(encoding="latin-1") == text
