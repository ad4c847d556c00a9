"""One row of a question–answer file: what its columns are called and what they may say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, Literal, TypeAlias

from knowledge.model import EVERYONE, Citation
from knowledge.parsers.markup import one_line, visible
from knowledge.parsers.pairs import Pair, distinct

MAX_QUESTION_CHARACTERS = 500
MAX_WORDINGS = 100
_MAX_NAME_CHARACTERS = 200

Column: TypeAlias = Literal[
    "question", "answer", "wordings", "audience", "owner", "review", "sources"
]
Cells: TypeAlias = Mapping[Column, Sequence[object]]
"""What one row says, by column; a column may stand in a file several times."""

_HEADINGS: Final[Mapping[Column, str]] = {
    "question": "question questions q 问题 标准问 标准问题 标准问法 主问题 提问 问",
    "answer": "answer answers a response reply 答案 标准答案 回答 答复 回复 答",
    "wordings": "similar similarquestion similarquestions wording wordings variant variants "
    "paraphrase paraphrases alternativequestion alternativequestions otherwordings "
    "相似问 相似问法 相似问题 相似说法 扩展问 扩展问法 同义问 同义问法 其他问法",
    "audience": "audience audiences reader readers visibility visibleto "
    "可见范围 可见人群 可见对象 受众 读者",
    "owner": "owner owners 负责人 责任人 维护人 所有者",
    "review": "review reviewon reviewdate reviewby expires expiry validuntil "
    "复核日期 复审日期 复查日期 下次复核 下次复核日期 有效期 有效期至 到期日 到期日期",
    "sources": "sources citations",
}
_COLUMNS: Final[Mapping[str, Column]] = {
    heading: column for column, headings in _HEADINGS.items() for heading in headings.split()
}
ONLY_ONCE: Final[tuple[Column, ...]] = ("answer", "audience", "owner", "review")
_ALL_READERS: Final = frozenset({EVERYONE, "everybody", "all", "所有人", "全员", "全体员工"})

_SOURCE_TEXTS: Final = ("passage_id", "document_id", "title", "uri", "quote")
_ASIDE = re.compile(r"\(.*?\)|\[.*?\]|【.*?】")
_NO_LETTERS = re.compile(r"[\W_]+")
_COUNTED = re.compile(r"(?:\d+|[一二三四五六七八九十]+)$")
_BETWEEN_WORDINGS = re.compile(r"[\n;；|｜]")
_BETWEEN_NAMES = re.compile(r"[\n,，、;；|｜]")
_ITEM = re.compile(r"^(?:[-•*·]\s+|\d{1,2}(?:[.)](?!\d)|[、）])\s*)")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]00:00(?::00)?)?")


class Wrong(Exception):
    """A row that is no pair; whoever knows the line makes a `Fault` of it."""


def column_of(heading: str) -> Column | None:
    """What a column holds, by its heading in any case and with any remark; None where unknown.

    Columns of similar questions may be counted, as in 相似问2.
    """
    name = unicodedata.normalize("NFKC", heading).casefold()
    name = _NO_LETTERS.sub("", _ASIDE.sub("", name))
    if name in _COLUMNS:
        return _COLUMNS[name]
    counted = _COLUMNS.get(_COUNTED.sub("", name))
    return counted if counted == "wordings" else None


def pair_of(
    cells: Cells, *, path: str, line: int, audience: frozenset[str], longest_answer: int
) -> Pair:
    """The pair of one row.

    audience: its readers where the row does not say. longest_answer: in characters.

    Raises:
        Wrong: the row is no pair, and why.
    """
    questions = _texts(cells, "question")
    [text] = _texts(cells, "answer")[:1] or [""]
    if not questions or not text:
        missing = "answer" if questions else "question" if text else "question, no answer"
        raise Wrong(f"no {missing}")
    _refuse_longer(text, longest_answer, "answer")
    similar = _listed(cells, "wordings", _BETWEEN_WORDINGS)
    wordings = distinct((*questions[1:], *similar), besides=questions[0])
    for words in (questions[0], *wordings):
        _refuse_longer(words, MAX_QUESTION_CHARACTERS, "question")
    if len(wordings) > MAX_WORDINGS:
        raise Wrong(f"{len(wordings)} similar questions, the limit is {MAX_WORDINGS}")
    return Pair(
        path=path,
        line=line,
        question=questions[0],
        text=text,
        wordings=wordings,
        audience=_audience(cells) or audience,
        owner=_owner(cells),
        review_on=_review_date(cells),
        citations=_citations(cells),
    )


# ── columns ───────────────────────────────────────────────────────────────────────────────────────


def _texts(cells: Cells, column: Column) -> list[str]:
    """What stands in a column, without what is empty."""
    texts = [_text(value, column) for value in cells.get(column, ())]
    return [text for text in texts if text]


def _text(value: object, column: Column) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise Wrong(f"{column} must be text")
    return visible(value).strip()


def _listed(cells: Cells, column: Column, between: re.Pattern[str]) -> list[str]:
    """The members of a column: a list's stay as they are, a cell is taken apart."""
    members: list[str] = []
    for value in cells.get(column, ()):
        if isinstance(value, list):
            parts = [_text(part, column) for part in value]
        else:
            parts = [_ITEM.sub("", part.strip()) for part in between.split(_text(value, column))]
        members += filter(None, parts)
    return members


