"""Releases that many tests look at."""

from __future__ import annotations

from functools import cache

import pytest

from tests.helm.release import SETS, Release, render

_rendered = cache(render)


@pytest.fixture(params=SETS)
def release(request: pytest.FixtureRequest) -> Release:
    """The chart with one of the sets of values."""
    return _rendered(str(request.param))
