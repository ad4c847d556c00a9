"""Which engine a configuration means."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from knowledge.engines.cores import available_cores
from knowledge.engines.limited import Room
from knowledge.engines.registry import GenerationChoice, build_generator, choose_engine
from knowledge.errors import EngineRefused, ModelUnknown, ModelUnreadable
from knowledge.model import Prompt, Turn
from tests.simulators.openai import OpenAiSimulator
from tests.simulators.tiny_gguf import write_tiny_gguf

PROMPT = Prompt(turns=(Turn(speaker="user", text="hi"),), max_tokens=9)


@pytest.fixture
def llama(tmp_path: Path) -> Path:
    return write_tiny_gguf(tmp_path / "llama.gguf")


@pytest.fixture
def qwen(tmp_path: Path) -> Path:
    return write_tiny_gguf(tmp_path / "qwen.gguf", architecture="qwen2")


def test_without_a_model_auto_is_extractive() -> None:
    assert choose_engine(GenerationChoice()) == "extractive"


def test_auto_takes_the_server_where_one_is_named(llama: Path) -> None:
    assert choose_engine(GenerationChoice(base_url="http://llm:8000", path=llama)) == "openai"


def test_auto_takes_ctransformers_where_it_can_run_the_file(llama: Path) -> None:
    assert choose_engine(GenerationChoice(path=llama)) == "ctransformers"


def test_auto_takes_llamacpp_for_any_other_file(qwen: Path) -> None:
    assert choose_engine(GenerationChoice(path=qwen)) == "llamacpp"


def test_what_was_chosen_is_taken(llama: Path) -> None:
    assert choose_engine(GenerationChoice(engine="llamacpp", path=llama)) == "llamacpp"


def test_a_broken_file_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "page.gguf"
    path.write_text("<html>404</html>")

    with pytest.raises(ModelUnreadable):
        build_generator(GenerationChoice(path=path))


async def test_each_engine_is_named_with_its_model(llama: Path, qwen: Path) -> None:
    choices = (
        GenerationChoice(path=llama, model="smol"),
        GenerationChoice(path=qwen),
        GenerationChoice(base_url="http://llm:8000", model="qwen3"),
        GenerationChoice(),
    )

    assert [build_generator(choice).name for choice in choices] == [
        "ctransformers:smol",
        "llamacpp:qwen",
        "openai:qwen3",
        "extractive",
    ]


def test_an_engine_of_this_machine_needs_a_file() -> None:
    with pytest.raises(ModelUnknown):
        build_generator(GenerationChoice(engine="llamacpp", model="qwen"))


def test_an_address_must_be_one() -> None:
    with pytest.raises(EngineRefused):
        build_generator(GenerationChoice(engine="openai", base_url="llm:8000"))


def test_a_choice_does_not_show_its_key() -> None:
    assert "sk-1" not in repr(GenerationChoice(api_key="sk-1"))


@pytest.mark.parametrize(
    ("limit", "cores"), [("100000 100000", 1), ("50000 100000", 1), ("150000 100000", 1)]
)
def test_a_containers_limit_counts(tmp_path: Path, limit: str, cores: int) -> None:
    (tmp_path / "cpu.max").write_text(limit)

    assert available_cores(tmp_path / "cpu.max") == cores


@pytest.mark.parametrize("content", ["max 100000", "", "nonsense"])
def test_without_a_limit_every_core_is_ours(tmp_path: Path, content: str) -> None:
    (tmp_path / "cpu.max").write_text(content)

    assert available_cores(tmp_path / "cpu.max") == available_cores(tmp_path / "missing") >= 1


async def test_a_server_gets_as_many_prompts_at_a_time_as_configured() -> None:
    async with OpenAiSimulator.running() as server:
        arrived = asyncio.Semaphore(0)

        async def stall(_: web.Request) -> web.StreamResponse:
            arrived.release()
            await asyncio.Event().wait()
            return web.Response()

        server.fail(*[stall] * 3)
        engine = build_generator(
            GenerationChoice(engine="openai", base_url=server.url, room=Room(concurrent=2))
        )
        asking = [asyncio.create_task(anext(engine.stream(PROMPT))) for _ in range(3)]
        async with asyncio.timeout(20):
            await arrived.acquire()
            await arrived.acquire()

        assert (await asking[2]).place == 1
        assert len(server.requests) == 2

        for task in asking:
            task.cancel()
        await asyncio.wait(asking)
        await engine.close()
