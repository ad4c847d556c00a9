"""JSON Lines: documents that somebody cut into passages already, one passage a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge.errors import CorpusInvalid
from knowledge.language import language_of
from knowledge.model import Document, Section
from knowledge.parsers.limits import MAX_TEXT_CHARACTERS
from knowledge.parsers.markup import visible
from knowledge.parsers.outline import readable_name
from knowledge.reading import MAX_CORPUS_BYTES

_MAX_NAME_CHARACTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    number: int
    document_id: str
    passage_id: str
    title: str
    heading_path: tuple[str, ...]
    text: str


def parse_jsonl(content: bytes, *, uri: str) -> tuple[Document, ...]:
    """Read `{"doc_id", "passage_id"?, "title"?, "heading_path"?, "text"}` lines.

    Lines of one doc_id make one document, in their order. Without a title, a heading that all of
    its lines share is the title.

    Raises:
        CorpusInvalid: the first line that breaks the format; nothing of the file is used.
    """
    if len(content) > MAX_CORPUS_BYTES:
        reason = f"too large: {len(content):,} bytes, the limit is {MAX_CORPUS_BYTES:,}"
        raise CorpusInvalid(uri, 1, reason)
    documents: dict[str, list[_Line]] = {}
    passages: set[str] = set()
    for line in _lines(content, uri=uri):
        if line.passage_id in passages:
            raise CorpusInvalid(uri, line.number, f"passage_id {line.passage_id!r} appears twice")
        passages |= {line.passage_id} - {""}
        documents.setdefault(line.document_id, []).append(line)
    if not documents:
        raise CorpusInvalid(uri, 1, "the file is empty")
    return tuple(_document(lines, uri=uri) for lines in documents.values())


def _lines(content: bytes, *, uri: str) -> Iterator[_Line]:
    for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if raw.strip():
            yield _line(raw, number, uri=uri)


def _line(raw: bytes, number: int, *, uri: str) -> _Line:
    try:
        entry = json.loads(raw)
    except UnicodeDecodeError as error:
        raise CorpusInvalid(uri, number, "not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise CorpusInvalid(uri, number, f"not JSON: {error}") from error
    if not isinstance(entry, dict):
        raise CorpusInvalid(uri, number, "not a JSON object")
    path = entry.get("heading_path") or []
    if not isinstance(path, list) or not all(isinstance(heading, str) for heading in path):
        raise CorpusInvalid(uri, number, "heading_path must be a list of texts")
    text = _text(entry, "text", number, uri=uri, longest=MAX_TEXT_CHARACTERS)
    document_id = _text(entry, "doc_id", number, uri=uri)
    if not text or not document_id:
        raise CorpusInvalid(uri, number, f"{'doc_id' if text else 'text'} is missing or empty")
    return _Line(
        number=number,
        document_id=document_id,
        passage_id=_text(entry, "passage_id", number, uri=uri),
        title=_text(entry, "title", number, uri=uri),
        heading_path=tuple(heading for entry in path if (heading := visible(entry).strip())),
        text=text,
    )


def _text(
    entry: dict[str, object],
    key: str,
    number: int,
    *,
    uri: str,
    longest: int = _MAX_NAME_CHARACTERS,
) -> str:
    value = entry.get(key)
    if isinstance(value, int) and not isinstance(value, bool) and key.endswith("_id"):
        value = str(value)  # ids are often numbers
    if value is None:
        return ""
    if not isinstance(value, str):
        raise CorpusInvalid(uri, number, f"{key} must be text")
    if len(value) > longest:
        reason = f"{key} has {len(value):,} characters, the limit is {longest:,}"
        raise CorpusInvalid(uri, number, reason)
    return visible(value).strip()


def _document(lines: Sequence[_Line], *, uri: str) -> Document:
    document_id = lines[0].document_id
    first = lines[0].heading_path[:1]
    shared = first if all(line.heading_path[:1] == first for line in lines) else ()
    title = next((line.title for line in lines if line.title), "")
    title = title or (shared[0] if shared else readable_name(document_id))
    return Document(
        id=document_id,
        title=title,
        uri=uri,
        language=language_of("\n".join([title, *(line.text for line in lines)])),
        sections=tuple(_section(line, title) for line in lines),
    )


def _section(line: _Line, title: str) -> Section:
    path = line.heading_path
    without_title = path[1:] if path[:1] == (title,) else path
    return Section(heading_path=without_title, text=line.text, passage_id=line.passage_id)
