"""Labelled questions, read from JSON Lines."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.errors import CorpusInvalid
from knowledge.model import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A question, or a line of a group chat, with what people know about it.

    text: the question; in mode engage the message.
    answers: gold answers; any one of them is right.
    answerable: the corpus holds the answer.
    self_contained: it can be understood without the page it was taken from.
    context: the messages before it, oldest first.
    engage: a helpful colleague would answer this message; None where nobody can tell.
    group: what questions that mean the same have in common; empty where nobody said.
    """

    id: str
    text: str
    language: Language = "en"
    gold_document_ids: frozenset[str] = frozenset()
    gold_passage_ids: frozenset[str] = frozenset()
    answers: tuple[str, ...] = ()
    answerable: bool = True
    self_contained: bool = True
    context: tuple[str, ...] = ()
    engage: bool | None = None
    group: str = ""


def load_questions(path: Path, *, self_contained_only: bool = False) -> tuple[Labelled, ...]:
    """A labelled set from JSON Lines, in its order; fields we do not know are ignored.

    self_contained_only: leave out questions that nobody could understand without their page.

    Raises:
        CorpusInvalid: a line that is no JSON object, or lacks or mistypes a field.
        OSError: the file cannot be read.
    """
    labelled: list[Labelled] = []
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                labelled.append(_labelled(line, path=str(path), number=number))
    return tuple(one for one in labelled if one.self_contained or not self_contained_only)


def _labelled(line: str, *, path: str, number: int) -> Labelled:
    try:
        fields = json.loads(line)
        _require(isinstance(fields, dict), "not a JSON object")
        return _from_fields(fields)
    except ValueError as error:
        raise CorpusInvalid(path, number, str(error)) from error


def _from_fields(fields: Mapping[str, Any]) -> Labelled:
    text = fields.get("question", fields.get("message"))
    language = fields.get("language", "en")
    # An empty question stays: real sets have some, and it must be refused like any other.
    _require(isinstance(text, str), "neither a question nor a message")
    _require(isinstance(fields.get("id"), str | int), "no id")
    _require(language in ("zh", "en"), f"language {language!r} is neither zh nor en")
    return Labelled(
        id=str(fields["id"]),
        text=text,
        language=language,
        gold_document_ids=frozenset(_strings(fields, "gold_doc_ids")),
        gold_passage_ids=frozenset(_strings(fields, "gold_passage_ids")),
        answers=_strings(fields, "answers"),
        answerable=_flag(fields, "answerable", default=True) is True,
        self_contained=_flag(fields, "self_contained", default=True) is True,
        context=_strings(fields, "context"),
        engage=_flag(fields, "engage", default=None),
        group=_string(fields.get("group") or "", "group"),
    )


def _strings(fields: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A list of texts, or of lists of ways to say the same; what is empty (NaN) is dropped."""
    values = fields.get(name) or []
    _require(isinstance(values, list), f"{name} is not a list")
    flat = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return tuple(text for value in flat if (text := _string(value, name)))


def _string(value: object, name: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "" if math.isnan(value) else str(value)
    if isinstance(value, dict) and isinstance(value.get("message"), str):
        sender = value.get("sender")
        return f"{sender}: {value['message']}" if isinstance(sender, str) else value["message"]
    raise ValueError(f"{name} holds something that is no text: {value!r}")


def _flag(fields: Mapping[str, Any], name: str, *, default: bool | None) -> bool | None:
    value = fields.get(name, default)
    if value is None or isinstance(value, bool):
        return value
    raise ValueError(f"{name} is neither true nor false")


def _require(fulfilled: bool, reason: str) -> None:
    if not fulfilled:
        raise ValueError(reason)
