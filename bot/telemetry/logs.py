"""Logs: one line of JSON an event, without secrets and without what people wrote."""

from __future__ import annotations

import hashlib
import logging
import re
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Final, TextIO

import structlog

from bot.core.model import Conversation, Event
from bot.telemetry.tracebacks import without_words

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
_CHATTY: Final = (
    "aiohttp.access",
    "alembic",
    "asyncio",
    "httpcore",
    "httpx",
    "slack_sdk",
    "urllib3",
)


def configure_logging(*, level: str, as_json: bool, stream: TextIO) -> None:
    """Send every log line of the process to `stream`: ours, and those of libraries.

    Our code logs events by name, `log.warning("draft_skipped", extra={"reason": "rate"})`; the
    extras become fields. Fields that are named like secrets, and values that look like them, are
    hidden; errors that are not ours are shown without their words. Calling it again replaces what
    was there.
    """
    line = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_common_processors(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.ExceptionRenderer(without_words),
            _first_line_of_asyncio,
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
    for chatty in _CHATTY:
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


def event_context(event: Event) -> AbstractContextManager[None]:
    """Every line that is logged while an event is handled says which event it was."""
    return structlog.contextvars.bound_contextvars(
        event_id=event.keys[0],
        platform=event.conversation.platform,
        conversation=conversation_hash(event.conversation),
    )


def conversation_hash(place: Conversation) -> str:
    """The same word for the same conversation, and none that names it."""
    return hashlib.sha256(f"{place.platform}:{place.id}".encode()).hexdigest()[:12]


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


def _first_line_of_asyncio(
    _logger: structlog.typing.WrappedLogger, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """What follows shows futures with their results and errors, and these may hold any text."""
    if event.get("logger") == "asyncio" and isinstance(said := event.get("event"), str):
        event["event"] = said.partition("\n")[0]
    return event


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
