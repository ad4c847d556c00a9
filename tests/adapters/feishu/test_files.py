"""Files on Feishu: each is a message of its own, and part of an address that we call."""

from __future__ import annotations

import json

import pytest

from adapters.feishu.files import files_in
from bot.core.errors import ChannelRefused
from bot.core.model import SharedFile
from tests.adapters.feishu.desk import desk_on
from tests.simulators.feishu import FeishuSimulator


def sent(simulator: FeishuSimulator, content: bytes) -> SharedFile:
    message_id = simulator.attach("gym.md", content)
    said = simulator.inbox[message_id]
    (file,) = files_in(message_id, said["msg_type"], said["body"]["content"])
    return file


async def test_a_refused_token_is_renewed_once() -> None:
    with FeishuSimulator.running() as simulator:
        async with desk_on(simulator) as desk:
            file = sent(simulator, b"seven")
            assert await desk.feishu.files.fetch(file, most_bytes=10) == b"seven"
            simulator.forget_tokens()

            assert await desk.feishu.files.fetch(file, most_bytes=10) == b"seven"


@pytest.mark.parametrize("status", [400, 403])
async def test_what_feishu_says_no_to_is_refused_with_its_code(status: int) -> None:
    with FeishuSimulator.running() as simulator:
        async with desk_on(simulator) as desk:
            file = sent(simulator, b"seven")
            simulator.refuse(r"GET .*resources.*", 234004, status=status)

            with pytest.raises(ChannelRefused, match="234004"):
                await desk.feishu.files.fetch(file, most_bytes=10)


@pytest.mark.parametrize("kind", ["image", "folder", "audio", "text", "merge_forward"])
def test_what_is_no_file_has_none(kind: str) -> None:
    assert files_in("om_1", kind, json.dumps({"file_key": "k", "file_name": "a.md"})) == ()


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"file_key": 7}', '{"file_key": ""}', '{"file_key": "a\\nb"}']
)
def test_a_file_without_a_key_cannot_be_fetched(content: str) -> None:
    assert files_in("om_1", "file", content) == ()


async def test_a_key_is_one_part_of_the_address_whatever_stands_in_it() -> None:
    with FeishuSimulator.running() as simulator:
        async with desk_on(simulator) as desk:
            (file,) = files_in("om_1", "file", json.dumps({"file_key": "../../../bot/v3/info?x=#"}))

            with pytest.raises(ChannelRefused):
                await desk.feishu.files.fetch(file, most_bytes=10)
            assert not any(call == "bot/v3/info" for call in simulator.calls)
            simulator.failures.clear()
