"""`deskmate doctor` says whether a model server writes, and whether it can judge."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web

from bot.cli.doctor_model import model_server
from bot.cli.finding import Finding
from bot.settings import Settings
from knowledge.models import DEFAULT_GENERATOR
from knowledge.settings import AnsweringSettings, GenerationSettings
from tests.simulators.openai import OpenAiSimulator, begin, choice, send


@pytest_asyncio.fixture
async def server() -> AsyncIterator[OpenAiSimulator]:
    async with OpenAiSimulator.running(lambda _: "yes") as simulator:
        yield simulator


async def findings(url: str, *, model: str = "m", judge: bool = True) -> list[Finding]:
    settings = Settings(
        generation=GenerationSettings(engine="openai", base_url=url, model=model),
        answering=AnsweringSettings(judge=judge),
    )
    return [finding async for finding in model_server(settings)]


async def with_chances(request: web.Request) -> web.StreamResponse:
    response = await begin(request)
    top = [{"token": "yes", "logprob": -0.1}]
    (said,) = choice({"content": "yes"}, finish="length")["choices"]
    told = {"logprobs": {"content": [{"token": "yes", "top_logprobs": top}]}}
    await send(response, {"choices": [said | told]})
    return response


async def loading(_: web.Request) -> web.StreamResponse:
    return web.json_response({"error": {"message": "Loading model"}}, status=503)


async def forbidden(_: web.Request) -> web.StreamResponse:
    return web.Response(status=401)


async def test_without_a_server_there_is_nothing_to_say() -> None:
    assert [finding async for finding in model_server(Settings())] == []


async def test_a_server_that_tells_no_chances_does_not_judge(server: OpenAiSimulator) -> None:
    writes, judges = await findings(server.url)

    assert (writes.level, judges.level) == ("ok", "warning")
    assert "tells no log probabilities" in judges.found
    assert judges.to_do


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("mine", "its judgement was not measured, so it does not judge"),
        (DEFAULT_GENERATOR, "judges where the search is in doubt"),
    ],
)
async def test_a_server_judges_if_its_model_was_measured(
    server: OpenAiSimulator, model: str, sentence: str
) -> None:
    server.fail(with_chances)

    _, judges = await findings(server.url, model=model)

    assert judges.level == "ok"
    assert sentence in judges.found


async def test_where_the_judge_is_off_chances_do_not_matter(server: OpenAiSimulator) -> None:
    _, judges = await findings(server.url, judge=False)

    assert judges.level == "ok"
    assert "[answering] judge is off" in judges.found


async def test_a_server_that_loads_its_model_is_said_to(server: OpenAiSimulator) -> None:
    server.fail(loading, loading, loading)

    (finding,) = await findings(server.url)

    assert finding.level == "error"
    assert "still loads its model" in finding.found


async def test_a_key_that_is_not_taken_is_said(server: OpenAiSimulator) -> None:
    server.fail(forbidden)

    (finding,) = await findings(server.url)

    assert (finding.level, "401" in finding.found) == ("error", True)
    assert "api_key" in finding.to_do


async def test_an_address_that_is_none_is_said() -> None:
    (finding,) = await findings("localhost:8000")

    assert (finding.level, "http://" in finding.found) == ("error", True)
