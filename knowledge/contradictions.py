"""Two places that cannot both be right: the same sentence with another number, or with a "not".

Precision comes first: a list with false alarms is not read twice. So two statements are held
against each other only where nothing but that differs: the same words or some more on one side, the
same city, role and kind of leave, the same year and edition, the same conditions.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from knowledge.alike import RUN, Alike, alike, bare
from knowledge.clauses import read, terms
from knowledge.contrasts import facets
from knowledge.differences import Difference, differ
from knowledge.editions import editions
from knowledge.model import CuratedAnswer, Language, Passage
from knowledge.quantities import fold, quantities
from knowledge.statements import Statement, statements

_LEAST_ALIKE = 0.5
_LONGEST = 600
"""Characters; what is longer is code or a list without full stops."""

# What it points to stands elsewhere: 本法 of one law is not 本法 of another.
_POINTS = re.compile(
    r"本(?:法|办法|条例|规定|制度|条|款|章|细则|指引|手册|协议|政策)|前[款条项]|该[项条款类]|上述|下列"
    r"|此(?:项|类|时|外)|以[上下](?=情|规|条)|\b(?:this|these|those|the above|the following)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one of two places says. words: those that the other place has otherwise."""

    source: Passage | CuratedAnswer
    quote: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Two places of which only one can be right."""

    kind: Literal["amount", "negation"]
    one: Told
    other: Told


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A statement in its place.

    group: its document or curated answer.
    above: what stands over it, the title first. spelled: the statement without spaces, folded.
    """

    source: Passage | CuratedAnswer
    statement: Statement
    group: str
    title: str
    above: str
    spelled: str

    def told(self, words: str) -> Told:
        return Told(source=self.source, quote=self.statement.quote, words=words)


def contradictions(
    passages: Sequence[Passage], curated: Sequence[CuratedAnswer]
) -> tuple[Contradiction, ...]:
    """The pairs of statements of different documents or curated answers of which one is wrong."""
    found: list[Contradiction] = []
    for language in RUN:
        lines = [
            *_lines_of(passage for passage in passages if passage.language == language),
            *_lines_of_curated(answer for answer in curated if answer.language == language),
        ]
        found += _among(lines, language)
    return tuple(found)


def _lines_of(passages: Iterable[Passage]) -> Iterator[_Line]:
    for passage in passages:
        above = " ".join((passage.title, *passage.heading_path))
        yield from _lines(passage, passage.text, passage.document_id, passage.title, above)


def _lines_of_curated(answers: Iterable[CuratedAnswer]) -> Iterator[_Line]:
    for answer in answers:
        group = f"\n{answer.id}"  # no document's id has a line break
        yield from _lines(answer, answer.text, group, answer.question, answer.question)


def _lines(
    source: Passage | CuratedAnswer, text: str, group: str, title: str, above: str
) -> Iterator[_Line]:
    for statement in statements(text):
        if len(statement.text) <= _LONGEST:
            spelled = "".join(fold(statement.text).split())
            yield _Line(
                source=source,
                statement=statement,
                group=group,
                title=title,
                above=above,
                spelled=spelled,
            )


def _among(lines: Sequence[_Line], language: Language) -> Iterator[Contradiction]:
    read_once = cache(read)
    known = _known(lines)
    clashing: dict[tuple[int, int], Difference] = {}
    for pair in _alike(lines, language):
        one, other = lines[pair.one], lines[pair.other]
        if one.spelled in known[other.group] or other.spelled in known[one.group]:
            continue  # rows of the same table in two places
        mine, theirs = read_once(one.statement.text), read_once(other.statement.text)
        difference = differ(mine, theirs)
        if difference is not None and _same_subject(one, other, mine.terms & theirs.terms):
            clashing[pair.one, pair.other] = difference
    for (first, second), difference in _unambiguous(clashing, lines):
        yield Contradiction(
            kind=difference.kind,
            one=lines[first].told(difference.one),
            other=lines[second].told(difference.other),
        )


def _alike(lines: Sequence[_Line], language: Language) -> tuple[Alike, ...]:
    numbers: dict[str, int] = {}
    groups = [numbers.setdefault(line.group, len(numbers)) for line in lines]
    texts = [bare(line.statement.text) for line in lines]
    return alike(texts, groups, run=RUN[language], least=_LEAST_ALIKE)


# ── the same subject ──────────────────────────────────────────────────────────────────────────


def _known(lines: Sequence[_Line]) -> Mapping[str, set[str]]:
    """By group, everything it says."""
    known: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        known[line.group].add(line.spelled)
    return known


def _unambiguous(
    clashing: Mapping[tuple[int, int], Difference], lines: Sequence[_Line]
) -> Iterator[tuple[tuple[int, int], Difference]]:
    """Without the statements that clash with several of one document: they are a list's items."""
    against = Counter(
        end
        for first, second in clashing
        for end in ((first, lines[second].group), (second, lines[first].group))
    )
    for (first, second), difference in clashing.items():
        if against[first, lines[second].group] == against[second, lines[first].group] == 1:
            yield (first, second), difference


def _same_subject(one: _Line, other: _Line, said: frozenset[str]) -> bool:
    """Whether both places are about one thing, and for the same city, role, year and edition.

    said: the words that both statements share.
    """
    mine, theirs = _full(one), _full(other)
    if facets(mine) != facets(theirs) or editions(mine) != editions(theirs):
        return False
    if _POINTS.search(mine) or _POINTS.search(theirs):
        return _about(one.title) == _about(other.title)
    above, over = _about(one.above), _about(other.above)
    return bool(above & over or (above | over) & said)


def _full(line: _Line) -> str:
    return fold(f"{line.group}\n{line.above}\n{line.statement.about}\n{line.statement.text}")


def _about(heading: str) -> frozenset[str]:
    """The words of a heading, without the number of an article."""
    return terms(fold(heading), quantities(heading))
