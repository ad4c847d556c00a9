"""Log lines say what happened, and neither secrets nor what people wrote."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot.core.errors import ChannelRefused
from bot.core.model import Conversation
from bot.telemetry.logs import configure_logging, conversation_hash, event_context
from tests.fakes_core import message

WRITTEN = "my salary is 9000"


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


def test_an_error_of_a_library_is_shown_without_what_it_quotes(lines: io.StringIO):
    configure_logging(level="info", as_json=True, stream=lines)

    try:
        int(WRITTEN)
    except ValueError:
        logging.getLogger("x").exception("failed")

    shown = str(last(lines)["exception"])
    assert shown.endswith("\nValueError")
    assert "test_logs.py" in shown
    assert "salary" not in lines.getvalue()


def test_an_error_of_ours_and_one_of_the_system_say_what_happened(lines: io.StringIO):
    configure_logging(level="info", as_json=True, stream=lines)

    try:
        try:
            raise OSError(28, "No space left on device")
        except OSError as full:
            raise ChannelRefused("not_in_channel") from full
    except ChannelRefused:
        logging.getLogger("x").exception("failed")

    shown = str(last(lines)["exception"])
    assert "bot.core.errors.ChannelRefused: the platform refused: not_in_channel" in shown
    assert "No space left on device" in shown


def test_every_error_of_a_group_is_shown(lines: io.StringIO):
    configure_logging(level="info", as_json=True, stream=lines)

    try:
        raise ExceptionGroup("together", [ValueError(WRITTEN), KeyError(WRITTEN)])
    except ExceptionGroup:
        logging.getLogger("x").exception("failed")

    shown = str(last(lines)["exception"])
    assert "ValueError" in shown
    assert "KeyError" in shown
    assert "salary" not in shown


async def test_what_the_event_loop_tells_of_a_forgotten_task_keeps_its_words(lines: io.StringIO):
    configure_logging(level="info", as_json=True, stream=lines)

    asyncio.get_running_loop().call_exception_handler(
        {"message": "Task exception was never retrieved", "future": "ValueError('my salary')"}
    )

    assert last(lines)["event"] == "Task exception was never retrieved"
    assert "salary" not in lines.getvalue()


def test_while_an_event_is_handled_every_line_says_which(lines: io.StringIO):
    configure_logging(level="info", as_json=True, stream=lines)
    event = message("how many days?", conversation=Conversation(platform="fake", id="c1"))

    with event_context(event):
        logging.getLogger("x").info("inside")
    inside = last(lines)
    logging.getLogger("x").info("outside")

    assert inside["event_id"] == event.keys[0]
    assert inside["platform"] == "fake"
    assert inside["conversation"] == conversation_hash(event.conversation)
    assert "c1" not in str(inside["conversation"])
    assert "event_id" not in last(lines)
