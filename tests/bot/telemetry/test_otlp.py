"""Traces reach a collector, and a collector that is ill disturbs nobody."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from bot.settings_telemetry import TelemetrySettings
from bot.telemetry.otlp import MOST_WAITING, opened_collector
from bot.telemetry.telemetry import open_telemetry
from bot.telemetry.traces import Trace
from knowledge.steps import Step
from tests.fakes_core import message
from tests.simulators.otlp import Collector, collector


def settings_for(simulated: Collector, **more: object) -> TelemetrySettings:
    return TelemetrySettings.model_validate({"otlp_endpoint": simulated.url, **more})


def trace(*steps: Step) -> Trace:
    return Trace(
        kind="InboundMessage",
        platform="fake",
        event_id="m1",
        conversation="abc",
        epoch_ns=time.time_ns(),
        steps=list(steps),
    )


def nobody(_reason: str, _spans: int) -> None:
    raise AssertionError("nothing was to be lost")


QUICK: Any = {"delay_s": 0.01, "timeout_s": 0.3}


class Lost:
    """Remembers what was lost."""

    def __init__(self) -> None:
        self.spans: Counter[str] = Counter()

    def __call__(self, reason: str, spans: int) -> None:
        self.spans[reason] += spans


async def test_a_trace_arrives_whole_with_what_holds_what() -> None:
    async with collector() as simulated:
        async with opened_collector(settings_for(simulated), lost=nobody) as keep:
            keep(
                trace(
                    Step("embed", 1.0, 0.5, "", {"engine": "e5"}),
                    Step("retrieve", 1.0, 2.0, "", {"hits": 7}),
                    Step("send", 4.0, 1.0, "ChannelRefused", {"code": "not_in_channel"}),
                )
            )

        root = simulated.named("InboundMessage")
        embed, send = simulated.named("embed"), simulated.named("send")
        assert simulated.resource["service.name"] == "deskmate"
        assert len({span.trace_id for span in simulated.spans}) == 1
        assert simulated.holder(embed) == "retrieve"
        assert simulated.holder(send) == "InboundMessage"
        assert embed.end_time_unix_nano - embed.start_time_unix_nano == 500_000_000
        assert root.end_time_unix_nano - root.start_time_unix_nano == 4_000_000_000
        assert send.status.code == send.status.STATUS_CODE_ERROR
        assert {one.key for one in send.attributes} == {"deskmate.code", "error.type"}


async def test_the_configured_headers_come_with_it() -> None:
    async with collector() as simulated:
        settings = settings_for(simulated, otlp_headers={"x-key": "s3cret"})
        async with opened_collector(settings, lost=nobody) as keep:
            keep(trace())

        assert simulated.headers[0]["x-key"] == "s3cret"
        assert "s3cret" not in repr(settings)


async def test_an_event_is_traced_as_configured() -> None:
    async with collector() as simulated:
        async with open_telemetry(settings_for(simulated)) as telemetry:
            with telemetry.telling.around(message("how many days?"), ()):
                telemetry.steps.tell("refused", reason="late")

        assert {span.name for span in simulated.spans} == {"InboundMessage", "refused"}


@pytest.mark.parametrize("status", [400, 401, 500, 503])
async def test_a_collector_that_takes_nothing_costs_nothing(status: int) -> None:
    lost = Lost()
    async with collector() as simulated:
        simulated.status = status
        async with opened_collector(settings_for(simulated), lost=lost, **QUICK) as keep:
            began_s = time.perf_counter()
            for _ in range(10):
                keep(trace(Step("send", 1.0, 1.0, "", {})))
            took_s = time.perf_counter() - began_s

        assert simulated.requests >= 1
        assert took_s < 1.0
        assert lost.spans == {"not_taken": 20}


async def test_where_a_collector_answers_nothing_traces_are_dropped_and_counted() -> None:
    lost = Lost()
    async with collector() as simulated:
        simulated.open.clear()
        async with opened_collector(settings_for(simulated), lost=lost) as keep:
            for _ in range(MOST_WAITING):
                keep(trace(Step("send", 1.0, 1.0, "", {})))
            simulated.open.set()

    # What is under way may be given up as well, on a machine that is busy enough.
    assert lost.spans["no_room"] == MOST_WAITING
    assert set(lost.spans) <= {"no_room", "not_taken"}


async def test_the_end_does_not_wait_for_a_collector_that_hangs() -> None:
    lost = Lost()
    async with collector() as simulated:
        simulated.open.clear()
        began_s = time.perf_counter()
        async with opened_collector(settings_for(simulated), lost=lost, **QUICK) as keep:
            keep(trace(Step("send", 1.0, 1.0, "", {})))
            while not simulated.requests:  # noqa: ASYNC110 -- the sending thread tells nobody
                await asyncio.sleep(0.01)

        assert time.perf_counter() - began_s < 10


async def test_without_an_endpoint_nothing_of_it_is_there() -> None:
    async with open_telemetry(TelemetrySettings()) as telemetry:
        with telemetry.telling.around(message("how many days?"), ()):
            telemetry.steps.tell("refused", reason="late")

    assert "opentelemetry.exporter" not in telemetry.telling.around.__module__


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("http://otel:4318", "http://otel:4318/v1/traces"),
        ("http://otel:4318/", "http://otel:4318/v1/traces"),
        ("https://otel.example/own/path", "https://otel.example/own/path"),
    ],
)
def test_an_address_without_a_path_gets_the_usual_one(endpoint: str, url: str) -> None:
    assert TelemetrySettings(otlp_endpoint=endpoint).traces_url == url


@pytest.mark.parametrize("endpoint", ["otel:4318", "grpc://otel:4317", "http://me:pw@otel:4318"])
def test_what_is_no_plain_web_address_is_refused(endpoint: str) -> None:
    with pytest.raises(ValidationError):
        TelemetrySettings(otlp_endpoint=endpoint)


def test_headers_are_secret() -> None:
    settings = TelemetrySettings(otlp_headers={"x-key": SecretStr("s3cret")})

    assert "s3cret" not in settings.model_dump_json()
