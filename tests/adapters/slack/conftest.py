"""The simulated workspace."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.adapters.slack.workspace import Workspace, connected
from tests.simulators.slack import SlackSimulator


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack's client reads them, and loopback is behind no proxy."""
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def simulator() -> Iterator[SlackSimulator]:
    """A workspace; the test fails if anything in it would have been refused by Slack."""
    with SlackSimulator.running() as running:
        yield running


@pytest.fixture
async def workspace(simulator: SlackSimulator) -> AsyncIterator[Workspace]:
    """The same with our channel connected over HTTP."""
    async with connected(simulator) as both:
        yield both
