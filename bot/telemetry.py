"""Logs and metrics: one line an event, one registry a process."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from typing import Final, TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from knowledge.model import Answer, Draft, Passage, Question
from knowledge.ports import Answerer

_SECRET_NAME: Final = re.compile(
    r"token|secret|password|api_?key|aes_?key|authorization|cookie|credential", re.IGNORECASE
)
# A count of tokens is no secret.
_COUNT_NAME: Final = re.compile(r"_tokens$|^tokens|^max_tokens", re.IGNORECASE)
_SECRET_TEXT: Final = re.compile(
    r"(xox[a-z]-|xapp-|sk-|Bearer\s+|Basic\s+"
    r"|(?:access_token|session|sign|key|secret|ticket)=)[^\s&\"'<>]{4,}",
    re.IGNORECASE,
)
_HIDDEN: Final = "***"
_MAX_VALUE_CHARS: Final = 8_000

_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


# ── logs ──────────────────────────────────────────────────────────────────────────────────────


def configure_logging(*, level: str, as_json: bool, stream: TextIO) -> None:
    """Send every log line of the process to `stream`: ours, and those of libraries.

    Our code logs events by name, `log.warning("draft_skipped", extra={"reason": "rate"})`; the
    extras become fields. Fields that are named like secrets, and values that look like them, are
    hidden. Calling it again replaces what was there.
    """
    line = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_common_processors(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            hide_secrets,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
            if as_json
            else structlog.dev.ConsoleRenderer(colors=stream.isatty()),
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(line)
    root = logging.getLogger()
    for old in tuple(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    # Libraries say at INFO what we say better, and some print whole requests at DEBUG.
    for chatty in ("aiohttp.access", "httpx", "httpcore", "asyncio", "urllib3", "slack_sdk"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_common_processors(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _common_processors() -> list[structlog.typing.Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def hide_secrets(
    _logger: structlog.typing.WrappedLogger, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Hide fields named like secrets and values that look like them; cut what is endless."""
    return {name: _shown(name, value) for name, value in event.items()}


@lru_cache(maxsize=1_024)
def _names_secret(name: str) -> bool:
    """The same few names come with every line."""
    return bool(_SECRET_NAME.search(name)) and not _COUNT_NAME.search(name)


def _shown(name: str, value: object) -> object:
    if _names_secret(name):
        return _HIDDEN
    if not isinstance(value, str):
        return value
    return _SECRET_TEXT.sub(rf"\1{_HIDDEN}", value)[:_MAX_VALUE_CHARS]


# ── metrics ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """What is counted, and the registry `/metrics` shows."""

    registry: CollectorRegistry
    events: Counter
    events_refused: Counter
    events_unfinished: Gauge
    answers: Counter
    first_words_seconds: Histogram
    answer_seconds: Histogram
    model_tokens: Counter
    verdicts: Counter
    channel_errors: Counter


def build_metrics() -> Metrics:
    """Fresh metrics on a registry of their own."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)

    def counter(name: str, says: str, *labels: str) -> Counter:
        return Counter(f"deskmate_{name}", says, labels, registry=registry)

    def seconds(name: str, says: str) -> Histogram:
        return Histogram(f"deskmate_{name}", says, buckets=_SECONDS, registry=registry)

    return Metrics(
        registry=registry,
        events=counter("events", "Events taken in", "platform", "kind"),
        events_refused=counter("events_refused", "Events sent back for want of room", "platform"),
        events_unfinished=Gauge(
            "deskmate_events_unfinished", "Events taken in but not done", registry=registry
        ),
        answers=counter("answers", "Answers given", "outcome", "language"),
        first_words_seconds=seconds("first_words_seconds", "Question to first draft or answer"),
        answer_seconds=seconds("answer_seconds", "Question to answer"),
        model_tokens=counter("model_tokens", "Tokens of the language model", "kind"),
        verdicts=counter("verdicts", "Verdicts given", "value"),
        channel_errors=counter(
            "channel_errors", "Cards a platform did not take", "platform", "error"
        ),
    )


class MeasuredAnswerer:
    """An `Answerer` whose answers are counted and timed."""

    def __init__(
        self, inner: Answerer, metrics: Metrics, *, clock_s: Callable[[], float] = monotonic
    ) -> None:
        self._inner = inner
        self._metrics = metrics
        self._clock_s = clock_s

    async def stream(self, question: Question) -> AsyncGenerator[Draft | Answer, None]:
        """The inner answerer's drafts and answer."""
        started_s = self._clock_s()
        quiet = True
        # Closing us must stop the model at once, not when the garbage collector comes by.
        async with aclosing(self._inner.stream(question)) as parts:
            async for part in parts:
                if quiet:
                    self._metrics.first_words_seconds.observe(self._clock_s() - started_s)
                    quiet = False
                if isinstance(part, Answer):
                    self._count(part, self._clock_s() - started_s)
                yield part

    async def passage(self, passage_id: str, *, audience: frozenset[str]) -> Passage | None:
        """The inner answerer's passage."""
        return await self._inner.passage(passage_id, audience=audience)

    def _count(self, answer: Answer, took_s: float) -> None:
        self._metrics.answers.labels(answer.outcome.value, answer.language).inc()
        self._metrics.answer_seconds.observe(took_s)
        self._metrics.model_tokens.labels("prompt").inc(answer.tokens.prompt)
        self._metrics.model_tokens.labels("completion").inc(answer.tokens.completion)
