"""Nobody sees what is not theirs, whatever happens; `make canaries` does the same for long."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from bot.core.audiences import Lists
from bot.engines import build_embedders
from knowledge.settings import KnowledgeSettings
from knowledge.weights import Shelf
from tests.benchmarks.canaries import Straight, hashed, lived, one
from tests.benchmarks.canaries_office import Seen, office_of
from tests.benchmarks.canaries_world import AUDIENCES


def test_in_a_random_organisation_nobody_sees_what_is_not_theirs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)

    seen = one(16, 25)

    assert seen.leaks == []
    assert seen.canaries > 50
    assert seen.asides > 2


async def test_a_bot_that_believes_everybody_may_read_everything_is_found_out(
    tmp_path: Path,
) -> None:
    async with office_of(3, tmp_path, embedders=hashed()) as office:
        everybody = frozenset(user.key for user in office.world.people)
        office.start(Lists(members=dict.fromkeys(AUDIENCES, everybody)))

        for _ in range(5):
            await office.ask()

    assert office.seen.leaks


@pytest.mark.models
def test_with_the_embedders_that_ship_it_is_the_same(tmp_path: Path, shelf: Shelf) -> None:
    for name in ("e5-small", "use-multilingual"):
        shelf.pull(name)
    embedders = build_embedders(KnowledgeSettings(), shelf)

    with asyncio.Runner(loop_factory=Straight) as runner:
        seen: Seen = runner.run(lived(5, 8, tmp_path, embedders=embedders))

    assert seen.leaks == []
    assert seen.canaries > 20
