"""Files on Slack: read where Slack itself says they lie, and nowhere else."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.slack.files import files_in
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import SharedFile
from tests.adapters.slack.payloads import message, said
from tests.adapters.slack.workspace import Workspace, connected
from tests.simulators.slack import Fault, SlackSimulator

CONTENT = b"# Gym\n\nIt opens at seven.\n"


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    with SlackSimulator.running() as simulator:
        async with connected(simulator) as one:
            yield one


def shared(listed: dict[str, object]) -> SharedFile:
    (file,) = files_in({"files": [listed]})
    return file


async def fetched(workspace: Workspace, **told: object) -> bytes:
    _, listed = workspace.simulator.attach("gym.md", CONTENT, **told)  # type: ignore[arg-type]
    return await workspace.slack.files.fetch(shared(listed), most_bytes=1_000)


async def test_an_address_in_the_event_is_never_followed(workspace: Workspace) -> None:
    _, listed = workspace.simulator.attach("gym.md", CONTENT)
    lying = {**listed, "url_private_download": "http://127.0.0.1:9/steal"}

    assert await workspace.slack.files.fetch(shared(lying), most_bytes=1_000) == CONTENT


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/gym.md",
        "http://169.254.169.254/latest",
        "https://files.slack.com.evil.example/gym.md",
        "https://files.slack.com@evil.example/gym.md",
        "file:///etc/passwd",
        "",
    ],
)
async def test_a_file_that_lies_elsewhere_is_refused(workspace: Workspace, url: str) -> None:
    with pytest.raises(ChannelRefused, match="file_elsewhere"):
        await fetched(workspace, url_private_download=url)


@pytest.mark.parametrize(
    "told", [{"is_external": True}, {"mode": "tombstone"}, {"mode": "hidden_by_limit"}]
)
async def test_what_is_no_file_of_the_workspace_is_refused(
    workspace: Workspace, told: dict[str, object]
) -> None:
    with pytest.raises(ChannelRefused, match="file_not_here"):
        await fetched(workspace, **told)


async def test_the_page_to_log_in_is_not_taken_for_the_file(workspace: Workspace) -> None:
    workspace.simulator.scopes = tuple(
        scope for scope in workspace.simulator.scopes if scope != "files:read"
    )

    with pytest.raises(ChannelRefused, match="missing_scope"):
        await fetched(workspace)


async def test_a_page_that_is_the_file_is_one(workspace: Workspace) -> None:
    assert await fetched(workspace, mimetype="text/html") == CONTENT


async def test_a_store_that_is_away_may_be_back_later(workspace: Workspace) -> None:
    workspace.simulator.fault("file", Fault(how="broken"))

    with pytest.raises(ChannelUnavailable):
        await fetched(workspace)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.md", "a.md"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\x00\n b.md", "a\ufffd b.md"),
        ("x" * 300 + ".md", "x" * 197 + ".md"),
    ],
)
def test_a_name_is_one_line_without_folders(name: str, shown: str) -> None:
    heard = message(said("", subtype="file_share", files=[{"id": "F1", "name": name}]))

    assert [file.name for file in heard.files] == [shown]


def test_ten_files_of_a_message_are_enough() -> None:
    files = [{"id": f"F{number}", "name": "a.md"} for number in range(50)]

    assert len(message(said("", subtype="file_share", files=files)).files) == 10
