"""Markdown in pieces that each stand alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from adapters.dialect.atoms import (
    NEW_PART_OF_BLOCK,
    NEW_SENTENCE,
    WITHIN_SENTENCE,
    Atom,
    Frame,
    atoms,
    code_is_closed,
    indent_of,
)
from adapters.dialect.characters import Fits, cut, most, with_line_feeds
from adapters.dialect.inline import parts, sentences

_FENCE: Final = re.compile("```|~~~")
_QUOTE: Final = re.compile(r"(?: {0,3}>){1,4} ?")


def split(text: str, fits: Fits) -> tuple[str, ...]:
    """Markdown in pieces that each fit, as few as is readable; the text itself where it fits.

    Code that is cut is closed and opened again, a table repeats its header, lists keep their
    numbers; code that was never closed is. Cut between blocks rather than in them, between
    sentences rather than words, in a link or in code only where that alone does not fit, never
    inside a character. Pieces that would show nothing are left out.
    """
    text = with_line_feeds(text)
    whole = _whole(text, fits)
    return tuple(_pieces(text, fits)) if whole is None else (whole,)


def shorten(text: str, fits: Fits, notice: str) -> str:
    """The beginning of Markdown that fits with a notice under it; all of it where all fits."""
    text = with_line_feeds(text)
    whole = _whole(text, fits)
    if whole is not None:
        return whole
    # Nothing past this can be in the first piece, so it need not be read.
    length = most(lambda length: fits(text[:length]), high=len(text), guess=4_096)
    beginning = text[: 2 * length + 1]
    piece = next(_pieces(beginning, lambda piece: fits(f"{piece}\n\n{notice}")), "")
    shortened = f"{piece}\n\n{notice}" if piece else notice
    return shortened if fits(shortened) else cut(notice, fits)


def _whole(text: str, fits: Fits) -> str | None:
    if not fits(text):
        return None
    if not _FENCE.search(text) or code_is_closed(text):
        return text
    closed = _join(atoms(text))
    return closed if fits(closed) else None


def _pieces(text: str, fits: Fits) -> Iterator[str]:
    row = list(_with_small_frames(atoms(text), fits))
    start, count = 0, 16
    while start < len(row):
        if _is_blank(row[start]):
            start += 1
            continue
        count = _how_many(row, start, fits, guess=count)
        end = start + count
        if end < len(row) and (broken := _broken(row[end], fits)):
            row[end : end + 1] = broken
            continue
        end = _best_end(row, start, max(end, start + 1), fits)
        yield from _as_fits(row[start:end], fits)
        start = end


def _how_many(row: Sequence[Atom], start: int, fits: Fits, *, guess: int) -> int:
    return most(
        lambda count: fits(_join(row[start : start + count])),
        high=len(row) - start,
        guess=guess,
    )


def _best_end(row: Sequence[Atom], start: int, end: int, fits: Fits) -> int:
    """The best place to cut in the last half of what would fit."""
    if end == len(row):
        return end
    left = sum(len(atom.text) for atom in row[start:end]) // 2
    best = place = end
    while place > start + 1 and left > 0:
        place -= 1
        left -= len(row[place].text)
        if row[place].cost < row[best].cost:
            best = place
    return best if best == end or fits(_join(row[start:best])) else end


def _as_fits(row: Sequence[Atom], fits: Fits) -> Iterator[str]:
    if not any(atom.text.strip() or atom.opens for atom in row):
        return
    piece = _join(row)
    if fits(piece):
        yield piece
        return
    yield from (part.strip() for part in parts(piece, fits) if part.strip())


def _broken(atom: Atom, fits: Fits) -> list[Atom]:
    """A line no piece has room for, as sentences or else as parts; nothing where one has."""

    def later(text: str) -> Atom:
        return replace(
            atom, text=text, opens=False, starts=False, cost=WITHIN_SENTENCE, margin=margin
        )

    def fits_anywhere(text: str) -> bool:
        return fits(_join([replace(atom, text=text)])) and fits(_join([later(text)]))

    if fits(_join([atom])):
        return []
    line = atom.text.rstrip("\n")
    line_end = atom.text[len(line) :]
    margin = quote[0] if atom.starts and (quote := _QUOTE.match(line)) else atom.margin
    texts = sentences(line) if atom.cost != WITHIN_SENTENCE and atom.frame is None else ()
    cost = NEW_SENTENCE
    if len(texts) < 2:
        texts = tuple(parts(line, fits_anywhere))
        cost = WITHIN_SENTENCE
    if len(texts) < 2:
        return []
    first, *others, last = texts
    return [
        replace(atom, text=first),
        *(replace(later(text), cost=cost) for text in others),
        replace(later(f"{last}{line_end}"), cost=cost),
    ]


def _with_small_frames(row: Sequence[Atom], fits: Fits) -> Iterator[Atom]:
    """A frame that leaves little room for what it frames becomes lines like any other."""
    for _, group in groupby(row, key=lambda atom: id(atom.frame)):
        framed = list(group)
        frame = framed[0].frame
        if frame is None or fits("\n".join((frame.reopening, frame.reopening, frame.closing))):
            yield from framed
            continue
        lines = frame.opening.split("\n")
        yield from (replace(framed[0], text=f"{line}\n", frame=None) for line in lines)
        yield from (replace(atom, frame=None) for atom in framed)
        if frame.closing:
            yield replace(framed[-1], text=f"{frame.closing}\n", frame=None)


def _join(row: Sequence[Atom]) -> str:
    """Atoms as Markdown that stands alone: in their frames, and without the list around them."""
    block, indent = row[0].block, _indent(row[0])
    out: list[str] = []
    frame: Frame | None = None
    closing = ""
    # The rest of a paragraph must not swallow the list item under it.
    torn = row[0].cost > NEW_PART_OF_BLOCK and row[0].frame is None
    for atom in row:
        if torn and atom.cost <= NEW_PART_OF_BLOCK:
            out.append("\n")
            torn = False
        if indent and _is_outside(atom, block, indent):
            indent = 0
        if atom.frame is not frame:
            _end_frame(out, closing)
            frame, closing = atom.frame, ""
            if frame is not None:
                opening = frame.opening if atom.opens else frame.reopening
                out.extend(f"{_outdented(line, indent)}\n" for line in opening.split("\n"))
                closing = _outdented(frame.closing, indent)
        if atom.margin and (not out or out[-1].endswith("\n")):
            out.append(atom.margin)
        out.append(_outdented(atom.text, indent) if atom.starts else atom.text)
    _end_frame(out, closing)
    text = "".join(out).lstrip("\n").rstrip()
    return text if row[0].starts or row[0].frame else text.lstrip()


def _end_frame(out: list[str], closing: str) -> None:
    if closing:
        out.append(f"{closing}\n" if out[-1].endswith("\n") else f"\n{closing}\n")


def _is_outside(atom: Atom, block: int, indent: int) -> bool:
    """Whether the list item is over that the piece began in."""
    if atom.block != block:
        return not _is_blank(atom)
    line = atom.frame.opening if atom.frame and atom.opens else atom.text
    return atom.starts and line.strip() != "" and indent_of(line) < indent


def _indent(first: Atom) -> int:
    if first.frame is not None and first.opens:
        return indent_of(first.frame.opening)
    return first.indent


def _outdented(line: str, indent: int) -> str:
    return line[min(indent, indent_of(line)) :] if indent else line


def _is_blank(atom: Atom) -> bool:
    return atom.frame is None and not atom.text.strip()
