"""Numbers, dates and units in Chinese and English text, in one comparable form.

`三十天`, `30天`, `30 days` and `thirty days` all hold the same quantity: 30 with the unit `day`.
The check of answers and the follow-up rewrite read text through this module.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from knowledge.script import simplified

_ZH_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_ZH_SCALES = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}

_EN_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_EN_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_EN_WORDS = {w: i for i, w in enumerate(_EN_UNITS)}
_EN_WORDS |= {w: 20 + 10 * i for i, w in enumerate(_EN_TENS)}
_EN_WORDS |= {"once": 1, "twice": 2, "dozen": 12, "hundred": 100, "thousand": 1000}
_EN_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10,
}  # fmt: skip
_MONTHS = (
    "january february march april may june july august september october november december"
).split()

# Two words for one unit must share a name here; a unit that is missing compares as "".
_UNITS: dict[str, tuple[str, ...]] = {
    "working day": ("个工作日", "工作日", "working days", "working day", "business days",
                    "business day", "workdays", "workday"),
    "calendar day": ("个自然日", "自然日", "calendar days", "calendar day"),
    "day": ("天", "日", "days", "day"),
    "hour": ("个小时", "小时", "钟头", "hours", "hour", "hrs"),
    "minute": ("分钟", "minutes", "minute", "mins", "min"),
    "second": ("秒", "seconds", "second"),
    "week": ("周", "个星期", "星期", "weeks", "week"),
    "month": ("个月", "months", "month"),
    "year": ("周年", "年", "周岁", "岁", "years", "year"),
    "percent": ("%", "percent", "per cent"),
    "yuan": ("元", "块钱", "块", "人民币", "yuan", "rmb", "cny"),
    "dollar": ("美元", "usd", "dollars", "dollar"),
    "sgd": ("新加坡元", "新元", "sgd"),
    "euro": ("欧元", "eur", "euros", "euro"),
    "time": ("次", "times"),
    "person": ("名", "人", "位", "people", "persons", "employees"),
    "character": ("位字符", "个字符", "字符", "characters", "character"),
    "gigabyte": ("gb",),
    "megabyte": ("mb",),
    "kilometre": ("公里", "千米", "km", "kilometres", "kilometers"),
}  # fmt: skip
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
_UNIT_PATTERN = "|".join(
    re.escape(w) + ("(?![a-z])" if w.isascii() and w[-1].isalpha() else "")
    for w in sorted(_UNIT_OF, key=len, reverse=True)
)
# Words that may stand between an English number and its unit, as in "5 paid vacation days".
_BETWEEN = (
    r"(?:(?:paid|unpaid|full|extra|additional|consecutive|vacation|annual|sick|further|more|whole"
    r"|remote|training|public|continuous|complete)\s+){0,3}"
)
_PREFIX = {"¥": "yuan", "￥": "yuan", "rmb": "yuan", "cny": "yuan", "$": "dollar", "usd": "dollar",
           "s$": "sgd", "sgd": "sgd", "€": "euro", "eur": "euro"}  # fmt: skip

_ZH_NUMBER = "[零〇一二两三四五六七八九十百千万亿]{1,24}"
_EN_NUMBER = "|".join(sorted((*_EN_WORDS, *_EN_ORDINALS), key=len, reverse=True))
_MONTH = "|".join(m if len(m) <= 4 else f"{m}|{m[:3]}" for m in _MONTHS)

_PATTERN = re.compile(
    rf"""
    (?P<iso>(?<!\d)(?P<iy>\d{{4}})[-/.](?P<im>\d{{1,2}})[-/.](?P<id>\d{{1,2}})(?!\d))
  | (?P<clock>(?<!\d)(?P<ch>\d{{1,2}}):(?P<cm>\d{{2}})(?!\d)(?:\s*(?P<ampm>[ap]m)(?![a-z]))?)
  | (?P<zhdate>(?P<zm>\d{{1,2}}|[一二三四五六七八九十]{{1,2}})\s*月\s*(?:份)?
       (?:(?P<zd>\d{{1,2}}|[一二三四五六七八九十]{{1,3}})\s*[日号])?)
  | (?P<endate>(?<![a-z\d])(?:(?P<ed1>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?)?
       (?P<em>{_MONTH})(?![a-z])
       (?:\.?\s+(?P<ed2>\d{{1,2}})(?:st|nd|rd|th)?(?![a-z\d]))?)
  | (?P<fraction>百分之(?P<frac>\d{{1,12}}(?:\.\d{{1,12}})?|{_ZH_NUMBER}))
  | (?P<digits>(?:(?P<money>s\$|[¥￥$€]|(?<![a-z])(?:rmb|cny|usd|sgd|eur))\s*)?
       (?P<value>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d{{1,24}}(?:\.\d{{1,12}})?)(?P<scale>\s*[万亿千百])?(?:(?:st|nd|rd|th)(?![a-z]))?
       (?:\s{{0,3}}-?\s{{0,3}}{_BETWEEN}(?P<unit1>{_UNIT_PATTERN}))?)
  | (?P<zh>(?P<zhvalue>{_ZH_NUMBER})\s*(?P<unit2>{_UNIT_PATTERN})?)
  | (?P<en>(?<![a-z])(?P<envalue>{_EN_NUMBER})(?![a-z])
       (?:[\s-]+{_BETWEEN}(?P<unit3>{_UNIT_PATTERN}))?)
    """,
    re.VERBOSE | re.IGNORECASE,
)


_ZH_UNIT = "|".join(("月", "号", "倍", *(w for w in _UNIT_OF if not w.isascii())))
# 统一人 and 唯一人 have no number in them, and 第一次 no amount.
_ZH_AMOUNT = re.compile(rf"(?<![第统唯之])(?P<number>{_ZH_NUMBER})(?=\s?(?:{_ZH_UNIT}))")

# 天数 and 金额（元）, "Days that remain", "Number of days" and "Limit (CNY)".
_PLURALS = "|".join(sorted((w for w in _UNIT_OF if w.isascii() and w[-1] == "s"), key=len)[::-1])
_TOLD_UNIT = re.compile(
    rf"[(\[]\s*(?:in\s+)?(?P<bracketed>{_UNIT_PATTERN})"
    rf"|(?P<zh>{'|'.join(w for w in _UNIT_OF if not w.isascii())})数"
    rf"|(?<![a-z])(?P<en>{_PLURALS})(?![a-z])"
)
# 几天, 多少个工作日 and "how many days"; a word or two may stand between.
_ASKED_UNIT = re.compile(
    rf"(?:几|多少)(?P<zh>{_UNIT_PATTERN})"
    rf"|how many (?:[a-z]+ ){{0,3}}?(?P<en>{_UNIT_PATTERN})"
)
_DAYS = frozenset({"day", "working day", "calendar day"})
_SPANS = _DAYS | {"hour", "minute", "second", "week", "month", "year"}
_ASKED_KINDS = (
    (
        re.compile(
            r"多少(?:钱|费用|补贴|补助|奖金|额度)|how much"
            r"|(?:费|预算|补贴|补助|津贴|餐补|奖金|额度|报销?|花)[^，。？?]{0,6}多少"
        ),
        frozenset({"yuan", "dollar", "sgd", "euro"}),
    ),
    (re.compile(r"几倍|几折|百分之几|比例|percentage"), frozenset({"percent"})),
    (re.compile(r"多久|多长|how (?:long|soon|often)"), _SPANS),
    (
        re.compile(r"什么时候|何时|哪天|几号|\bwhen\b|deadline"),
        _SPANS | {"date", "clock"},
    ),
    (re.compile(r"几点|what time"), frozenset({"clock"})),
)

_RANGE_SIGNS = ("-", "–", "—", "~", "至", "到", "至第", "到第", "to", "through", "-第")
_LONGEST_RANGE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number, date or time of day as the text means it.

    value: `30`, or `03-31` for a date, `09:30` for a time of day.
    unit: one word a unit in any language, `date`, `clock`, or empty.
    start, end: where it stands in the folded text.
    exact: digits, not words: words such as 一 or "one" are often no numbers at all.
    """

    value: str
    unit: str
    start: int
    end: int
    exact: bool


def fold(text: str) -> str:
    """Full-width to half-width, traditional to simplified, lower case; what is compared."""
    return simplified(unicodedata.normalize("NFKC", text)).lower()


def in_digits(text: str) -> str:
    """A text in simplified characters whose Chinese amounts have digits: 十五天 is 15天."""
    return _ZH_AMOUNT.sub(_digits_of, text)


def _digits_of(match: re.Match[str]) -> str:
    value = zh_number(match["number"])
    return match.group() if value is None else str(value)


def quantities(text: str) -> tuple[Quantity, ...]:
    """Every quantity of a text, in order."""
    return tuple(_read(fold(text)))


def amounts(text: str) -> frozenset[tuple[str, str]]:
    """The values of a text with their units; a range such as 第 2 至第 4 年 has all its years."""
    found = quantities(text)
    pairs = {(q.value, q.unit) for q in found if q.unit}
    folded = fold(text)
    for first, last in itertools.pairwise(found):
        between = folded[first.end : last.start].strip()
        if between in _RANGE_SIGNS and first.value.isdigit() and last.value.isdigit():
            low, high = int(first.value), int(last.value)
            if low <= high <= low + _LONGEST_RANGE:
                pairs |= {(str(value), last.unit) for value in range(low, high + 1)}
    return frozenset(pairs)


def told_unit(name: str) -> str:
    """The unit that a column's name gives the bare numbers below it; empty if it names none."""
    found = _TOLD_UNIT.search(fold(name))
    return _UNIT_OF[found[str(found.lastgroup)]] if found else ""


def asked_units(question: str) -> frozenset[str]:
    """The units an answer may have: days for "how many days", money for "how much".

    Empty where the question asks for no amount, or does not say of what.
    """
    text = fold(question)
    named = {_UNIT_OF[found[str(found.lastgroup)]] for found in _ASKED_UNIT.finditer(text)}
    if named:
        return frozenset(named) | (_DAYS if named & _DAYS else frozenset())
    return frozenset().union(*(units for asks, units in _ASKED_KINDS if asks.search(text)))


def _read(text: str) -> Iterator[Quantity]:
    for match in _PATTERN.finditer(text):
        quantity = _quantity(match)
        if quantity is not None:
            yield quantity
        if match["iso"] is not None:
            at = {"start": match.start(), "end": match.end()}
            yield Quantity(value=match["iy"], unit="year", exact=True, **at)


def _quantity(match: re.Match[str]) -> Quantity | None:
    kind = match.lastgroup and next(
        name
        for name in ("iso", "clock", "zhdate", "endate", "fraction", "digits", "zh", "en")
        if match.group(name) is not None
    )
    found = _VALUES[str(kind)](match)
    if found is None:
        return None
    value, unit = found
    return Quantity(
        value=value, unit=unit, start=match.start(), end=match.end(), exact=kind not in ("zh", "en")
    )


def _iso(match: re.Match[str]) -> tuple[str, str]:
    return f"{int(match['im']):02d}-{int(match['id']):02d}", "date"


def _clock(match: re.Match[str]) -> tuple[str, str]:
    hour = int(match["ch"]) % 12 if match["ampm"] else int(match["ch"])
    if match["ampm"] and match["ampm"].lower() == "pm":
        hour += 12
    return f"{hour:02d}:{match['cm']}", "clock"


def _zh_date(match: re.Match[str]) -> tuple[str, str] | None:
    month = _zh_or_digits(match["zm"])
    if month is None or not 1 <= month <= 12:
        return None
    day = _zh_or_digits(match["zd"]) if match["zd"] else None
    return (f"{month:02d}" if day is None else f"{month:02d}-{day:02d}"), "date"


def _en_date(match: re.Match[str]) -> tuple[str, str] | None:
    day = match["ed1"] or match["ed2"]
    name = match["em"].lower()
    if name == "may" and day is None:
        return None  # far more often the verb than the month
    month = next(i for i, m in enumerate(_MONTHS, 1) if m.startswith(name[:3]))
    return (f"{month:02d}-{int(day):02d}" if day else f"{month:02d}"), "date"


def _fraction(match: re.Match[str]) -> tuple[str, str] | None:
    number = match["frac"]
    value = Decimal(number) if number[0].isdigit() else zh_number(number)
    return None if value is None else (_plain(Decimal(value)), "percent")


def _digits(match: re.Match[str]) -> tuple[str, str]:
    value = Decimal(match["value"].replace(",", ""))
    scale = (match["scale"] or "").strip()
    if scale:
        value *= _ZH_SCALES[scale]
    unit = _UNIT_OF.get(match["unit1"] or "", "") or _PREFIX.get(match["money"] or "", "")
    return _plain(value), unit


def _zh(match: re.Match[str]) -> tuple[str, str] | None:
    value = zh_number(match["zhvalue"])
    return None if value is None else (str(value), _UNIT_OF.get(match["unit2"] or "", ""))


def _en(match: re.Match[str]) -> tuple[str, str]:
    word = match["envalue"].lower()
    value = _EN_WORDS.get(word, _EN_ORDINALS.get(word, 0))
    return str(value), _UNIT_OF.get(match["unit3"] or "", "")


_VALUES = {
    "iso": _iso,
    "clock": _clock,
    "zhdate": _zh_date,
    "endate": _en_date,
    "fraction": _fraction,
    "digits": _digits,
    "zh": _zh,
    "en": _en,
}


def zh_number(text: str) -> int | None:
    """The value of a Chinese numeral such as 三百二十 or 二〇二六; None if it is not one.

    A lone 十 is 10; a lone 百, 千, 万 or 亿 means something else and is None.
    """
    if text in ("万", "亿", "百", "千"):
        return None
    if len(text) > 1 and not any(c in _ZH_SCALES for c in text):
        return int("".join(str(_ZH_DIGITS[c]) for c in text))
    total = section = digit = 0
    for c in text:
        if c in _ZH_DIGITS:
            digit = _ZH_DIGITS[c]
            continue
        scale = _ZH_SCALES[c]
        if scale < 10_000:
            section += (digit or 1) * scale
        else:
            total = (total + section + digit) * scale
            section = 0
        digit = 0
    return total + section + digit


def _zh_or_digits(text: str) -> int | None:
    return int(text) if text.isdigit() else zh_number(text)


def _plain(value: Decimal) -> str:
    whole = value.to_integral_value()
    return str(int(whole)) if whole == value else str(value.normalize())
