"""Questions of the labelled sets in other words, and others that only look the same."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.labelled import load_questions
from knowledge.language import language_of
from tests.benchmarks.altering import alterations
from tests.benchmarks.labelled_sets import DEV, RESTRICTED

GROUPS = Path(__file__).with_name("same_questions.jsonl")
"""Other wordings of questions of the sets, and questions that only look the same.

of: ids of questions that mean the same; same: more of them; near: others that look alike.
"""

_QA: Mapping[str, tuple[tuple[Path, str], ...]] = {
    "sample handbook": ((Path("tests/content/questions.jsonl"), ""),),
    "zh_it_campus": ((DEV / "qa/zh_it_campus.jsonl", ""),),
    "zh_hr_law": ((DEV / "qa/refusal_zh_hr.jsonl", ""),),
    "en_sourcegraph_hr": ((DEV / "qa/en_sourcegraph_hr.jsonl", ""),),
    "en_tts_handbook": (
        (DEV / "qa/en_tts_handbook.jsonl", ""),
        (DEV / "qa/refusal_en_handbooks.jsonl", "tts_handbook"),
    ),
    "en_stackfaq": ((RESTRICTED / "qa/en_stackfaq.jsonl", ""),),
}
"""The question sets of each corpus; of a set only those whose id has the word in it."""

_CHANGED = ("number", "percent", "date", "unit", "name")
"""No negation: "can I" and "can I not" have one answer, and "how cannot I" is no question."""

_POLITE = {
    "zh": ("请问{}", "你好，{}", "{}谢谢", "麻烦问下，{}"),
    "en": ("Hi, {}", "{} thanks", "Excuse me, {}", "Hello! {}"),
}
_SEED = 20261123


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Questions with what is known about them.

    groups: places of questions that mean the same; a question of no group is alone in one.
    near: places of questions that look like those of a group, by the group's place.
    polite: place of a group's first question said politely, by the group's place.
    """

    name: str
    texts: tuple[str, ...]
    groups: tuple[tuple[int, ...], ...]
    near: tuple[tuple[int, ...], ...]
    polite: tuple[int, ...]


def corpora() -> Iterator[Corpus]:
    """The corpora that are here."""
    written = [json.loads(line) for line in GROUPS.read_text(encoding="utf-8").splitlines()]
    for name, sets in _QA.items():
        if all(path.exists() for path, _ in sets):
            yield _corpus(name, sets, [one for one in written if one["set"] == name])


def _corpus(
    name: str, sets: Sequence[tuple[Path, str]], written: Sequence[Mapping[str, list[str]]]
) -> Corpus:
    asked = [one for path, ids in sets for one in load_questions(path) if ids in one.id]
    by_id = {one.id: one.text for one in asked}
    labelled: dict[str, list[str]] = {}
    for one in asked:
        labelled.setdefault(one.group or one.id, []).append(one.text)
    places: dict[str, int] = {}
    groups: list[list[int]] = []
    near: list[list[int]] = []
    for one in written:
        own = [*(by_id[at] for at in one["of"]), *one["same"]]
        groups.append([places.setdefault(text, len(places)) for text in dict.fromkeys(own)])
        near.append([places.setdefault(text, len(places)) for text in one["near"]])
    for texts in labelled.values():
        fresh = [text for text in dict.fromkeys(texts) if text not in places]
        if fresh:
            groups.append([places.setdefault(text, len(places)) for text in fresh])
            near.append([])
    rng = random.Random(f"{_SEED} {name}")
    texts = list(places)
    polite: list[int] = []
    for group, own in zip(groups, near, strict=True):
        said = texts[group[0]]
        made = [*_altered(said, rng), rng.choice(_POLITE[language_of(said)]).format(said)]
        own.extend(range(len(texts), len(texts) + len(made) - 1))
        texts += made
        polite.append(len(texts) - 1)
    return Corpus(
        name=name,
        texts=tuple(texts),
        groups=tuple(map(tuple, groups)),
        near=tuple(map(tuple, near)),
        polite=tuple(polite),
    )


def _altered(text: str, rng: random.Random) -> list[str]:
    """Copies with one fact changed."""
    rules = alterations(language_of(text))
    made = (rules[kind](text, rng) for kind in _CHANGED)
    return [other for other in dict.fromkeys(made) if other is not None and other != text]
