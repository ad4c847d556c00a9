"""When something was done, as platforms write it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.moments import of_digits, of_seconds


def test_seconds_with_a_fraction_are_a_moment() -> None:
    assert of_seconds("1700000009.000300") == datetime(2023, 11, 14, 22, 13, 29, 300, tzinfo=UTC)
    assert of_seconds("1700000009.3") == datetime(2023, 11, 14, 22, 13, 29, 300_000, tzinfo=UTC)


def test_digits_are_milliseconds_or_microseconds() -> None:
    moment = datetime(2023, 11, 14, 22, 13, 20, 5_000, tzinfo=UTC)

    assert of_digits("1700000000005") == of_digits("1700000000005000") == moment


@pytest.mark.parametrize("text", ["", "soon", "1", "-1.0", "9999999999999.1", "１.１", "1e9"])
def test_what_is_no_moment_is_none(text: str) -> None:
    assert of_seconds(text) is None
    assert of_digits(text) is None
