"""True answers made from a statement, and one fact of a text changed; the same for the same seed.

The rules know nothing of the check's own word lists, and the words put in are drawn from here.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping

from knowledge.model import Language
from knowledge.quantities import quantities, zh_number

Alteration = Callable[[str, random.Random], str | None]
"""A text with one fact changed, or None where it has no such fact."""

_NUMBER = re.compile(
    r"(?<![\d.,A-Za-z#/:-])\d{1,3}(?:,\d{3})+(?![\d,.]\d)"
    r"|(?<![\d.,A-Za-z#/:-])\d{1,6}(?:\.\d{1,2})?(?![\d:/]|[.,]\d|[A-Za-z-])"
)
_PERCENT = re.compile(
    r"(?<![\d.])\d{1,3}(?:\.\d+)?(?=\s?(?:%|percent|per cent))|(?<=百分之)[一二三四五六七八九十]+"
)
_ZH_NUMBER = re.compile(
    r"[一二三四五六七八九十百]+(?=个?(?:月|日|天|年|小时|周岁|倍|元|人|次|工作日))"
)
_MONTHS = "January February March April May June July August September October November December"
_MONTH = "|".join(_MONTHS.split())
_DATE: Mapping[Language, re.Pattern[str]] = {
    "zh": re.compile(r"\d{1,2}\s?月\s?\d{1,2}\s?日"),
    "en": re.compile(rf"\b(?:\d{{1,2}} (?:{_MONTH})|(?:{_MONTH}) \d{{1,2}})\b"),
}
_UNITS: Mapping[Language, tuple[tuple[str, ...], ...]] = {
    "zh": (
        ("天", "周", "小时", "个月"), ("个工作日", "周", "个月"), ("小时", "分钟", "天"),
        ("元", "美元", "欧元"), ("个月", "天", "年"), ("年", "个月", "周"), ("分钟", "小时"),
        ("新元", "元"), ("欧元", "元"),
    ),
    "en": (
        ("days", "weeks", "months", "hours"), ("workdays", "weeks"), ("hours", "days", "minutes"),
        ("months", "weeks", "years"), ("years", "months"), ("weeks", "days"), ("minutes", "hours"),
        ("CNY", "EUR"), ("EUR", "CNY"), ("SGD", "CNY"),
    ),
}  # fmt: skip
_NAMES: Mapping[Language, tuple[tuple[str, ...], ...]] = {
    "zh": (
        ("杭州", "上海", "深圳", "北京", "新加坡", "柏林", "成都"),
        ("人力资源部", "财务部", "法务部", "行政部", "信息技术部", "采购部"),
        ("直属主管", "部门负责人", "首席财务官", "分管副总裁", "总经理"),
        ("星台", "星报", "星盾", "云桥", "飞书"),
        ("用人单位", "工会", "劳动行政部门", "人民法院", "人民政府"),
        ("国务院", "全国人大常委会", "公安部", "教育部"),
        ("中国", "日本", "法国", "英国", "德国", "美国"),
    ),
    "en": (
        ("Hangzhou", "Shanghai", "Singapore", "Berlin", "Toronto", "Madrid"),
        ("People Team", "Finance", "Legal", "Procurement", "IT Desk"),
        ("StarDesk", "StarClaim", "StarGate", "Workday", "Concur", "Slack", "Google", "GitHub"),
        ("GSA", "TTS", "OPM", "NASA", "FEMA"),
        ("Lattice", "Navan", "Deel", "Carta", "Brex"),
    ),
}
_NEGATIONS: Mapping[Language, tuple[tuple[str, str], ...]] = {
    "zh": (
        ("不得", "可以"), ("不能", "能"), ("不予", "予以"), ("无需", "需要"), ("不需要", "需要"),
        ("不计", "计"), ("没有", "有"), ("不可以", "可以"), ("禁止", "允许"), ("应当", "不应"),
        ("可以", "不可以"), ("必须", "无需"), ("享有", "不享有"), ("须", "无须"),
    ),
    "en": (
        ("cannot", "can"), (" is not ", " is "), (" are not ", " are "), (" do not ", " do "),
        (" must not ", " must "), (" may not ", " may "), (" never ", " always "), ("don't", "do"),
        (" not ", " "), (" can ", " cannot "), (" must ", " must not "), (" may ", " may not "),
        (" is ", " is not "), (" are ", " are not "), (" should ", " should not "),
        (" will ", " will not "),
    ),
}  # fmt: skip
_BEGINS = r"(?:(?<=[，,。；;])|^)"
_CONDITIONS: Mapping[Language, tuple[re.Pattern[str], ...]] = {
    "zh": (
        re.compile(
            r"[，,](?:但|并)?(?:须|需|应当?)经?[^，,。；;]{1,20}(?:批准|同意|审批)(?=[。；;]|$)"
        ),
        re.compile(
            _BEGINS + r"(?:须|需|应当|事先)?经过?[^，,。；;]{1,16}(?:批准|同意|许可)后?[，,的]?"
        ),
        re.compile(_BEGINS + r"[^，,。；;]{2,8}(?:批准|同意)后[，,]?"),
        re.compile(r"[，,]仅限[^，,。；;]+"),
        re.compile(r"; 说明: 仅限[^;]+"),
        re.compile(_BEGINS + r"(?:除非[^，,。；;]+|除[^，,。；;]{2,20}外)[，,]"),
        re.compile(r"[，,](?:但是?)?[^，,。；;]{2,20}除外(?=[。；;]|$)"),
        re.compile(_BEGINS + r"(?:如果|若)[^，,。；;（）]{2,30}[，,]"),
        re.compile(r"(?:(?<=[。；])|^)[^，,。；;]{4,30}的[，,]"),
    ),
    "en": (
        re.compile(r",? (?:unless|except(?: for| when| if)?) [^.;,()]+(?=[.;]|$)"),
        re.compile(
            r",? (?<!even )(?:only )?(?:if|provided that|as long as) (?!needed|possible)[^.;,()]+"
            r"(?=[.;]|$)"
        ),
        re.compile(r"^(?:If|Unless) [^.;,]+, (?!or |and )"),
        re.compile(
            r",? (?:with|after|subject to) [^.;,]{0,40}(?:approval|consent|permission)[^.;,]*"
            r"(?=[.;]|$)"
        ),
    ),
}
MAY_BE_CONDITION = re.compile(
    r"如|若|凡|批准|同意|审批|许可|仅|只|除|方可|的[，,]|情况|情形|条件|"
    r"\b(?:if|unless|except|only|provided|when|once|approv\w+|permission|consent|subject to|as long"
    r"|who|whoever|where|after|before|for|with|during|in case)\b",
    re.IGNORECASE,
)


def number(text: str, rng: random.Random) -> str | None:
    """One number, in digits or Chinese, becomes another."""
    found = [m for m in (*_NUMBER.finditer(text), *_ZH_NUMBER.finditer(text)) if _counts(text, m)]
    if not found:
        return None
    match = rng.choice(found)
    return _put(text, match, _another(match.group(), rng))


def percent(text: str, rng: random.Random) -> str | None:
    """One percentage becomes another."""
    found = list(_PERCENT.finditer(text))
    if not found:
        return None
    match = rng.choice(found)
    return _put(text, match, _another(match.group(), rng))


def date(language: Language) -> Alteration:
    """A month and day become others."""

    def alter(text: str, rng: random.Random) -> str | None:
        found = list(_DATE[language].finditer(text))
        if not found:
            return None
        match = rng.choice(found)
        day, month = rng.randint(1, 28), rng.randint(1, 12)
        other = f"{month}月{day}日" if language == "zh" else f"{_MONTHS.split()[month - 1]} {day}"
        same = {q.value for q in quantities(other)} == {q.value for q in quantities(match.group())}
        return None if same else _put(text, match, other)

    return alter


def unit(language: Language) -> Alteration:
    """The unit of a number becomes another unit."""

    def alter(text: str, rng: random.Random) -> str | None:
        for one, *others in rng.sample(_UNITS[language], k=len(_UNITS[language])):
            word = re.escape(one) if language == "zh" else rf"\b{re.escape(one)}\b"
            before = re.search(rf"(?<=\d\s){word}|(?<=\d){word}", text)
            if before and not text[before.end() :].startswith(("以前", "前")):
                return _put(text, before, rng.choice(others))
        return None

    return alter


def name(language: Language) -> Alteration:
    """A place, a system, a department or a person's role becomes another of its kind."""

    def alter(text: str, rng: random.Random) -> str | None:
        found = [
            (match, kind)
            for kind in _NAMES[language]
            for one in kind
            for match in re.finditer(re.escape(one) if language == "zh" else rf"\b{one}\b", text)
        ]
        if not found:
            return None
        match, kind = rng.choice(found)
        others = [one for one in kind if one not in text]
        return _put(text, match, rng.choice(others)) if others else None

    return alter


