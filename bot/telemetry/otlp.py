"""Traces on their way to a collector: OpenTelemetry's protocol over HTTP, beside everything else.

The SDK is imported only here, and only where a collector is configured. Its thread sends; what it
cannot keep up with is dropped and counted, and what a collector does not take costs no answer.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

import requests
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer, set_span_in_context

from bot import __version__
from bot.settings_telemetry import TelemetrySettings
from bot.telemetry.traces import Trace, holders
from knowledge.steps import Step

MOST_WAITING: Final = 4_096
"""Spans; a trace that finds no room for all of its own is dropped."""

_SENT_AT_ONCE: Final = 512
_GRACE_S: Final = 3.0
"""So long the last traces may take at the end."""

Lost: TypeAlias = Callable[[str, int], None]
"""Is told why spans are lost, and how many."""

_LONGEST_WORD: Final = 64
_STOPPED: Final = frozenset({"CancelledError", "GeneratorExit"})


@asynccontextmanager
async def opened_collector(
    settings: TelemetrySettings,
    *,
    lost: Lost,
    delay_s: float = 2.0,
    timeout_s: float = 5.0,
) -> AsyncIterator[Callable[[Trace], None]]:
    """What takes finished traces and sends them; the last ones are sent at the end of the block.

    lost: is told how many spans nobody will see, from any thread.
    delay_s: how long traces are gathered before they are sent.
    timeout_s: for one request, second tries included.
    """
    exporter = _Counting(_exporter(settings, timeout_s), lost)
    provider = TracerProvider(sampler=ALWAYS_ON, shutdown_on_exit=False, resource=_resource())
    provider.add_span_processor(
        BatchSpanProcessor(
            exporter,
            max_queue_size=MOST_WAITING,
            max_export_batch_size=_SENT_AT_ONCE,
            schedule_delay_millis=delay_s * 1000,
        )
    )
    sending = _Sending(provider.get_tracer("deskmate", __version__), exporter, lost)
    try:
        yield sending.keep
    finally:
        impatience = asyncio.get_running_loop().call_later(_GRACE_S, exporter.shutdown)
        try:
            await asyncio.to_thread(provider.shutdown)
        finally:
            impatience.cancel()


def _exporter(settings: TelemetrySettings, timeout_s: float) -> OTLPSpanExporter:
    session = requests.Session()
    # A proxy named in the environment, or where an answer leads to, must not see the headers.
    session.trust_env = False
    session.max_redirects = 0
    return OTLPSpanExporter(
        endpoint=settings.traces_url,
        headers={name: value.get_secret_value() for name, value in settings.otlp_headers.items()},
        timeout=timeout_s,
        session=session,
    )


def _resource() -> Resource:
    return Resource.create(
        {
            "service.name": "deskmate",
            "service.version": __version__,
            "service.instance.id": socket.gethostname(),
        }
    )


class _Counting(SpanExporter):
    """An exporter that knows how many spans it was given, and lost; it is closed once."""

    def __init__(self, inner: SpanExporter, lost: Lost) -> None:
        self._inner = inner
        self._lost = lost
        self._closed = False
        self.given = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them, in the processor's thread."""
        result = SpanExportResult.FAILURE
        try:
            result = self._inner.export(spans)
        finally:
            self.given += len(spans)
            if result is not SpanExportResult.SUCCESS:
                self._lost("not_taken", len(spans))
        return result

    def shutdown(self) -> None:
        """What is under way is given up."""
        if not self._closed:
            self._closed = True
            self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """As the inner one."""
        return self._inner.force_flush(timeout_millis)


class _Sending:
    """Makes spans of traces, as many as there is room for."""

    def __init__(self, tracer: Tracer, exporter: _Counting, lost: Lost) -> None:
        self._tracer = tracer
        self._exporter = exporter
        self._lost = lost
        self._made = 0

    def keep(self, trace: Trace) -> None:
        """Hand on a finished trace, or drop it where too much waits already."""
        spans = len(trace.steps) + 1
        if self._made - self._exporter.given + spans > MOST_WAITING:
            self._lost("no_room", spans)
            return
        self._made += spans
        self._make(trace)

    def _make(self, trace: Trace) -> None:
        began_s = min((step.began_s for step in trace.steps), default=0.0)
        ended_s = max((step.began_s + step.took_s for step in trace.steps), default=0.0)
        root = self._tracer.start_span(
            trace.kind,
            kind=SpanKind.CONSUMER,
            start_time=_ns(trace, began_s),
            attributes={
                "deskmate.event_id": trace.event_id,
                "deskmate.platform": trace.platform,
                "deskmate.conversation": trace.conversation,
                "deskmate.steps_left_out": trace.left_out,
            },
        )
        contexts: dict[int | None, Context] = {None: set_span_in_context(root)}
        parents = holders(trace.steps)
        # Whoever holds others comes before them.
        for at in sorted(range(len(parents)), key=lambda at: -trace.steps[at].took_s):
            step = trace.steps[at]
            span = self._tracer.start_span(
                step.name,
                context=contexts[parents[at]],
                start_time=_ns(trace, step.began_s),
                attributes=_attributes(step),
            )
            if step.error and step.error not in _STOPPED:
                span.set_status(Status(StatusCode.ERROR))
            contexts[at] = set_span_in_context(span)
            span.end(_ns(trace, step.began_s + step.took_s))
        root.end(_ns(trace, ended_s))


def _ns(trace: Trace, moment_s: float) -> int:
    return trace.epoch_ns + round(moment_s * 1e9)


def _attributes(step: Step) -> dict[str, str | int | float]:
    facts = {
        f"deskmate.{name}": fact[:_LONGEST_WORD] if isinstance(fact, str) else fact
        for name, fact in step.facts.items()
    }
    return facts | ({"error.type": step.error} if step.error else {})
