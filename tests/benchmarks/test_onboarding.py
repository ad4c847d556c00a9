"""A small company hires, processes die, and everybody is told everything once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.onboarding import simulate


@pytest.mark.parametrize("seed", [2])
async def test_a_few_people_live_through_everything_that_goes_wrong(
    tmp_path: Path, seed: int
) -> None:
    result = await simulate(tmp_path, head_count=8, days=50, seed=seed)

    assert result["wrong"] == []
    assert result["restarts"] > 2
    assert result["unbidden"] > 100
