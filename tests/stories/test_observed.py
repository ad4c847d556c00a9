"""What operators see of a conversation: one trace from event to card, metrics, and no words."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.app import App, build_app
from bot.serving import open_serving
from bot.settings import Settings, StorageSettings
from bot.settings_telemetry import TelemetrySettings
from bot.telemetry.logs import configure_logging
from bot.telemetry.telemetry import Telemetry, open_telemetry, without_traces
from knowledge.engines.limited import Limited
from knowledge.engines.told import Told
from knowledge.errors import EngineUnavailable
from knowledge.settings import AnsweringSettings
from knowledge.weights import Shelf
from tests.fakes_core import FakeClock, ScriptedAnswerer, knowing, knows
from tests.simulators.generator import ScriptedGenerator
from tests.simulators.otlp import collector
from tests.stories.bots import until
from tests.stories.office import SHARED, settings_of
from tests.stories.platforms import NOW, Letter, Stage, on_slack

PAGE = "# Annual leave\n\nStaff receive 12 paid vacation days in the second year. KANARIE-page\n"
SAID = "Staff receive 12 paid vacation days in the second year."
ASKED = "How many paid vacation days do staff receive in the second year?"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Where log lines go; the process's own logging is put back afterwards."""
    root = logging.getLogger()
    handlers, level = tuple(root.handlers), root.level
    out = io.StringIO()
    configure_logging(level="info", as_json=True, stream=out)
    yield out
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@asynccontextmanager
async def reached(app: App) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    async with TestClient(TestServer(app.web)) as client:
        yield client


async def hear(
    app: App, client: TestClient[web.Request, web.Application], *letters: Letter
) -> None:
    for letter in letters:
        await client.post(letter.path, data=letter.body, headers=letter.headers)
        await until(lambda: app.intake.pending == 0)


@asynccontextmanager
async def answering(
    folder: Path, stage: Stage, telemetry: Telemetry
) -> AsyncIterator[tuple[App, TestClient[web.Request, web.Application]]]:
    """The bot with a real search over one page, and a model that knows its lines."""
    pages = folder / "pages"
    pages.mkdir()
    (pages / "leave.md").write_text(PAGE, "utf-8")
    told = Told(ScriptedGenerator(["Staff receive", SAID]), telemetry.steps)
    shared = replace(SHARED, generator=Limited(told, steps=telemetry.steps))
    settings = settings_of(folder, answering=AnsweringSettings(judge=False, least_confidence=0.001))
    settings = settings.model_copy(update={stage.platform: stage.section})
    shelf = Shelf(folder / "models")
    async with open_serving(settings, shelf, shared=shared, steps=telemetry.steps) as serving:
        async with serving.ingesting() as ingest:
            await ingest.run([pages])
        async with (
            build_app(
                settings,
                knowledge=serving.for_core(),
                telemetry=telemetry,
                clock=FakeClock(NOW),
            ) as app,
            reached(app) as client,
        ):
            yield app, client


async def test_an_event_is_one_trace_from_its_arrival_to_its_card(tmp_path: Path) -> None:
    async with collector() as simulated:
        settings = TelemetrySettings(otlp_endpoint=simulated.url)
        with on_slack() as stage:
            async with (
                open_telemetry(settings) as telemetry,
                answering(tmp_path, stage, telemetry) as (app, client),
            ):
                await hear(app, client, stage.question(ASKED))
                assert "12 paid vacation days" in stage.seen()[-1].words

        (root,) = [one for one in simulated.spans if not one.parent_span_id]
        assert root.name == "InboundMessage"
        assert {one.trace_id for one in simulated.spans} == {root.trace_id}
        held = {(one.name, simulated.holder(one)) for one in simulated.spans}
        assert held >= {
            ("ack", root.name),
            ("claim", "ack"),
            ("wait", root.name),
            ("event", root.name),
            ("context", root.name),
            ("answer", root.name),
            ("curated", "answer"),
            ("retrieve", "answer"),
            ("embed", "retrieve"),
            ("search", "retrieve"),
            ("fuse", "retrieve"),
            ("late", "retrieve"),
            ("widen", "retrieve"),
            ("decide", "answer"),
            ("generate", "answer"),
            ("queue", "generate"),
            ("model", "generate"),
            ("check", "answer"),
            ("render", root.name),
            ("send", root.name),
        }
        for word in (b"vacation", b"KANARIE", b"How many"):
            assert word not in simulated.bodies


