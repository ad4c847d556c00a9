from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulators.dingtalk import DingTalkServer


@pytest.fixture
def server() -> Iterator[DingTalkServer]:
    """DingTalk on loopback; the test fails if a rule of the platform was broken."""
    with DingTalkServer() as running:
        yield running
    assert running.failures == []
