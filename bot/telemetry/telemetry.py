"""Telemetry put together: who listens to the steps, and what is around an event."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass

from bot.core.model import Event
from bot.core.telling import Telling
from bot.settings_telemetry import TelemetrySettings
from bot.telemetry.logs import event_context
from bot.telemetry.metrics import Metrics
from bot.telemetry.traces import Traces
from knowledge.steps import Step, Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """What a bot tells its operators. telling: what the core is given for it."""

    metrics: Metrics
    telling: Telling

    @property
    def steps(self) -> Steps:
        """What is told of each step."""
        return self.telling.steps


def without_traces() -> Telemetry:
    """Metrics on a registry of their own, and a log context an event."""
    metrics = Metrics()
    return Telemetry(metrics=metrics, telling=Telling(steps=Steps(metrics.hear), around=_logged))


@asynccontextmanager
async def open_telemetry(settings: TelemetrySettings) -> AsyncIterator[Telemetry]:
    """As configured; traces that wait are sent at the end of the block."""
    if not settings.otlp_endpoint or not settings.sample_ratio:
        yield without_traces()
        return
    from bot.telemetry.otlp import opened_collector

    metrics = Metrics()
    async with opened_collector(settings, lost=metrics.lose) as keep:
        traces = Traces(keep, ratio=settings.sample_ratio)
        steps = Steps(metrics.hear, traces.hear)

        @contextmanager
        def around(event: Event, before: Sequence[Step]) -> Iterator[None]:
            with event_context(event), traces.around(event, before):
                yield

        yield Telemetry(metrics=metrics, telling=Telling(steps=steps, around=around))


def _logged(event: Event, _before: Sequence[Step]) -> AbstractContextManager[None]:
    return event_context(event)
