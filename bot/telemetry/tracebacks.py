"""Where something broke, without the words it broke on.

A library's error often quotes what it was given: `int()` repeats the text, a validator its input, a
database the row. So of errors that are not ours only the place and the class are shown, and the
words only where they come from Python itself and speak of code.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import Final

from structlog.typing import ExcInfo

from knowledge.errors import CorpusInvalid, DocumentUnreadable

_OURS: Final = ("bot.", "adapters.", "knowledge.")
_QUOTING: Final = (CorpusInvalid, DocumentUnreadable)
"""Ours, and yet they show the place in a document that nobody could read."""

_ABOUT_CODE: Final = (AttributeError, NameError, ImportError, OSError, NotImplementedError)
_MOST_LINKS: Final = 5
_MOST_FRAMES: Final = 40


def without_words(exc_info: ExcInfo) -> str:
    """A traceback as Python shows it, innermost error last, each without words of others."""
    return "\n\n".join(reversed([_shown(error) for error in _chain(exc_info[1])]))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(_MOST_LINKS):
        if error is None:
            return
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _shown(error: BaseException) -> str:
    frames = "".join(traceback.format_tb(error.__traceback__, limit=-_MOST_FRAMES))
    lines = [f"{frames}{_named(error)}"]
    if isinstance(error, BaseExceptionGroup):
        lines += [_shown(one) for one in error.exceptions[:_MOST_LINKS]]
    return "\n".join(lines)


def _named(error: BaseException) -> str:
    kind = type(error)
    name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    return f"{name}: {error}" if _may_speak(error) else name


def _may_speak(error: BaseException) -> bool:
    if isinstance(error, _QUOTING):
        return False
    return isinstance(error, _ABOUT_CODE) or type(error).__module__.startswith(_OURS)
