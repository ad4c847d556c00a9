"""A short run of `python -m tests.faults.fuzz`, with inputs that shrink."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.fuzz import ALLOWED, ENDPOINTS, TRACE, Caller, Desk, Nonsense, doors, recorded

RECORDED = recorded()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=12,
)


class Door:
    """The application on a loop that only runs while it is asked something."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._doors = doors(Desk(random.Random(1)))
        self._caller = Caller(self._runner.run(self._doors.__aenter__()))

    def post(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        return self._runner.run(self._caller.post(path, headers, body))

    def close(self) -> None:
        self._runner.run(self._caller.close())
        self._runner.run(self._doors.__aexit__(None, None, None))
        self._runner.close()


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    opened = Door()
    yield opened
    opened.close()


@settings(max_examples=300, deadline=None)
@given(endpoint=st.sampled_from(ENDPOINTS), chance=st.randoms(use_true_random=False))
def test_no_mutated_payload_breaks_an_endpoint(
    door: Door, endpoint: str, chance: random.Random
) -> None:
    request = Nonsense(chance, recorded=RECORDED).request(endpoint)

    status, answer = door.post(*request)

    assert status in ALLOWED
    assert not TRACE.search(answer)


@settings(max_examples=200, deadline=None)
@given(
    endpoint=st.sampled_from(ENDPOINTS),
    body=st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()),
)
def test_signed_nonsense_breaks_no_endpoint(door: Door, endpoint: str, body: bytes) -> None:
    nonsense = Nonsense(random.Random(1), recorded=RECORDED)

    status, answer = door.post(*nonsense.signed(endpoint, body.decode("latin-1"), body))

    assert status in ALLOWED
    assert not TRACE.search(answer)
