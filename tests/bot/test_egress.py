"""The guard as it is configured: on by default, off only by saying so, its ledger in the state."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.errors import CoreError
from bot.egress import open_guard
from bot.settings import Settings, SettingsInvalid, load, writes_outside
from bot.stores.state import open_state
from knowledge.engines.openai_http import OpenAIHttp
from knowledge.engines.redacting import Redacting
from knowledge.engines.registry import GenerationChoice, build_generator
from knowledge.errors import EngineUnavailable, StoreUnavailable
from knowledge.model import Departure, Prompt, Turn
from knowledge.settings import EgressSettings, GenerationSettings
from tests.simulators.openai import OpenAiSimulator

ELSEWHERE = '[generation]\nengine = "openai"\nmodel = "m"\nbase_url = "https://llm.example/v1"\n'
LEFT = Departure(
    id="1",
    at=datetime(2026, 11, 2, tzinfo=UTC),
    destination="https://llm.example/v1",
    engine="openai:m",
    passages={"leave#1": "0123456789abcdef"},
    placeholders={"name": 2},
    chars=640,
)


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "deskmate.toml"
    file.write_text(text, encoding="utf-8")
    return file


def elsewhere(tmp_path: Path, url: str, **egress: object) -> Settings:
    return Settings(
        storage={"data_dir": tmp_path},
        generation=GenerationSettings(engine="openai", model="m", base_url=url),
        egress=EgressSettings.model_validate({"inside": (), **egress}),
    )


def test_a_model_elsewhere_is_guarded_by_default(tmp_path: Path) -> None:
    settings = load(written(tmp_path, ELSEWHERE))

    assert writes_outside(settings)
    assert settings.egress.guard


def test_without_the_guard_the_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r'unguarded = "llm\.example"'):
        load(written(tmp_path, ELSEWHERE + "[egress]\nguard = false\n"))


def test_it_is_taken_where_just_this_host_is_named(tmp_path: Path) -> None:
    off = '[egress]\nguard = false\nunguarded = "{}"\n'

    load(written(tmp_path, ELSEWHERE + off.format("llm.example")))
    with pytest.raises(SettingsInvalid):
        load(written(tmp_path, ELSEWHERE + off.format("old.example")))


@pytest.mark.parametrize(
    "text",
    [
        '[generation]\nbase_url = "http://localhost:8000"\n',
        '[generation]\nbase_url = "http://10.0.0.5"\n[egress]\ninside = ["10.0.0.0/8"]\n',
        "[egress]\nguard = false\n",
    ],
)
def test_in_the_house_no_guard_is_needed(tmp_path: Path, text: str) -> None:
    assert not writes_outside(load(written(tmp_path, text)))


async def test_what_leaves_is_guarded_and_in_the_ledger(tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("张三\n", "utf-8")
    asked = Prompt(turns=(Turn(speaker="user", text="张三在吗"),), max_tokens=9, passages=())

    async with OpenAiSimulator.running(lambda said: said) as server:
        settings = elsewhere(tmp_path, server.url, names_file=names)
        async with open_guard(settings) as guard:
            choice = GenerationChoice(engine="openai", model="m", base_url=server.url, guard=guard)
            engine = build_generator(choice)
            drafts = [draft.text async for draft in engine.stream(asked)]
            await engine.close()

    assert drafts[-1] == "张三在吗"
    assert "张三" not in str(server.requests)
    state = await open_state(data_dir=tmp_path)
    assert [left.placeholders for left in await state.departures.all()] == [{"name": 1}]
    await state.close()


async def test_in_the_house_and_unguarded_there_is_nothing_to_pass(tmp_path: Path) -> None:
    for settings in (
        elsewhere(tmp_path, "http://localhost:1", inside=("localhost",)),
        elsewhere(tmp_path, "https://llm.example", guard=False, unguarded="llm.example"),
    ):
        async with open_guard(settings) as guard:
            assert guard is None


async def test_without_a_ledger_nothing_is_kept(tmp_path: Path) -> None:
    async with open_guard(elsewhere(tmp_path, "https://llm.example", ledger=False)) as guard:
        assert guard is not None
        assert isinstance(guard(OpenAIHttp("https://llm.example", "m")), Redacting)

    assert not await asyncio.to_thread(lambda: list(tmp_path.iterdir()))


async def test_names_that_cannot_be_read_are_told_at_the_start(tmp_path: Path) -> None:
    settings = elsewhere(tmp_path, "https://llm.example", names_file=tmp_path / "none.txt")

    with pytest.raises(EngineUnavailable, match=r"none\.txt"):
        async with open_guard(settings):
            pass


async def test_a_ledger_that_cannot_be_opened_is_told_at_the_start(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("x")
    settings = elsewhere(tmp_path, "https://llm.example")
    storage = settings.storage.model_copy(update={"data_dir": taken / "below"})

    with pytest.raises(StoreUnavailable):
        async with open_guard(settings.model_copy(update={"storage": storage})):
            pass


async def test_departures_are_read_in_their_order_and_none_is_replaced(tmp_path: Path) -> None:
    state = await open_state(data_dir=tmp_path)
    later = replace(LEFT, id="0", at=LEFT.at + timedelta(seconds=1), withheld="audience")

    await state.departures.add(later)
    await state.departures.add(LEFT)
    with pytest.raises(StoreUnavailable):
        await state.departures.add(replace(LEFT, chars=1))

    assert await state.departures.all() == (LEFT, later)
    await state.close()


async def test_a_closed_state_keeps_nothing_and_says_so(tmp_path: Path) -> None:
    state = await open_state(data_dir=tmp_path)
    await state.close()

    with pytest.raises(StoreUnavailable):
        await state.departures.add(LEFT)
    with pytest.raises(CoreError):
        await state.departures.all()
