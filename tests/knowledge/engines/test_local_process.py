"""A process may crash, babble, hang or never load; the bot goes on."""

from __future__ import annotations

import asyncio
import os
import struct
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path

import pytest
import pytest_asyncio

from knowledge.engines.local_process import WORKER, LocalProcess, environment
from knowledge.engines.worker_wire import Load
from knowledge.errors import EngineUnavailable
from knowledge.model import Draft, Prompt, Tokens, Turn
from tests.simulators import engine_process

EMPTY_GGUF = b"GGUF" + struct.pack("<IQQ", 3, 0, 0)

Start = Callable[..., LocalProcess]


@pytest_asyncio.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    started: list[LocalProcess] = []

    def start(name: str = "tiny", *, content: bytes = EMPTY_GGUF, **limits: float) -> LocalProcess:
        path = tmp_path / f"{name}.gguf"
        path.write_bytes(content)
        load = Load(engine="llamacpp", path=str(path), context_tokens=64, threads=1)
        command = (sys.executable, "-P", str(engine_process.__file__))
        started.append(LocalProcess(load, name="tiny", command=command, **limits))
        return started[-1]

    yield start
    for process in started:
        await process.close()


def saying(text: str) -> Prompt:
    return Prompt(turns=(Turn(speaker="user", text=text),), max_tokens=100)


async def reply_to(process: LocalProcess, text: str) -> Draft:
    return [draft async for draft in process.stream(saying(text))][-1]


async def test_a_reply_is_whole_and_counted(start: Start) -> None:
    assert await reply_to(start(), "a b 年") == Draft(
        text="ab年", tokens=Tokens(prompt=3, completion=3)
    )


async def test_a_reply_may_be_empty(start: Start) -> None:
    assert (await reply_to(start(), "")).text == ""


async def test_a_crash_costs_one_reply(start: Start) -> None:
    process = start()

    with pytest.raises(EngineUnavailable, match="ended with code"):
        await reply_to(process, "crash")

    assert (await reply_to(process, "again")).text == "again"


async def test_everybody_who_waits_hears_of_a_crash(start: Start) -> None:
    process = start()

    replies = await asyncio.gather(
        reply_to(process, "crash"), reply_to(process, "later"), return_exceptions=True
    )

    assert [type(reply) for reply in replies] == [EngineUnavailable, EngineUnavailable]


async def test_a_process_that_babbles_is_replaced(start: Start) -> None:
    process = start()

    with pytest.raises(EngineUnavailable, match="nonsense"):
        await reply_to(process, "babble")

    assert (await reply_to(process, "again")).text == "again"


async def test_a_process_that_computes_for_nobody_is_replaced(start: Start) -> None:
    process = start(patience_s=0.0)
    await reply_to(process, "hello")
    asking = asyncio.create_task(reply_to(process, "hang"))
    await asyncio.wait({asking}, timeout=0.01)
    asking.cancel()
    await asyncio.wait({asking})

    assert (await reply_to(process, "again")).text == "again"


async def test_leaving_early_disturbs_nobody(start: Start) -> None:
    process = start()
    async with aclosing(process.stream(saying("one two three"))) as drafts:
        assert (await anext(drafts)).text.startswith("one")

    assert (await reply_to(process, "next")).text == "next"


async def test_a_model_that_does_not_load_says_why(start: Start) -> None:
    with pytest.raises(EngineUnavailable, match="not today"):
        await reply_to(start("broken"), "hello")


async def test_a_model_that_loads_for_ever_is_given_up(start: Start) -> None:
    with pytest.raises(EngineUnavailable, match=r"not loaded within 0\.2 s"):
        await reply_to(start("never", load_s=0.2), "hello")


async def test_a_file_that_is_no_model_never_reaches_a_process(start: Start) -> None:
    process = start(content=b"<html>404</html>")

    with pytest.raises(EngineUnavailable, match="cannot be loaded"):
        await process.ping()
    with pytest.raises(EngineUnavailable, match="cannot be loaded"):
        await reply_to(process, "hello")


async def test_a_command_that_does_not_exist_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(EMPTY_GGUF)
    load = Load(engine="llamacpp", path=str(tmp_path / "model.gguf"), context_tokens=64, threads=1)
    process = LocalProcess(load, name="none", command=(str(tmp_path / "nothing"),))

    with pytest.raises(EngineUnavailable, match="does not start"):
        await reply_to(process, "hello")


async def test_a_closed_process_starts_again_when_asked(start: Start) -> None:
    process = start()
    await reply_to(process, "hello")

    await process.close()

    await process.ping()
    assert (await reply_to(process, "again")).text == "again"


async def test_closing_in_the_middle_of_a_reply_ends_it(start: Start) -> None:
    process = start()
    await reply_to(process, "hello")
    asking = asyncio.create_task(reply_to(process, "hang"))
    await asyncio.wait({asking}, timeout=0.01)

    await process.close()

    with pytest.raises(EngineUnavailable, match="closed"):
        await asking


async def test_an_interrupt_is_for_the_bot_alone_and_processors_are_shared_by_niceness(
    start: Start,
) -> None:
    assert (await reply_to(start(), "where")).text == f"{os.getsid(0)} True"

    engine = await asyncio.create_subprocess_exec(*WORKER, stdin=PIPE)
    async with asyncio.timeout(30):
        while os.getpriority(os.PRIO_PROCESS, engine.pid) == os.nice(0):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    engine.kill()
    await engine.wait()


def test_the_engine_sees_no_secret_of_ours() -> None:
    seen = environment({"PATH": "/bin", "DESKMATE_SLACK__BOT_TOKEN": "xoxb", "OPENAI_API_KEY": "k"})

    assert seen["PATH"] == "/bin"
    assert not {"xoxb", "k"} & set(seen.values())
