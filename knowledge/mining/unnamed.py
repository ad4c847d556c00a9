"""Texts without the names of those who wrote and are addressed in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from knowledge.boundaries import sentence_slices
from knowledge.language import HAN

_MENTION = r"(?<![\w.+-])@[\w.\-·]+"
_HAN_NAME = re.compile(f"[{HAN}]{{2,4}}")
_TITLES = "总|哥|姐|老师|经理|工|主任|同学|博士|部长|院长"
_GREETING = r"(?:hi|hello|hey|thanks|thank you|thx|dear|cheers|谢谢|感谢|多谢|你好|您好|嗨)"
_PUNCTUATION = r"[\s,，、:：;；!！—–-]"
_COMMA = r"\s*[,，、:：;；!！—–-]\s*"
_NO_FAMILY = frozenset("时孩")
"""小时 is an hour, 小孩 a child."""


def without_names(text: str, names: Iterable[str]) -> str:
    """The text without these people and without mentions; empty where nothing else is left.

    Who is only addressed is left out. A sentence that says something about somebody goes as a
    whole: nothing else can be told from it without saying of whom.
    """
    somebody = _somebody(names)
    address = re.compile(
        rf"^(?:\s*(?:{_MENTION}(?:{_PUNCTUATION}+|$)|{_GREETING}{_PUNCTUATION}*(?:{somebody})"
        rf"(?:{_PUNCTUATION}+|(?=[.。]|$))|(?:{somebody})(?:{_COMMA}|\s*$)))+"
        rf"|(?:{_COMMA}(?:{_GREETING}{_PUNCTUATION}*)?|\s+{_GREETING}{_PUNCTUATION}*)(?:{somebody})"
        r"(?=\s*[.!?。！？]*\s*$)",
        re.IGNORECASE,
    )
    naming = re.compile(somebody, re.IGNORECASE)
    kept = (_unaddressed(one, address) for one in _pieces(text))
    left = "".join(one for one in kept if not naming.search(one))
    return left.strip() if re.search(r"\w", left) else ""


def names_anybody(text: str, names: Iterable[str]) -> bool:
    """Whether a text holds one of these names, or a mention."""
    return re.search(_somebody(names), text, re.IGNORECASE) is not None


def _pieces(text: str) -> Iterator[str]:
    """Sentences, and the lines inside them: chats end many a line without a full stop."""
    for piece in sentence_slices(text):
        yield from piece.splitlines(keepends=True)


def _unaddressed(piece: str, address: re.Pattern[str]) -> str:
    bare = address.sub("", piece)
    if bare == piece:
        return piece
    end = piece[len(piece.rstrip()) :]
    bare = bare.strip()
    return f"{bare[:1].upper()}{bare[1:]}{end}" if bare else ""


def _somebody(names: Iterable[str]) -> str:
    """A pattern of all ways to name these people; mentions name somebody too."""
    ways = sorted({way for name in names for way in _ways(name)}, key=lambda way: (-len(way), way))
    return "|".join((_MENTION, *ways))


def _ways(name: str) -> Iterator[str]:
    name = " ".join(name.split())
    for part in {name, *re.split(r"[\s._()（）/|,，·-]+", name)}:
        if _HAN_NAME.fullmatch(part):
            yield from _han_ways(part)
        elif len(part) > 1 and re.search(r"[^\W\d_]", part):
            # Written as it is: May and Will are names, may and will are not.
            for way in {part, part.capitalize() if part.islower() else part}:
                yield rf"(?<!\w)(?-i:{re.escape(way)})(?!\w)"


def _han_ways(name: str) -> Iterator[str]:
    yield re.escape(name)
    family, given = name[0], name[1:]
    if len(given) > 1:
        yield re.escape(given)
    yield rf"{re.escape(family)}(?:{_TITLES})"
    if family not in _NO_FAMILY:
        yield rf"[小老阿]{re.escape(family)}"
