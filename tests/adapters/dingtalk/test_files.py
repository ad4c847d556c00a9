"""Files on DingTalk: read from its own stores alone, which are told no token."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.dingtalk.files import Files, files_in
from adapters.dingtalk.settings import DingTalkSettings
from bot.core.errors import ChannelRefused
from bot.core.model import SharedFile
from tests.adapters.dingtalk.desk import Office, office
from tests.adapters.dingtalk.recorded import payload
from tests.simulators.dingtalk import DingTalkServer

FILE = SharedFile(platform="dingtalk", id="dc2", name="a.pdf")


@pytest.fixture
async def connected() -> AsyncIterator[Office]:
    with DingTalkServer() as server:
        async with office(server) as one:
            server.files["dc2"] = b"%PDF"
            yield one
        assert server.failures == []


async def test_a_file_is_fetched_by_its_code(connected: Office) -> None:
    assert files_in(payload("robot_file")) == (FILE,)
    assert await connected.channel.files.fetch(FILE, most_bytes=100) == b"%PDF"


@pytest.mark.parametrize("name", ["robot_picture", "robot_audio", "robot_richtext"])
def test_what_is_no_document_is_no_file(name: str) -> None:
    assert files_in(payload(name)) == ()


def test_a_quoted_text_is_no_file() -> None:
    assert files_in(payload("robot_quote_reply")) == ()


@pytest.mark.parametrize("content", [{}, {"downloadCode": ""}, {"downloadCode": []}, "x", None])
def test_a_file_without_a_code_cannot_be_fetched(content: object) -> None:
    assert files_in({"msgtype": "file", "content": content}) == ()


@pytest.mark.parametrize(
    "lying",
    [
        "https://evil.example/",
        "http://169.254.169.254/",
        "https://dingtalk.com.evil.example/",
        "https://evil@down.dingtalk.com/",
        "https://evildingtalk.com/",
        "https://[::1/",
        "ftp://down.dingtalk.com/",
    ],
)
async def test_a_file_that_lies_elsewhere_is_refused(connected: Office, lying: str) -> None:
    connected.server.lying = lying

    with pytest.raises(ChannelRefused, match="file_elsewhere"):
        await connected.channel.files.fetch(FILE, most_bytes=100)


class Says:
    """An API that answers with one address."""

    def __init__(self, url: object) -> None:
        self.url = url

    async def call(self, *_given: object) -> dict[str, object]:
        return {"downloadUrl": self.url}


class Notes:
    """Calls nobody, and keeps whom."""

    def __init__(self) -> None:
        self.called: list[str] = []

    async def load(self, url: str, *, most_bytes: int) -> None:
        self.called.append(url)
        raise ChannelRefused(f"{most_bytes}")


@pytest.mark.parametrize(
    ("said", "called"),
    [
        ("https://down.dingtalk.com/a?x=1", "https://down.dingtalk.com/a?x=1"),
        ("http://zjk.trans.dingtalk.com/a", "https://zjk.trans.dingtalk.com/a"),
        ("https://x.oss-cn-beijing.aliyuncs.com/a", "https://x.oss-cn-beijing.aliyuncs.com/a"),
    ],
)
async def test_dingtalks_own_stores_are_read_and_never_in_the_open(said: str, called: str) -> None:
    http = Notes()
    files = Files(DingTalkSettings(), Says(said), http)  # type: ignore[arg-type]

    with pytest.raises(ChannelRefused):
        await files.fetch(FILE, most_bytes=1)

    assert http.called == [called]


@pytest.mark.parametrize("said", [None, 7, "", "no address"])
async def test_an_answer_without_an_address_is_refused(said: object) -> None:
    files = Files(DingTalkSettings(), Says(said), Notes())  # type: ignore[arg-type]

    with pytest.raises(ChannelRefused, match="file_elsewhere"):
        await files.fetch(FILE, most_bytes=1)
