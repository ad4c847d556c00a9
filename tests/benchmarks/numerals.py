"""Numbers of a question written the other way: 3天 and 三天, "5 years" and "five years"."""

from __future__ import annotations

import re
from random import Random

_NOT_A_NUMBER = r"\d.,:/_A-Za-z-"
_ZH_DIGITS = "零一二三四五六七八九"
_ZH_UNIT = "天|年|个|次|周|小时|分钟|月|日|号|岁|元|块|人|级|倍|张|台|页|公里|线"
_IN_DIGITS = re.compile(rf"(?<![{_NOT_A_NUMBER}])\d{{1,4}}(?=\s?(?:{_ZH_UNIT}))")
_ZH_ONE = "[一二三四五六七八九两]"
# 一个, 一次 and 哪一天 are seldom numbers; 第三人 and 二次供水 have other meanings.
_IN_CHARACTERS = re.compile(
    rf"(?<![{_ZH_DIGITS}十百千万唯统哪某每同A-Za-z\d])(?!一[个次下日]|(?<=第)三人|(?<!第)二次)"
    rf"(?={_ZH_ONE}|十)(?:{_ZH_ONE}百零?)?(?:{_ZH_ONE}?十)?{_ZH_ONE}?(?=\s?(?:{_ZH_UNIT}))"
)
_EN_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen twenty"
).split()
_EN_PLACES = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
_EN_ORDINALS = ("1st", "2nd", "3rd", *(f"{place}th" for place in range(4, 11)))
# "one" and "first" are seldom numbers.
_EN_WORDS = {word: str(value) for value, word in enumerate(_EN_SMALL) if value > 1}
_EN_WORDS |= dict(zip(_EN_PLACES[1:], _EN_ORDINALS[1:], strict=True))
_EN_DIGITS = {value: word for word, value in _EN_WORDS.items()}
_EN_NUMBER = re.compile(
    rf"(?<![{_NOT_A_NUMBER}])(?:\d+(?:st|nd|rd|th)?|[a-z]+)(?![\w%:/-]|[.,]\s?\d)"
)


def numerals_zh(text: str, _: Random) -> str:
    """Digits as characters; where there are none, characters as digits: 3天 and 三天."""
    written = _IN_DIGITS.sub(lambda found: _in_characters(found, text), text)
    if written != text:
        return written
    return _IN_CHARACTERS.sub(lambda found: str(_counted(found.group())), text)


def _in_characters(found: re.Match[str], text: str) -> str:
    value = found.group()
    is_year = len(value) == 4 and text[found.end() :].lstrip().startswith("年")
    if is_year or value.startswith("0"):
        return "".join(_ZH_DIGITS[int(digit)] for digit in value)
    if value == "2" and not text[: found.start()].rstrip().endswith("第"):
        return "两"
    spelled = _spelled(int(value))
    return spelled.removeprefix("一") if spelled.startswith("一十") else spelled


def _spelled(value: int) -> str:
    """A number below ten thousand in characters."""
    for scale, name in ((1000, "千"), (100, "百"), (10, "十")):
        count, rest = divmod(value, scale)
        if count:
            gap = "零" if rest and rest < scale // 10 else ""
            return _ZH_DIGITS[count] + name + gap + (_spelled(rest) if rest else "")
    return _ZH_DIGITS[value]


def _counted(text: str) -> int:
    """The value of one, two or three digits in characters."""
    total, digit = 0, 0
    for character in text:
        if character in "十百":
            total, digit = total + (digit or 1) * (10 if character == "十" else 100), 0
        else:
            digit = 2 if character == "两" else _ZH_DIGITS.index(character)
    return total + digit


def numerals_en(text: str, _: Random) -> str:
    """Digits up to 20 as words, and words as digits."""
    return _EN_NUMBER.sub(_other_numeral, text)


def _other_numeral(found: re.Match[str]) -> str:
    said = found.group()
    return _EN_DIGITS.get(said) or _EN_WORDS.get(said) or said