async def test_a_conversation_fills_the_metrics_where_they_are_served(tmp_path: Path) -> None:
    telemetry = without_traces()
    with on_slack() as stage:
        async with answering(tmp_path, stage, telemetry) as (app, client):
            await hear(app, client, *stage.asks(ASKED))
            page = await (await client.get("/metrics")).text()

    def value(name: str, *labels: str) -> float:
        (found,) = [
            line
            for line in page.splitlines()
            if re.match(rf"deskmate_{name}[ {{]", line) and all(one in line for one in labels)
        ]
        return float(found.rpartition(" ")[2])

    assert value("events_total", 'platform="slack"', 'kind="InboundMessage"') == 1
    assert value("events_repeated_total", 'platform="slack"') == 1
    assert value("events_unfinished") == 0
    assert value("events_oldest_seconds") == 0
    assert value("ack_seconds_count", 'platform="slack"') == 2
    assert value("answers_total", 'outcome="grounded"') == 1
    assert value("model_wait_seconds_count") == 1
    assert value("model_first_token_seconds_count") == 1
    assert value("question_seconds_count", 'platform="slack"') == 1
    assert value("card_seconds_count", 'action="send"') == 1
    for step in ("wait", "context", "search", "decide", "check", "render", "event"):
        assert value("step_seconds_count", f'step="{step}"') >= 1


# ── nothing of what people write ────────────────────────────────────────────────────────────────


def breaking(question: Any) -> tuple[Exception]:
    """An answerer that quotes the question where it breaks."""
    if "engine" in question.text:
        return (EngineUnavailable("the engine is away"),)
    if "key" in question.text:
        return (KeyError(question.text),)
    return (ValueError(f"cannot make sense of {question.text!r}"),)


@asynccontextmanager
async def talking(
    folder: Path, stage: Stage, answerer: ScriptedAnswerer
) -> AsyncIterator[tuple[App, TestClient[web.Request, web.Application]]]:
    sections: Any = {stage.platform: stage.section}
    settings = Settings(storage=StorageSettings(data_dir=folder), **sections)
    async with (
        build_app(settings, knowledge=knowing(answerer), clock=FakeClock(NOW)) as app,
        reached(app) as client,
    ):
        yield app, client


def secrets_of(stage: Stage) -> list[str]:
    """Every secret of the platform's configuration."""
    values = (getattr(stage.section, name) for name in type(stage.section).model_fields)
    return [one.get_secret_value() for one in values if hasattr(one, "get_secret_value")]


async def test_no_word_and_no_secret_is_logged_when_all_goes_well(
    tmp_path: Path, lines: io.StringIO
) -> None:
    with on_slack() as stage:
        async with talking(tmp_path, stage, knows("KANARIE-answer is fifteen. [1]")) as (
            app,
            client,
        ):
            await hear(app, client, *stage.asks("KANARIE-question: how many days?"))
            await hear(app, client, *stage.commands("search KANARIE-command"))
            await hear(app, client, *stage.commands("KANARIE-nonsense"))

        assert "event_dispatched" in lines.getvalue()
        assert "KANARIE" not in lines.getvalue()
        for secret in filter(None, secrets_of(stage)):
            assert secret not in lines.getvalue()


async def test_no_word_and_no_secret_is_logged_when_everything_breaks(
    tmp_path: Path, lines: io.StringIO
) -> None:
    with on_slack() as stage:
        async with talking(tmp_path, stage, ScriptedAnswerer(script=breaking)) as (app, client):
            await hear(app, client, stage.question("KANARIE-value"))
            await hear(app, client, stage.question("KANARIE-key"))
            await hear(app, client, stage.question("KANARIE-engine"))
            forged = replace(stage.question("KANARIE-forged"), headers={})
            await hear(app, client, forged)

        written = lines.getvalue()
        assert written.count("event_failed") == 2
        assert "knowledge_unavailable" in written
        assert "request_refused" in written
        assert "KANARIE" not in written
        for secret in filter(None, secrets_of(stage)):
            assert secret not in written


async def test_a_line_says_which_event_it_is_about(tmp_path: Path, lines: io.StringIO) -> None:
    with on_slack() as stage:
        async with talking(tmp_path, stage, ScriptedAnswerer(script=breaking)) as (app, client):
            await hear(app, client, stage.question("KANARIE-value"))

    (line,) = [one for one in lines.getvalue().splitlines() if '"event_failed"' in one]
    assert '"platform": "slack"' in line
    assert re.search(r'"event_id": "[^"]+"', line)
    assert re.search(r'"conversation": "[0-9a-f]{12}"', line)
