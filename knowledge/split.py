"""A document, cut into passages that can be found, read and cited by themselves.

Sections are never joined: a passage has one heading path. Inside a section, whole blocks
(paragraph, list, table, fenced code) are packed until a passage is full. A block that is too large
alone is torn where it hurts least: a table between rows, with its header on every part; a list
between items, with the sentence that announces it; code between lines, fenced again; a paragraph
between sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from knowledge.boundaries import sentence_slices
from knowledge.model import Document, Passage, Section

PASSAGE_TOKENS = 140
"""How full a passage gets. Small enough to be about one thing, large enough to answer from."""

MAX_PASSAGE_TOKENS = 380
"""No passage is larger: with headings and prefix it must fit the 512 tokens e5 reads."""

MAX_GIVEN_TOKENS = 2000
"""Text that came as one passage stays one up to here; past it, most of it would not be embedded."""

_HEADING_CHARACTERS = 240
_LOOKED_AHEAD = 1_024  # characters
_REPEATED_SHARE = 3  # a header or lead-in is repeated only if it is under a third of a passage

_CJK = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
_WORD = re.compile(r"[^\W\d_\u2e80-\u9fff\uac00-\ud7af]+")
_SIGN = re.compile(r"[^\w\s]|[\d_]")

_FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})")
# What is passed over is not tried again in every other way: a line may be all blanks.
_DELIMITER_ROW = re.compile(r"^\s*+(?:\|\s*+)?:?-++:?\s*+(?:\|\s*+:?-++:?\s*+)*+\|?\s*+$")
_ITEM = re.compile(
    r"^(\s*)(?:[-*+•]\s+|\d{1,3}[.)]\s+|\d{1,3}、|[（(][一二三四五六七八九十百\d]{1,4}[）)])"
)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"]*\")?\)")
_CODED = re.compile(r"[\d_./\\-]")
_MARKS = re.compile(r"\*\*|`+|~~|^\|(?: --- \|)+\n", re.MULTILINE)
_GAP = re.compile(r"[ \t]{2,}")
_SOFT_CUT = re.compile(r"[，,、；;：:\s]")


def split(document: Document) -> tuple[Passage, ...]:
    """Cut a document into passages, in reading order.

    A section that names its own passage id stays whole under that id, unless it is longer than
    `MAX_GIVEN_TOKENS`; its further parts then are called `id~2`, `id~3` …. All others are
    numbered: `document#0`, `document#1` …. The same document always gives the same passages.
    """
    texts = chain.from_iterable(_parts(section) for section in document.sections)
    taken: set[str] = set()
    return tuple(
        Passage(
            id=_unique(given or _numbered(document.id, position), taken),
            document_id=document.id,
            title=document.title,
            uri=document.uri,
            language=document.language,
            text=text,
            heading_path=section.heading_path,
            page=section.page,
            position=position,
            audience=document.audience,
            owner=document.owner,
            review_on=document.review_on,
        )
        for position, (section, given, text) in enumerate(texts)
    )


def is_piece(passage: Passage) -> bool:
    """Whether a passage was cut here, and so is a piece of its section."""
    return passage.id == _numbered(passage.document_id, passage.position)


def indexed_text(passage: Passage) -> str:
    """What is embedded and indexed for a passage: its place in the document, then its plain text.

    Addresses behind links and Markdown's marks are left out: they take up to a third of what an
    embedder reads and mean nothing to it. A title that is only the document's id, such as
    `hr__leave`, says nothing to a reader where there are headings.
    """
    coded = passage.title == passage.document_id and _CODED.search(passage.title)
    named = not coded or not passage.heading_path
    headings = dict.fromkeys(
        heading
        for heading in (passage.title if named else "", *passage.heading_path)
        if heading.strip()
    )
    place = " > ".join(headings)
    if len(place) > _HEADING_CHARACTERS:
        place = place[-_HEADING_CHARACTERS:]  # the innermost headings say most
    text = _MARKS.sub("", _LINK.sub(r"\1", passage.text))
    return f"{place}\n{text}" if place else text


def count_tokens(text: str) -> int:
    """About how many tokens the multilingual embedders make of a text, rather too many than few."""
    letters = sum(1 + (len(word) - 1) // 5 for word in _WORD.findall(text))
    return round(len(_CJK.findall(text)) * 0.75) + letters + len(_SIGN.findall(text))


def _parts(section: Section) -> Iterator[tuple[Section, str, str]]:
    if section.passage_id and count_tokens(section.text) <= MAX_GIVEN_TOKENS:
        if section.text.strip():
            yield section, section.passage_id, section.text.strip()
        return
    for text in _pack(tuple(_blocks(section.text))):
        yield section, section.passage_id, text


def _numbered(document_id: str, position: int) -> str:
    return f"{document_id}#{position}"


def _unique(name: str, taken: set[str]) -> str:
    """The name itself, or with the first free number after it; `taken` remembers it."""
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}~{number}"
    taken.add(candidate)
    return candidate


# ── packing ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """A stretch of text that belongs together.

    head, tail: repeated around every part if the block must be torn.
    units: what lies between; tearing happens between units.
    """

    head: str = ""
    units: tuple[str, ...]
    tail: str = ""

    def text(self) -> str:
        return _around(self.head, "".join(self.units), self.tail)


def _pack(blocks: Sequence[_Block]) -> list[str]:
    """Fill passages with blocks in their order."""
    whole = "\n\n".join(block.text() for block in blocks)
    if count_tokens(whole) <= PASSAGE_TOKENS:
        return [whole] if whole else []
    passages: list[str] = []
    for text in chain.from_iterable(_torn(block) for block in blocks):
        joined = f"{passages[-1]}\n\n{text}" if passages else ""
        if joined and count_tokens(joined) <= PASSAGE_TOKENS:
            passages[-1] = joined
        else:
            passages.append(text)
    return _without_crumbs(passages)


def _without_crumbs(passages: list[str]) -> list[str]:
    """Give a last passage of a few words to the one before it, where there is room."""
    if len(passages) < 2 or count_tokens(passages[-1]) > PASSAGE_TOKENS // 4:
        return passages
    joined = f"{passages[-2]}\n\n{passages[-1]}"
    if count_tokens(joined) > MAX_PASSAGE_TOKENS:
        return passages
    return [*passages[:-2], joined]


def _torn(block: _Block) -> Iterator[str]:
    """A block in parts of at most a full passage; one part if it fits."""
    whole = block.text()
    if count_tokens(whole) <= PASSAGE_TOKENS:
        yield whole
        return
    head, tail, units = block.head, block.tail, block.units
    repeated = count_tokens(head) + count_tokens(tail)
    if repeated * _REPEATED_SHARE > PASSAGE_TOKENS:
        head, tail, units, repeated = "", "", (f"{head}\n", *units, tail), 0
    room = PASSAGE_TOKENS - repeated
    part = ""
    for unit in chain.from_iterable(_cut(unit, room) for unit in units):
        if part.strip() and count_tokens(part + unit) > room:
            yield _around(head, part, tail)
            part = ""
        part += unit
    if part.strip():
        yield _around(head, part, tail)


def _around(head: str, body: str, tail: str) -> str:
    return "\n".join(piece for piece in (head, body.strip("\n").rstrip(), tail) if piece.strip())


def _cut(text: str, room: int) -> Iterator[str]:
    """A unit in slices of at most `room` tokens: between sentences, else clauses, else anywhere."""
    for sentence in (text,) if count_tokens(text) <= room else sentence_slices(text):
        start = 0
        while (end := _reach(sentence, start, room)) < len(sentence):
            at = _behind_a_clause(sentence, start, end)
            yield sentence[start:at]
            start = at
        yield sentence[start:]


def _reach(text: str, start: int, room: int) -> int:
    """Where the longest stretch of at most `room` tokens ends that begins there.

    It is looked for near the start first: a single line may be as long as a book.
    """
    ahead = _LOOKED_AHEAD
    while start + ahead < len(text) and count_tokens(text[start : start + ahead]) <= room:
        ahead *= 2
    low, high = start + 1, min(start + ahead, len(text))
    while low < high:
        middle = (low + high + 1) // 2
        fits = count_tokens(text[start:middle]) <= room
        low, high = (middle, high) if fits else (low, middle - 1)
    return low


def _behind_a_clause(text: str, start: int, end: int) -> int:
    """The end itself, or behind the last clause of the stretch's second half."""
    soft = [match.end() for match in _SOFT_CUT.finditer(text, (start + end) // 2, end)]
    return soft[-1] if soft else end


# ── reading blocks ────────────────────────────────────────────────────────────────────────────


def _blocks(text: str) -> Iterator[_Block]:
    """The blocks of a section; a line that announces a list or table becomes its head."""
    lead = ""
    for kind, lines in _stretches(text.splitlines()):
        if kind == "paragraph":
            if lead:
                yield _paragraph(lead)
            lead = "\n".join(lines)
            if not lead.rstrip(" *_").endswith((":", "：")):
                yield _paragraph(lead)
                lead = ""
            continue
        yield _BUILDERS[kind](lead, lines)
        lead = ""
    if lead:
        yield _paragraph(lead)


def _stretches(lines: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Neighbouring lines of one kind: paragraph, list, table or code."""
    at = 0
    while at < len(lines):
        kind = _kind(lines, at)
        end = _ENDS[kind](lines, at)
        if kind != "blank":
            yield kind, list(lines[at:end])
        at = end


def _kind(lines: Sequence[str], at: int) -> str:
    if not lines[at].strip():
        return "blank"
    if _FENCE.match(lines[at]):
        return "code"
    if "|" in lines[at] and at + 1 < len(lines) and _is_delimiter_row(lines[at + 1]):
        return "table"
    return "list" if _ITEM.match(lines[at]) else "paragraph"


def _is_delimiter_row(line: str) -> bool:
    return "|" in line and _DELIMITER_ROW.match(line) is not None


def _end_of_blank(_lines: Sequence[str], at: int) -> int:
    return at + 1


def _end_of_code(lines: Sequence[str], at: int) -> int:
    opening = _FENCE.match(lines[at])
    mark = opening.group(1) if opening else "```"
    for end in range(at + 1, len(lines)):
        closing = lines[end].strip()
        if closing.startswith(mark) and not closing.strip(mark[0]):
            return end + 1
    return len(lines)


def _end_of_table(lines: Sequence[str], at: int) -> int:
    end = at + 2
    while end < len(lines) and "|" in lines[end]:
        end += 1
    return end


def _end_of_list(lines: Sequence[str], at: int) -> int:
    """A list goes on over blank lines as long as an item or an indented line follows."""
    end = at + 1
    while end < len(lines):
        line = lines[end]
        after_blank = not lines[end - 1].strip()
        belongs = not line.strip() or _ITEM.match(line) or line[0] in " \t"
        if not belongs and (after_blank or _kind(lines, end) in ("code", "table")):
            break
        end += 1
    return end


def _end_of_paragraph(lines: Sequence[str], at: int) -> int:
    end = at + 1
    while end < len(lines) and _kind(lines, end) == "paragraph":
        end += 1
    return end


_ENDS = {
    "blank": _end_of_blank,
    "code": _end_of_code,
    "table": _end_of_table,
    "list": _end_of_list,
    "paragraph": _end_of_paragraph,
}


def _paragraph(text: str) -> _Block:
    return _Block(units=tuple(sentence_slices(text)))


def _list(lead: str, lines: Sequence[str]) -> _Block:
    outermost = min(len(match.group(1)) for match in map(_ITEM.match, lines) if match)
    items: list[str] = []
    for line in lines:
        match = _ITEM.match(line)
        if not items or (match and len(match.group(1)) == outermost):
            items.append("")
        items[-1] += f"{line}\n"
    return _Block(head=lead, units=tuple(items))


def _table(lead: str, lines: Sequence[str]) -> _Block:
    """Columns padded for the eye are narrowed: the blanks would fill whole passages."""
    rows = [_GAP.sub(" ", row).strip() for row in lines]
    columns = max(1, rows[1].strip("|").count("|") + 1)
    head = "\n".join(filter(None, (lead, rows[0], f"|{' --- |' * columns}")))
    return _Block(head=head, units=tuple(f"{row}\n" for row in rows[2:]))


def _code(lead: str, lines: Sequence[str]) -> _Block:
    closed = len(lines) > 1 and _FENCE.match(lines[-1]) is not None
    body = lines[1:-1] if closed else lines[1:]
    mark = lines[0].strip()[:3]
    head = "\n".join(filter(None, (lead, lines[0].strip())))
    return _Block(head=head, units=tuple(f"{line}\n" for line in body), tail=mark)


_BUILDERS = {"list": _list, "table": _table, "code": _code}
