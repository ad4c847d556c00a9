"""What a command asks of a running bot is done once, followed, and not forgotten in a crash."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.asked import Answering, Request, Requests, followed
from knowledge.errors import StoreUnavailable

WANTED = Request(what="reindex", options={"keep": "true"})


async def does(request: Request, tell: Callable[[int, int], None]) -> str:
    tell(2, 2)
    return f"kept: {request.options['keep']}"


async def fails(_request: Request, tell: Callable[[int, int], None]) -> str:
    tell(1, 2)
    raise StoreUnavailable("the disk went away")


async def follow(requests: Requests, *, alone: bool = False) -> Request | None:
    async def is_alone() -> bool:
        return alone

    return await followed(
        requests, "reindex", on_progress=lambda *_: None, alone=is_alone, every_s=0.001
    )


async def test_what_is_asked_is_done_and_its_result_can_be_read(tmp_path: Path) -> None:
    requests = Requests(tmp_path)
    requests.ask(WANTED)

    await Answering(requests, {"reindex": does}).look()

    done = await follow(requests)
    assert done is not None
    assert (done.state, done.said, done.done) == ("done", "kept: true", 2)


async def test_it_is_done_once(tmp_path: Path) -> None:
    requests, seen = Requests(tmp_path), []
    requests.ask(WANTED)

    async def count(request: Request, _tell: Callable[[int, int], None]) -> str:
        seen.append(request)
        return ""

    answering = Answering(requests, {"reindex": count})
    await answering.look()
    await answering.look()

    assert len(seen) == 1


async def test_what_goes_wrong_is_told_to_whoever_asked(tmp_path: Path) -> None:
    requests = Requests(tmp_path)
    requests.ask(WANTED)

    await Answering(requests, {"reindex": fails}).look()

    done = await follow(requests)
    assert done is not None
    assert (done.state, done.said) == ("failed", "the disk went away")


async def test_what_a_crash_interrupted_is_begun_again(tmp_path: Path) -> None:
    requests = Requests(tmp_path)
    requests.write(WANTED.model_copy(update={"state": "begun", "done": 1}))

    await Answering(requests, {"reindex": does}).look()

    done = await follow(requests)
    assert done is not None
    assert done.state == "done"


async def test_who_asks_for_what_is_under_way_follows_it(tmp_path: Path) -> None:
    requests = Requests(tmp_path)
    requests.write(WANTED.model_copy(update={"state": "begun", "done": 7}))

    assert requests.ask(Request(what="reindex")).done == 7


async def test_a_bot_that_ended_is_not_waited_for(tmp_path: Path) -> None:
    requests = Requests(tmp_path)
    requests.ask(WANTED)

    assert await follow(requests, alone=True) is None


async def test_a_request_is_for_this_user_only(tmp_path: Path) -> None:
    requests = Requests(tmp_path)
    await asyncio.to_thread(requests.ask, WANTED)

    file, folder = tmp_path / "asked" / "reindex.json", tmp_path / "asked"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_file_that_is_no_request_is_named(tmp_path: Path) -> None:
    (tmp_path / "asked").mkdir()
    (tmp_path / "asked" / "reindex.json").write_text("{}", encoding="utf-8")

    with pytest.raises(StoreUnavailable, match=r"reindex\.json"):
        Requests(tmp_path).read("reindex")
