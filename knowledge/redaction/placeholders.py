"""Placeholders of one request: what stands for a value outside, and how the value comes back.

`[PHONE_K7Q4]`: the kind, so that a model can make a sentence of it, and a code drawn for this value
and this request. Nobody can guess a code, so what a model or an asker makes up stays what it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from secrets import choice

from knowledge.redaction.folding import fold
from knowledge.redaction.kinds import Kind

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_CODE_LETTERS = _LETTERS + "23456789"
_CODE_LENGTH = 4
_NUMBERS = frozenset({Kind.ID, Kind.PHONE, Kind.CARD, Kind.NUMBER})
_ANY_CASE = frozenset({Kind.NAME, Kind.EMAIL, Kind.PLATE, Kind.ADDRESS})
_OPEN, _CLOSE = r"\\?[\[［【<〔]", r"\\?[\]］】>〕]"
# Markdown's escapes go with a placeholder; a backslash that only stands before it stays.
_ESCAPED_OPEN = r"(?:\\(?=[^\]］】>〕\n]{0,40}\\))?[\[［【<〔]"
_BETWEEN = r"[\s\\_:：—-]{0,4}"
_BEGUN = re.compile(
    rf"{_OPEN}\s?\\?[A-Za-z\u4e00-\u9fff]{{0,12}}{_BETWEEN}[A-Za-z0-9]{{0,{_CODE_LENGTH}}}\s?\\?\Z"
)
_BEGUN_BARE = re.compile(
    rf"(?<![A-Za-z0-9])([A-Za-z]{{1,8}})({_BETWEEN}[A-Za-z0-9]{{0,{_CODE_LENGTH}}})\Z"
)
_LONGEST_BEGUN = 32


def draw_code() -> str:
    """A code that nobody can guess: one letter and three letters or digits."""
    return choice(_LETTERS) + "".join(choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH - 1))


class Placeholders:
    """What was replaced in one request.

    said: everything that is asked; no code occurs in it, so nothing in it is ever replaced back.
    """

    def __init__(self, said: str, *, draw: Callable[[], str] = draw_code) -> None:
        self._said = said.upper()
        self._draw = draw
        self._codes: dict[tuple[Kind, str], str] = {}
        self._values: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None

    @property
    def counts(self) -> Mapping[Kind, int]:
        """How many different values of each kind were replaced."""
        return Counter(kind for kind, _ in self._codes)

    def stand_in(self, kind: Kind, value: str) -> str:
        """What leaves in place of a value; the same however the value is written."""
        key = kind, _same(kind, value)
        if key not in self._codes:
            code = self._fresh()
            self._codes[key], self._values[code] = code, value
            self._pattern = None
        return f"[{kind.upper()}_{self._codes[key]}]"

    def restored(self, text: str, *, whole: bool) -> str:
        """The text with the values in it, as they were written first.

        whole: nothing follows; else what may be the beginning of a placeholder is left out.
        """
        if not self._values:
            return text
        if not whole:
            text = text[: self._begun(text)]
        return self._placeholder().sub(self._value, text)

    def _fresh(self) -> str:
        while True:
            code = self._draw()
            if code not in self._values and code not in self._said:
                return code

    def _value(self, found: re.Match[str]) -> str:
        return self._values[(found["in_brackets"] or found["bare"]).upper()]

    def _placeholder(self) -> re.Pattern[str]:
        """Any of this request's, in any case and with spaces, in brackets or after its kind."""
        if self._pattern is None:
            codes, kinds = "|".join(self._values), "|".join(self._kinds())
            self._pattern = re.compile(
                rf"{_ESCAPED_OPEN}\s?\\?[A-Za-z\u4e00-\u9fff]{{0,12}}{_BETWEEN}(?P<in_brackets>"
                rf"{codes})\s"
                rf"?{_CLOSE}"
                rf"|(?<![A-Za-z0-9])(?:{kinds})[\s\\_:：—-]{{1,4}}(?P<bare>{codes})(?![A-Za-z0-9])",
                re.IGNORECASE,
            )
        return self._pattern

    def _begun(self, text: str) -> int:
        """Where a placeholder begins that the text may have in part."""
        tail = max(0, len(text) - _LONGEST_BEGUN)
        if found := _BEGUN.search(text, tail):
            return found.start()
        found = _BEGUN_BARE.search(text, tail)
        if found and any(self._may_be(found, kind) for kind in self._kinds()):
            return found.start()
        return len(text)

    def _may_be(self, found: re.Match[str], kind: str) -> bool:
        word = found[1].upper()
        return word == kind if found[2] else kind.startswith(word)

    def _kinds(self) -> set[str]:
        return {kind.upper() for kind, _ in self._codes}


def _same(kind: Kind, value: str) -> str:
    """A value in the form in which two spellings of it are equal."""
    folded = fold(value).text
    if kind in _NUMBERS:
        digits = re.sub(r"[^0-9A-Z]", "", folded.upper())
        return re.sub(r"^(?:00)?86(?=1\d{10}$)", "", digits) if kind is Kind.PHONE else digits
    if kind in _ANY_CASE:
        return (
            re.sub(r"[\s·.•_-]", "", folded).casefold()
            if kind is not Kind.EMAIL
            else folded.casefold()
        )
    return folded