def _audience(cells: Cells) -> frozenset[str]:
    """Who may read it; empty where the row does not say."""
    names = _listed(cells, "audience", _BETWEEN_NAMES)
    if "audience" in cells and not names:
        raise Wrong("audience is empty: nobody could read this")
    for name in names:
        _refuse_longer(name, _MAX_NAME_CHARACTERS, "audience")
    return frozenset(EVERYONE if name.casefold() in _ALL_READERS else name for name in names)


def _owner(cells: Cells) -> str:
    [owner] = _texts(cells, "owner")[:1] or [""]
    _refuse_longer(owner, _MAX_NAME_CHARACTERS, "owner")
    return one_line(owner)


def _review_date(cells: Cells) -> date | None:
    [told] = _texts(cells, "review")[:1] or [""]
    if not told:
        return None
    found = _DATE.fullmatch(unicodedata.normalize("NFKC", told))
    try:
        return date(*map(int, found.groups())) if found else date.fromisoformat(told)
    except ValueError as error:
        raise Wrong(f"review date {told[:40]!r} is no date such as 2026-12-31") from error


def _citations(cells: Cells) -> tuple[Citation, ...]:
    sources = [one for value in cells.get("sources", ()) for one in _members(value)]
    return tuple(_citation(source, marker) for marker, source in enumerate(sources, start=1))


def _members(value: object) -> list[object]:
    if not isinstance(value, list):
        raise Wrong("sources must be a list")
    return value


def _citation(source: object, marker: int) -> Citation:
    if not isinstance(source, dict):
        raise Wrong("sources must be objects")
    told = {name: source.get(name, "") for name in _SOURCE_TEXTS}
    path, page = source.get("heading_path") or [], source.get("page")
    number = source.get("marker", marker)
    if not all(isinstance(one, str) for one in (*told.values(), *_members(path))):
        raise Wrong(f"sources: {', '.join(_SOURCE_TEXTS)} and heading_path hold text")
    if not isinstance(number, int) or not isinstance(page, int | None):
        raise Wrong("sources: marker and page are numbers")
    if not told["passage_id"] or not told["document_id"] or not told["quote"]:
        raise Wrong("sources: passage_id, document_id and quote are needed")
    return Citation(marker=number, heading_path=tuple(path), page=page, **told)


def _refuse_longer(text: str, limit: int, what: str) -> None:
    if len(text) > limit:
        raise Wrong(f"the {what} has {len(text):,} characters, the limit is {limit:,}")