def negation(language: Language) -> Alteration:
    """A "not" comes or goes."""

    def alter(text: str, rng: random.Random) -> str | None:
        found = [(one, other) for one, other in _NEGATIONS[language] if one in text]
        if not found:
            return None
        one, other = found[0] if rng.random() < 0.5 else rng.choice(found)
        at = text.index(one)
        if text[at - 1 : at] == "不" or (one == "须" and text[at - 1 : at + 2] in ("必须", "无须")):
            return None
        return text[:at] + other + text[at + len(one) :]

    return alter


def condition(language: Language) -> Alteration:
    """What the rule holds under is left out."""

    def alter(text: str, rng: random.Random) -> str | None:
        for pattern in _CONDITIONS[language]:
            match = pattern.search(text)
            if match:
                rest = (text[: match.start()] + text[match.end() :]).strip(" ，,；;")
                enough = len(rest) >= (6 if language == "zh" else 16)
                return rest[:1].upper() + rest[1:] if enough else None
        return None

    return alter


def alterations(language: Language) -> Mapping[str, Alteration]:
    """Every kind of change, by name."""
    return {
        "number": number,
        "percent": percent,
        "date": date(language),
        "unit": unit(language),
        "name": name(language),
        "negation": negation(language),
        "condition": condition(language),
    }


