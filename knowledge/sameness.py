"""Does one question ask the same as another one?

Two uses: an answer that a person gave to one question is served to another, and questions that
nobody could answer are told once. The first must hardly ever be wrong, so each has a threshold of
its own. What is compared is what makes two questions different though they look alike: another
number, another city, a "not", who instead of when. Two logistic models weigh that, one for
questions of one language and one for a Chinese and an English one; the weights come with the
package, a file for each choice of embedders, and `tests/benchmarks/sameness.py` fits them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files

import numpy as np

from knowledge.contrasts import facets
from knowledge.courtesy import without_courtesy
from knowledge.language import language_of
from knowledge.logistic import Logistic
from knowledge.model import Language, Vector
from knowledge.negation import denies
from knowledge.quantities import Quantity, fold, quantities
from knowledge.words import content_words, coverage

_CANDIDATES = 12
_MOST = 3
_TOKEN = re.compile(r"[a-z0-9][a-z0-9._+#/@-]*[a-z0-9+#]|[a-z0-9]|[\u3400-\u9fff]")
# 能不能 and 有没有 ask; they deny nothing. Nor does a "no" or "not" that closes a question.
_WHETHER = re.compile(
    r"(\w)[不没]\1|有没有?|[能可是]否|没有?\s*(?:[?。,]|$)|不\s*(?:[?。,]|$)|不(?:小心|好意思|久|同)"
    r"|没(?=了|收到)|\bor not\b|\bno idea\b"
)
_ASKS: Mapping[str, re.Pattern[str]] = {
    "who": re.compile(r"谁|哪位|哪个(?:部门|领导|人)|\bwho(?:m|se)?\b|\bwhich (?:person|team)\b"),
    "when": re.compile(
        r"什么时[候间]|啥时|何时|几[号点月]|哪[天年]|哪一天|哪个月|日期"
        r"|\bwhen\b|\bwhat (?:time|day|date)\b"
    ),
    "why": re.compile(r"为什么|为何|为啥|原因|\bwhy\b|\breason\b|\bpurpose\b"),
    "long": re.compile(
        r"多久|多长|[几多][少个]?(?:天|周|星期|个?月(?!份)|小时|分钟|年)"
        r"|\bhow (?:long|soon|far|early|quick|many (?:days|weeks|months|hours|years))\b"
    ),
    "often": re.compile(r"多久.{0,6}一次|频率|\bhow (?:often|frequently)\b"),
    "much": re.compile(
        r"多少(?!天|周|个?月|小时)|几(?![号点月乎天周年个小分星])|比例|百分之|\bhow (?:much|many)\b"
    ),
    "where": re.compile(
        r"(?:哪里?|哪儿|什么地方|何处)\s*(?:[?。]|$)|地址|位于|\bwhere(?: i|['’]?)s\b|\baddress\b"
    ),
    # Where to find a thing and how to get at it are one question.
    "how": re.compile(
        r"怎[么样]|如何|咋|(?:哪里?|哪儿|什么地方|何处)(?!\s*(?:[?。]|$))|\bwhere (?!is\b)"
        r"|\bhow (?!much|many|long|often|soon|far|early|quick|frequently)"
    ),
    "what": re.compile(
        r"什么是|是什么|啥是|是啥|什么意思|什么叫|\bwhat(?:['’]?s| is| are| does)\b"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A question with all that is compared, worked out once.

    vectors: of each embedder, by its name, as `embed_question` gives them.
    codes: words with digits, as L5 and E-204; names: Latin words of a Chinese text.
    asks: what kind of answer is wanted, as far as the wording tells.
    """

    text: str
    language: Language
    vectors: Mapping[str, Vector]
    tokens: tuple[str, ...]
    words: frozenset[str]
    latin: frozenset[str]
    codes: frozenset[str]
    names: frozenset[str]
    amounts: frozenset[tuple[str, str]]
    facets: frozenset[tuple[str, str]]
    asks: frozenset[str]
    denies: bool


