"""What leaves through the guard, over a real connection, and what comes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
import pytest_asyncio

from knowledge import judge, prompt
from knowledge.engines.directories import NamesFile, Nobody
from knowledge.engines.openai_http import OpenAIHttp
from knowledge.engines.redacting import MAX_CHARS, Egress, Redacting
from knowledge.engines.retrying import Retrying
from knowledge.errors import EgressRefused, EngineUnavailable, StoreUnavailable
from knowledge.evidence import Evidence
from knowledge.model import Departure, Draft, Passage, Prompt, Turn
from knowledge.redaction.kinds import Kind
from knowledge.statements import Statement
from tests.simulators.generator import ScriptedGenerator
from tests.simulators.openai import OpenAiSimulator

NOW = datetime(2026, 11, 2, tzinfo=UTC)
TEXT = "报销找张三，电话 138 0013 8000。"


@dataclass(slots=True)
class KeptInMemory:
    """A log; `full` takes nothing more."""

    departures: list[Departure] = field(default_factory=list)
    full: bool = False

    async def add(self, departure: Departure) -> None:
        if self.full:
            raise StoreUnavailable("no space left")
        self.departures.append(departure)


@dataclass(slots=True)
class Staff:
    people: Collection[str] = ("张三",)

    async def names(self) -> Collection[str]:
        return self.people


def passage(text: str = TEXT, audience: str = "everyone") -> Passage:
    return Passage(
        id="money#1", document_id="money", title="报销", uri="money.md", language="zh", text=text,
        audience=frozenset({audience}),
    )  # fmt: skip


def asking(question: str = "13800138000 是谁？", *passages: Passage) -> Prompt:
    read = [
        Evidence(statement=Statement(text=one.text, quote=one.text), passage=one, score=1.0)
        for one in passages or (passage(),)
    ]
    return prompt.build(question, read, "zh")


def last_turn(asked: str) -> str:
    return asked.rpartition("资料：\n")[2]


@pytest_asyncio.fixture
async def server() -> AsyncIterator[OpenAiSimulator]:
    async with OpenAiSimulator.running(last_turn) as simulator:
        yield simulator


@pytest.fixture
def log() -> KeptInMemory:
    return KeptInMemory()


def guarded(server: OpenAiSimulator, log: KeptInMemory, egress: Egress | None = None) -> Redacting:
    return Redacting(
        OpenAIHttp(server.url, "m"),
        destination="https://llm.example/v1",
        egress=egress or Egress(),
        log=log,
        directory=Staff(),
        clock=lambda: NOW,
    )


async def replies(engine: Redacting | Retrying, asked: Prompt) -> list[str]:
    drafts = [draft.text async for draft in engine.stream(asked)]
    await engine.close()
    return drafts


async def test_nothing_of_a_person_leaves_and_the_reply_has_it_again(
    server: OpenAiSimulator, log: KeptInMemory
) -> None:
    drafts = await replies(guarded(server, log), asking())

    sent = json.dumps(server.requests, ensure_ascii=False)
    assert not any(value in sent for value in ("张三", "138 0013 8000", "13800138000"))
    assert "报销找[NAME_" in sent
    assert drafts[-1] == f"报销：{TEXT}"
    assert all(later.startswith(earlier) for earlier, later in pairwise(drafts))
    assert not any("[" in draft for draft in drafts)


async def test_what_left_is_written_down_without_its_words(
    server: OpenAiSimulator, log: KeptInMemory
) -> None:
    await replies(guarded(server, log), asking())

    [left] = log.departures
    assert (left.at, left.destination, left.engine) == (NOW, "https://llm.example/v1", "openai:m")
    assert left.placeholders == {"name": 1, "phone": 1}
    assert list(left.passages) == ["money#1"]
    assert (left.withheld, left.chars > 100) == ("", True)
    assert "张三" not in repr(left)


async def test_no_two_requests_share_a_placeholder(
    server: OpenAiSimulator, log: KeptInMemory
) -> None:
    engine = guarded(server, log)

    await replies(engine, asking())
    await replies(engine, asking())

    first, second = (request["messages"][-1]["content"] for request in server.requests)
    assert first != second


async def test_a_passage_for_some_stays_in_the_house(
    server: OpenAiSimulator, log: KeptInMemory
) -> None:
    secret = replace(passage("工资表", "hr"), id="pay#1")

    with pytest.raises(EgressRefused):
        await replies(guarded(server, log), asking("工资？", passage(), secret))

    assert server.requests == []
    assert [(left.withheld, list(left.passages)) for left in log.departures] == [
        ("audience", ["pay#1"])
    ]


async def test_it_leaves_where_its_audience_may(server: OpenAiSimulator, log: KeptInMemory) -> None:
    egress = Egress(audiences=frozenset({"everyone", "hr"}))

    await replies(guarded(server, log, egress), asking("工资？", passage("工资表", "hr")))

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "asked",
    [
        Prompt(turns=(Turn(speaker="user", text="hi"),), max_tokens=1),
        Prompt(turns=(Turn(speaker="user", text="长" * MAX_CHARS * 2),), max_tokens=1, passages=()),
    ],
    ids=["of unknown origin", "too long"],
)
async def test_what_nobody_answers_for_does_not_leave(
    server: OpenAiSimulator, log: KeptInMemory, asked: Prompt
) -> None:
    with pytest.raises(EgressRefused):
        await replies(guarded(server, log), asked)

    assert server.requests == []


async def test_what_cannot_be_written_down_does_not_leave(
    server: OpenAiSimulator, log: KeptInMemory
) -> None:
    log.full = True

    with pytest.raises(EngineUnavailable):
        await replies(guarded(server, log), asking())

    assert server.requests == []


async def test_without_the_file_of_names_nothing_leaves(
    server: OpenAiSimulator, log: KeptInMemory, tmp_path: Path
) -> None:
    engine = Redacting(
        OpenAIHttp(server.url, "m"),
        destination="",
        egress=Egress(),
        log=log,
        directory=NamesFile(tmp_path / "gone.txt"),
    )

    with pytest.raises(EngineUnavailable):
        await replies(engine, asking())

    assert server.requests == []


async def test_every_try_is_written_down(log: KeptInMemory) -> None:
    inner = ScriptedGenerator([EngineUnavailable("busy")], ["好"])
    engine = Redacting(inner, destination="", egress=Egress(), log=log, directory=Nobody())
    retrying = Retrying(engine, sleep=lambda _: asyncio.sleep(0))

    assert await replies(retrying, asking()) == ["好"]
    assert len(log.departures) == 2


async def test_a_reply_that_stops_inside_a_placeholder_is_shown_as_it_is(log: KeptInMemory) -> None:
    inner = ScriptedGenerator(["找 ", "找 [NAME"])
    engine = Redacting(inner, destination="", egress=Egress(), log=log, directory=Staff())

    assert await replies(engine, asking()) == ["找 ", "找 ", "找 [NAME"]


async def test_money_leaves_unless_asked_not_to(server: OpenAiSimulator, log: KeptInMemory) -> None:
    with_money = Egress(kinds=frozenset(Kind))

    for egress in (Egress(), with_money):
        await replies(guarded(server, log, egress), asking("300元够吗？", passage("上限 300 元")))

    said = [request["messages"][-1]["content"] for request in server.requests]
    assert ["300" in one for one in said] == [True, False]


async def test_closing_a_reply_closes_the_connection(log: KeptInMemory) -> None:
    inner = ScriptedGenerator(["a", asyncio.Event()])
    engine = Redacting(inner, destination="", egress=Egress(), log=log, directory=Nobody())

    async with aclosing(engine.stream(asking())) as drafts:
        assert await anext(drafts) == Draft(text="a")

    assert inner.stopped == 1


def test_every_prompt_of_ours_says_what_it_was_made_from() -> None:
    read = [Evidence(statement=Statement(text=TEXT, quote=TEXT), passage=passage(), score=1.0)] * 2

    for built in (prompt.build("?", read, "zh"), judge.build("?", read, "zh")):
        assert built.passages == (passage(),)
