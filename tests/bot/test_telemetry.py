from __future__ import annotations

import io
import json
import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog

from bot.telemetry import MeasuredAnswerer, build_metrics, configure_logging
from knowledge.model import Answer, Draft, Outcome, Passage, Question, Tokens


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Where log lines go; the process's own logging is put back afterwards."""
    root = logging.getLogger()
    handlers, level = tuple(root.handlers), root.level
    out = io.StringIO()
    yield out
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def last(out: io.StringIO) -> dict[str, object]:
    return dict(json.loads(out.getvalue().splitlines()[-1]))


def test_an_event_is_one_line_of_json_with_its_fields(lines: io.StringIO):
    configure_logging(level="info", as_json=True, stream=lines)

    logging.getLogger("bot.core").warning("draft_skipped", extra={"reason": "rate", "tries": 3})

    line = last(lines)
    assert line["event"] == "draft_skipped"
    assert (line["reason"], line["tries"]) == ("rate", 3)
    assert (line["level"], line["logger"]) == ("warning", "bot.core")
    assert str(line["timestamp"]).endswith("Z")


def test_structlog_and_the_standard_library_write_the_same_lines(lines: io.StringIO):
    configure_logging(level="info", as_json=True, stream=lines)

    structlog.get_logger("bot.app").info("started", port=8080)

    line = last(lines)
    assert (line["event"], line["port"], line["logger"]) == ("started", 8080, "bot.app")


def test_what_is_below_the_level_is_not_written(lines: io.StringIO):
    configure_logging(level="WARNING", as_json=True, stream=lines)

    logging.getLogger("x").info("quiet")
    structlog.get_logger("x").info("quiet")

    assert lines.getvalue() == ""


def test_configuring_twice_writes_each_line_once(lines: io.StringIO):
    configure_logging(level="info", as_json=True, stream=io.StringIO())
    configure_logging(level="info", as_json=True, stream=lines)

    logging.getLogger("x").info("once")

    assert len(lines.getvalue().splitlines()) == 1


@pytest.mark.parametrize(
    "extra",
    [
        {"bot_token": "s3cret"},
        {"signing_secret": "s3cret"},
        {"api_key": "s3cret"},
        {"Authorization": "s3cret"},
        {"reason": "401 for Bearer s3cret-and-more"},
        {"url": "https://x.example/?access_token=s3cret-value&b=1"},
        {"reason": "token xoxb-s3cret-1 is revoked"},
    ],
)
def test_secrets_are_hidden(lines: io.StringIO, extra: dict[str, str]):
    configure_logging(level="info", as_json=True, stream=lines)

    logging.getLogger("x").warning("refused", extra=extra)

    assert "s3cret" not in lines.getvalue()
    assert "***" in lines.getvalue()


def test_secrets_in_a_traceback_are_hidden(lines: io.StringIO):
    configure_logging(level="info", as_json=True, stream=lines)

    try:
        raise ValueError("no access with xoxb-s3cret-1")
    except ValueError:
        logging.getLogger("x").exception("failed")

    assert "ValueError" in str(last(lines)["exception"])
    assert "s3cret" not in lines.getvalue()


def test_a_count_of_tokens_is_no_secret(lines: io.StringIO):
    configure_logging(level="info", as_json=True, stream=lines)

    logging.getLogger("x").info("answered", extra={"prompt_tokens": 812, "max_tokens": 200})

    assert last(lines)["prompt_tokens"] == 812
    assert last(lines)["max_tokens"] == 200


def test_people_get_a_line_they_can_read(lines: io.StringIO):
    configure_logging(level="info", as_json=False, stream=lines)

    logging.getLogger("x").info("started", extra={"语言": "中文"})

    assert "started" in lines.getvalue()
    assert "中文" in lines.getvalue()
    assert "\x1b[" not in lines.getvalue()


# ── metrics ─────────────────────────────────────────────────────────────────────────────────────


class TwoDrafts:
    """An answerer that says the same every time, and whether it was stopped."""

    def __init__(self) -> None:
        self.closed = False

    async def stream(self, question: Question) -> AsyncIterator[Draft | Answer]:
        try:
            yield Draft(text="5")
            yield Draft(text="5 days")
            yield Answer(
                outcome=Outcome.GROUNDED,
                text="5 days",
                language=question.language,
                confidence=0.9,
                tokens=Tokens(prompt=100, completion=7),
            )
        finally:
            self.closed = True

    async def passage(self, passage_id: str, *, audience: frozenset[str]) -> Passage | None:
        return None


QUESTION = Question(text="How many days?", language="en")


async def test_answers_are_counted_and_timed():
    metrics = build_metrics()
    seconds = iter((10.0, 10.5, 12.0))
    answerer = MeasuredAnswerer(TwoDrafts(), metrics, clock_s=lambda: next(seconds))

    parts = [part async for part in answerer.stream(QUESTION)]

    def value(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(f"deskmate_{name}", labels)

    assert len(parts) == 3
    assert value("answers_total", outcome="grounded", language="en") == 1
    assert value("first_words_seconds_sum") == 0.5
    assert value("answer_seconds_sum") == 2.0
    assert value("model_tokens_total", kind="completion") == 7


async def test_stopping_the_answer_stops_the_one_inside():
    inner = TwoDrafts()
    stream = MeasuredAnswerer(inner, build_metrics()).stream(QUESTION)

    await anext(stream)
    await stream.aclose()

    assert inner.closed


async def test_passages_come_from_the_one_inside():
    answerer = MeasuredAnswerer(TwoDrafts(), build_metrics())

    assert await answerer.passage("p", audience=frozenset()) is None


def test_two_sets_of_metrics_do_not_share_a_registry():
    first, second = build_metrics(), build_metrics()

    first.events.labels("slack", "message").inc()

    name, labels = "deskmate_events_total", {"platform": "slack", "kind": "message"}
    assert first.registry.get_sample_value(name, labels) == 1
    assert second.registry.get_sample_value(name, labels) is None