_REWORDED: Mapping[Language, tuple[tuple[str, str], ...]] = {
    "zh": (
        ("应当", "应"), ("必须", "须"), ("员工", "您"), ("无需", "不需要"), ("不得", "不可以"),
        ("不予报销", "不能报销"), ("可以", "可"), ("不超过", "最多"), ("以内", "内"),
        ("每人每晚", "每晚每人"),
    ),
    "en": (
        ("Employees", "You"), (" must ", " have to "), ("do not", "don't"), ("cannot", "can't"),
        (" is not ", " isn't "), (" are not ", " aren't "), ("at most ", "no more than "),
        (" receive ", " get "), (" per cent", "%"), ("up to ", "at most "),
    ),
}  # fmt: skip
_OPENINGS: Mapping[Language, tuple[str, ...]] = {
    "zh": ("根据规定，", "您好，", "是的，", ""),
    "en": ("According to the handbook, ", "Yes, ", "", "In short: "),
}
_ZH_DIGITS = "零一二三四五六七八九十"
_EN_DIGITS = "zero one two three four five six seven eight nine ten".split()


def reworded(text: str, language: Language, rng: random.Random) -> str:
    """The same thing in slightly other words and ways to write numbers and dates."""
    for one, other in _REWORDED[language]:
        if one in text and rng.random() < 0.7:
            text = text.replace(one, other, 1)
    text = _written_otherwise(text, language)
    opening = rng.choice(_OPENINGS[language])
    if opening in ("是的，", "Yes, ") and re.search(r"[不无未没]|\bno|n't", text):
        opening = ""
    return opening + text


def _written_otherwise(text: str, language: Language) -> str:
    if language == "zh":
        text = re.sub(r"(?<=[^\d.,年月])([1-9]|10)(?= ?(?:天|小时|个月|个工作日))", _in_zh, text)
        return re.sub(r"(\d{1,2})\s?月\s?(\d{1,2})\s?日", r"\1 月 \2 日", text)
    text = re.sub(r"(?<=[a-z] )([1-9]|10)(?= (?:days|hours|months|weeks|workdays)\b)", _in_en, text)
    return re.sub(rf"\b(\d{{1,2}}) ({_MONTH})\b", lambda m: f"{m[2]} {m[1]}", text)


def _in_zh(match: re.Match[str]) -> str:
    return _ZH_DIGITS[int(match[1])]


def _in_en(match: re.Match[str]) -> str:
    return _EN_DIGITS[int(match[1])]


def _counts(text: str, match: re.Match[str]) -> bool:
    """Whether digits are a number and not part of a date, a list mark or a heading."""
    after = text[match.end() : match.end() + 2].strip()
    around = text[max(0, match.start() - 1) : match.end() + 1]
    is_date = any(
        m.start() <= match.start() < m.end()
        for pattern in _DATE.values()
        for m in pattern.finditer(text)
    )
    return not is_date and not after.startswith(("月", "日", "%")) and "第" not in around


def _another(old: str, rng: random.Random) -> str:
    if not old[0].isdigit():
        value = zh_number(old)
        choices = [c for c in "二三四五六七八九" if zh_number(c) != value]
        return rng.choice(choices)
    value = float(old.replace(",", ""))
    factors = [2, 3, 5, 10, 0.5] if value >= 10 else [2, 3, 5, 10]
    other = value * rng.choice(factors) + rng.choice([0, 1])
    if value < 10 and value == other:
        other = value + 1
    text = f"{other:,.0f}" if "," in old else f"{other:.1f}".rstrip("0").rstrip(".")
    return text if text != old else f"{value + 1:.0f}"


def _put(text: str, match: re.Match[str], other: str) -> str:
    return text[: match.start()] + other + text[match.end() :]


def kinds() -> Iterator[str]:
    """The names of all kinds of change, in the order of the table."""
    yield from alterations("en")