def read(text: str, vectors: Mapping[str, Vector]) -> Reading:
    """A question as it will be compared."""
    folded, language = fold(without_courtesy(text)), language_of(text)
    words = content_words(folded)
    latin = frozenset(word for word in words if word.isascii() and not word[0].isdigit())
    spelled = {word: re.sub(r"[^a-z0-9]", "", word) for word in latin}  # W-2 is W2
    codes = frozenset(code for code in spelled.values() if not code.isalpha())
    return Reading(
        text=text,
        language=language,
        vectors=vectors,
        tokens=tuple(_TOKEN.findall(folded)),
        words=words,
        latin=latin,
        codes=codes,
        names=frozenset(name for name in latin if language == "zh" and name.isalpha()),
        amounts=frozenset((q.value, q.unit) for q in quantities(folded) if _counts(q, folded)),
        facets=facets(folded),
        asks=frozenset(kind for kind, pattern in _ASKS.items() if pattern.search(folded)),
        denies=denies(_WHETHER.sub(" ", folded)),
    )


def _counts(quantity: Quantity, folded: str) -> bool:
    """Whether it is an amount: neither part of a code nor a word such as 一 in 一般."""
    in_code = re.search(r"[a-z]-?$", folded[: quantity.start]) is not None
    return not in_code and (quantity.exact or bool(quantity.unit))


def signals(one: Reading, other: Reading) -> dict[str, float]:
    """What the models look at, by name; the same whichever comes first.

    - a cosine for each embedder, by its name.
    - `amount`, `code`, `name`, `facet`, `asked`: on how many points each says something else than
      the other; `lone_amount` and so on: on how many only one of them says anything.
    - `denied`: one denies and the other does not.

    Of two questions in one language, else 0:

    - `equal`: they have the same content words and differ in none of these points.
    - `covered`: the share of one's content words that the other has, the larger of both ways.
    - `reasked`: one has all words of the other, but wants another kind of answer.
    - `edited`: they are not equal, though they share most of their characters and words, as a
      question does that somebody turned into another one; `one_place`: all but one stretch.
    """
    near = {name: float(one.vectors[name] @ other.vectors[name]) for name in one.vectors}
    points = _particulars(one, other)
    return near | points | _wording(one, other, agree=not any(points.values()))


def _wording(one: Reading, other: Reading, *, agree: bool) -> dict[str, float]:
    if one.language != other.language:
        return dict.fromkeys(("covered", "equal", "edited", "one_place", "reasked"), 0.0)
    ways = (coverage(one.words, other.words), coverage(other.words, one.words))
    equal = min(ways) == 1.0 and agree and _alike(one, other) and _alike(other, one)
    return {
        "covered": max(ways),
        "equal": float(equal),
        "edited": 0.0 if equal else _overlap(frozenset(one.tokens), frozenset(other.tokens)),
        "one_place": 0.0 if equal else float(_in_one_place(one.tokens, other.tokens)),
        "reasked": float(max(ways) == 1.0 and one.asks != other.asks),
    }


def _alike(one: Reading, other: Reading) -> bool:
    """Whether nothing that counts is left of one without what the other has."""
    rest = frozenset(one.tokens) - frozenset(other.tokens)
    return all(content_words(token) <= other.words for token in rest)


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """How much more than half of the characters and words two texts share."""
    share = len(one & other) / max(len(one), len(other), 1)
    return max(0.0, 2.0 * share - 1.0)


def _particulars(one: Reading, other: Reading) -> dict[str, float]:
    amounts = _split(_unmatched(one, other), _unmatched(other, one))
    codes = _split(len(one.codes - other.codes), len(other.codes - one.codes))
    names = _split(len(one.names - other.latin), len(other.names - one.latin))
    asks = _split(len(one.asks - other.asks), len(other.asks - one.asks))
    facet, lone_facet = _facets(one, other)
    return {
        "amount": amounts[0],
        "lone_amount": amounts[1],
        "code": codes[0],
        "lone_code": codes[1],
        "name": names[0],
        "lone_name": names[1],
        "asked": asks[0],
        "lone_asked": asks[1],
        "facet": facet,
        "lone_facet": lone_facet,
        "denied": float(one.denies != other.denies),
    }


def _split(mine: int, theirs: int) -> tuple[float, float]:
    """Something on both sides is another thing; something on one side is a thing more."""
    differs = mine > 0 and theirs > 0
    return float(differs), float(not differs and mine + theirs > 0)


