"""Releases that many tests look at."""

from __future__ import annotations

import pytest

from tests.helm.release import SETS, Release, render


@pytest.fixture(params=SETS)
def release(request: pytest.FixtureRequest) -> Release:
    """The chart with one of the sets of values."""
    return render(str(request.param))
