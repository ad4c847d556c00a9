"""What was loaded to serve is not searched for rubbish while the bot serves."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from bot.lasting import keep_what_is_loaded


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_is_loaded_is_not_looked_through_again() -> None:
    loaded = [[number] for number in range(1_000)]

    keep_what_is_loaded()

    assert gc.get_freeze_count() > len(loaded)
    assert not any(one is loaded for one in gc.get_objects())


def test_what_comes_later_is_still_found_when_nobody_uses_it() -> None:
    keep_what_is_loaded()
    ring: list[object] = []
    ring.append(ring)
    del ring

    assert gc.collect() >= 1