def _unmatched(one: Reading, other: Reading) -> int:
    """The amounts the other does not have; a number without a unit fits any unit."""
    return sum(
        all(
            value != known or (unit != known_unit and unit and known_unit)
            for known, known_unit in other.amounts
        )
        for value, unit in one.amounts
    )


def _facets(one: Reading, other: Reading) -> tuple[float, float]:
    mine = {facet for facet, _ in one.facets - other.facets}
    theirs = {facet for facet, _ in other.facets - one.facets}
    return float(min(len(mine & theirs), _MOST)), float(min(len(mine ^ theirs), _MOST))


def _in_one_place(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether only one stretch differs, in something that counts, and most of both is the same."""
    shortest = min(len(one), len(other))
    head = next((at for at in range(shortest) if one[at] != other[at]), shortest)
    rest = shortest - head
    tail = next((at for at in range(rest) if one[-1 - at] != other[-1 - at]), rest)
    mine, theirs = _joined(one[head : len(one) - tail]), _joined(other[head : len(other) - tail])
    counts = bool(content_words(mine) or content_words(theirs))
    return counts and 2 * (head + tail) >= shortest and not _misspelt(mine, theirs)


def _joined(tokens: Sequence[str]) -> str:
    return (" " if tokens and tokens[0].isascii() else "").join(tokens)


def _misspelt(one: str, other: str) -> bool:
    """Whether two words have the same letters, or all but one."""
    if not (one.isalpha() and one.isascii() and other.isalpha() and min(len(one), len(other)) > 3):
        return False
    return len(set(one) ^ set(other)) <= 1 and abs(len(one) - len(other)) <= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Questions to compare with. vectors: those of one embedder, a row a question."""

    readings: tuple[Reading, ...]
    embedder: str
    vectors: Vector = field(repr=False)


def stack(readings: Sequence[Reading]) -> Stored:
    """Questions in the shape that `Sameness.best` searches fast; read with the same embedders."""
    embedder = next(iter(readings[0].vectors), "") if readings else ""
    if not embedder:
        nothing = np.zeros((len(readings), 0), dtype=np.float32)
        return Stored(readings=tuple(readings), embedder="", vectors=nothing)
    vectors = np.stack([one.vectors[embedder] for one in readings])
    return Stored(readings=tuple(readings), embedder=embedder, vectors=vectors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """at: the question's place among those stored."""

    at: int
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sameness:
    """Whether two questions ask the same, as a probability.

    within: for two questions of one language; across: for a Chinese and an English one.
    serve: from here on, an answer given to the one may be served to the other: of a hundred, three
        at most are wrong, even where questions made to look alike are stored.
    join: from here on, they are one gap: of ten, one is another question.
    """

    within: Logistic
    across: Logistic
    serve: float
    join: float

    def probability(self, one: Reading, other: Reading) -> float:
        """In (0, 1). It holds where as many of the near questions are the same as are not."""
        model = self.within if one.language == other.language else self.across
        return model.probability(signals(one, other))

    def ranked(self, one: Reading, stored: Stored) -> tuple[Match, ...]:
        """The stored questions nearest to it, a dozen at most, most likely the same first."""
        if not stored.readings:
            return ()
        rated = [
            Match(at=at, probability=self.probability(one, stored.readings[at]))
            for at in _nearest(one, stored)
        ]
        return tuple(sorted(rated, key=lambda match: (-match.probability, match.at)))

    def best(self, one: Reading, stored: Stored) -> Match | None:
        """The stored question most likely the same; None where nothing is stored."""
        return next(iter(self.ranked(one, stored)), None)


def _nearest(one: Reading, stored: Stored) -> list[int]:
    """The places of the nearest; one embedder is enough to find them, all of them then count."""
    cosines = stored.vectors @ one.vectors[stored.embedder]
    count = min(_CANDIDATES, len(cosines))
    return sorted(np.argpartition(cosines, -count)[-count:].tolist())


def load_sameness(embedders: str) -> Sameness:
    """The model that was fitted for these embedders, named as in `e5-small+use-multilingual`."""
    file = files("knowledge") / "sameness_models" / f"{embedders}.json"
    fields = json.loads(file.read_text(encoding="utf-8"))
    within, across = Logistic(**fields.pop("within")), Logistic(**fields.pop("across"))
    return Sameness(within=within, across=across, **fields)
