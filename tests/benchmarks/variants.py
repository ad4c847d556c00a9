"""The same question as somebody else would type it, made by rule from a clean one.

No maker uses what the bot itself reads questions with. A maker that finds nothing to change gives
the question back as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random

from knowledge.model import Language
from tests.benchmarks.homophones import sounds

Maker = Callable[[str, Random], str]
"""A question in another form; chance decides where there are several."""

_HAN = r"\u4e00-\u9fff"
_END = re.compile(r"[\s?？。.!！]+$")
_NOT_A_NUMBER = r"\d.,:/_A-Za-z-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way to write questions of a language differently."""

    name: str
    language: Language
    make: Maker

    def of(self, question: str, id_: str) -> str:
        """The question in this form, the same every time."""
        return self.make(question, Random(f"1 {self.name} {id_}"))


# ── script and sound ──────────────────────────────────────────────────────────────────────────


@cache
def _convert(into: str) -> Callable[[str], str]:
    from opencc import OpenCC

    convert: Callable[[str], str] = OpenCC(into).convert
    return convert


def traditional(text: str, _: Random) -> str:
    """In traditional characters: 報銷."""
    return _convert("s2t")(text)


def taiwan(text: str, _: Random) -> str:
    """In traditional characters, with the words of Taiwan: 滑鼠 for 鼠标."""
    return _convert("s2twp")(text)


def homophone(text: str, chance: Random) -> str:
    """One character of a word replaced by another that sounds like it."""
    known = sounds()
    places = [
        start + at
        for start, word in _words(text)
        if len(word) > 1
        for at, character in enumerate(word)
        if character in known
    ]
    if not places:
        return text
    place = chance.choice(places)
    other = chance.choice(known[text[place]].replace(text[place], ""))
    return text[:place] + other + text[place + 1 :]


def _words(text: str) -> list[tuple[int, str]]:
    """Where each word starts, and the word."""
    import rjieba

    starts, at = [], 0
    for word in rjieba.cut(text):
        starts.append((at, word))
        at += len(word)
    return starts


# ── courtesy ──────────────────────────────────────────────────────────────────────────────────

_ZH_BEFORE = (
    "你好，", "您好！", "请问", "请问一下，", "麻烦问下，", "大家好，想咨询一下：", "不好意思打扰了，",
    "各位老师好，请教个问题，", "弱弱地问一句，", "在吗？想问下", "哈喽，", "新人求助，", "有人知道吗，",
)  # fmt: skip
_ZH_AFTER = (
    "谢谢", "谢谢！", "谢谢啦～", "多谢", "感谢！", "辛苦了", "麻烦了", "在线等", "急，谢谢", "拜托了🙏",
)  # fmt: skip
_EN_BEFORE = (
    "Hi, ", "Hello team, ", "Hey there! ", "Good morning, ", "Sorry to bother you, ",
    "Quick question: ", "Excuse me, ", "Hi all - ", "Could you please tell me: ",
    "Just wondering, ", "Hope you are well. ", "Newbie here, ", "Sorry if this was asked before: ",
)  # fmt: skip
_EN_AFTER = (
    "Thanks!", "Thank you.", "Thanks in advance!", "Many thanks, Anna", "Cheers", "please",
    "Thanks a lot for your help.", "Much appreciated 🙏", "Any help is welcome.",
)  # fmt: skip


def polite_zh(text: str, chance: Random) -> str:
    """With a greeting, with thanks, or both."""
    before, after = _courtesy(_ZH_BEFORE, _ZH_AFTER, chance)
    between = "，" if after and not _END.search(text) else ""
    return f"{before}{text}{between}{after}"


def polite_en(text: str, chance: Random) -> str:
    """With a greeting, with thanks, or both."""
    before, after = _courtesy(_EN_BEFORE, _EN_AFTER, chance)
    asked = _begun_small(text) if before and not before.endswith((". ", "! ")) else text
    between = "" if not after else " " if _END.search(text) else ", "
    return f"{before}{asked}{between}{after}"


def _courtesy(before: tuple[str, ...], after: tuple[str, ...], chance: Random) -> tuple[str, str]:
    which = chance.choice(("before", "after", "both"))
    return (
        "" if which == "after" else chance.choice(before),
        "" if which == "before" else chance.choice(after),
    )


def _begun_small(text: str) -> str:
    """Without the capital of its first word, where that is no name: `How`, not `I` or `VPN`."""
    first = re.match(r"[A-Z][a-z']+\b(?!['’])", text)
    return text[0].lower() + text[1:] if first else text


# ── letters, marks and spaces ─────────────────────────────────────────────────────────────────


def capitals(text: str, _: Random) -> str:
    """Shouted."""
    return text.upper()


def small_letters(text: str, _: Random) -> str:
    """Without a capital."""
    return text.lower()


def full_width(text: str, _: Random) -> str:
    """Letters, digits, marks and spaces as wide as a Chinese character."""
    if not re.search(r"[A-Za-z\d]", text):
        return text
    return "".join(_wide(character) for character in text)


def _wide(character: str) -> str:
    if character == " ":
        return "\u3000"
    return chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character


def marks_zh(text: str, chance: Random) -> str:
    """Another mark at the end, or none; quoted; or with the marks of a Latin keyboard."""
    bare = _END.sub("", text)
    latin = str.maketrans("，？：；（）！", ",?:;()!")
    forms = (
        *(f"{bare}{end}" for end in ("", "？？？", "?", "。", "……", "！", "～")),
        *(f"“{text}”", f"问：{text}", text.translate(latin)),
    )
    return chance.choice([form for form in forms if form != text])


def marks_en(text: str, chance: Random) -> str:
    """Another mark at the end, or none; or quoted."""
    bare = _END.sub("", text)
    forms = (
        *(f"{bare}{end}" for end in ("", "??", " ?", "...", "!", "?!", ".")),
        *(f'"{text}"', f"Q: {text}", f"- {text}"),
    )
    return chance.choice([form for form in forms if form != text])


def spaces_zh(text: str, chance: Random) -> str:
    """Spaces between some words, or none at all."""
    tight = re.sub(r"\s+", "", text)
    if tight != text and re.search(rf"[{_HAN}A-Za-z\d]\s+[{_HAN}]", text):
        return tight
    ends = [start for start, _ in _words(text) if start]
    if not ends:
        return f" {text} "
    for at in sorted(chance.sample(ends, chance.randint(1, len(ends))), reverse=True):
        text = f"{text[:at]} {text[at:]}"
    return text


def spaces_en(text: str, chance: Random) -> str:
    """Two spaces for one, a line break for one, spaces that do not break, or spaces around."""
    gaps = [found.start() for found in re.finditer(" ", text)]
    if not gaps:
        return f"  {text} "
    at = chance.choice(gaps)
    forms = (
        text.replace(" ", "  "),
        f"{text[:at]}\n{text[at + 1 :]}",
        text.replace(" ", "\u00a0"),
        f"  {text} \n",
    )
    return chance.choice(forms)


# ── numerals ──────────────────────────────────────────────────────────────────────────────────

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
    return _spelled(int(value))


def _spelled(value: int) -> str:
    """A number below ten thousand in characters."""
    for scale, name in ((1000, "千"), (100, "百"), (10, "十")):
        count, rest = divmod(value, scale)
        if count:
            head = name if value < 20 else _ZH_DIGITS[count] + name
            gap = "零" if rest and rest < scale // 10 else ""
            return head + gap + (_spelled(rest) if rest else "")
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


# ── word order ────────────────────────────────────────────────────────────────────────────────

_ZH_ASKS = re.compile(
    "几|多少|什么|啥|怎|咋|哪|谁|吗|么|多久|多长|如何|能不能|可不可以|要不要|是否"
)
_ZH_CLAUSES = re.compile(
    r"^(?P<first>[^，,？?。！\s]{3,})(?P<between>[，,\s]\s*)(?P<last>[^，,？?。！\s]{3,})$"
)
_ZH_GOES_ON = re.compile("^(?:那|就|还|又|也|但|然后|这|它|她|他|之后|可|与|我们)")
_ZH_HOW = "怎么|如何|怎样|谁|什么时候|啥时候|几号"
_ZH_VERBS = (
    "申请|报销|查询|修改|预约|预订|办理|使用|重置|下载|安装|登录|注册|缴纳|提交|领取|更换|取消"
    "|开通|计算|审批|负责|发放|认定|处理"
)
_ZH_WHAT = r"[^，,？?。！\s了后时被没把]{2,14}(?<!归|由|般|该|在)"
_ZH_VERB_FIRST = re.compile(rf"^(?P<how>{_ZH_HOW})(?P<verb>{_ZH_VERBS})(?P<what>{_ZH_WHAT})$")
_ZH_VERB_LAST = re.compile(
    rf"^(?P<what>{_ZH_WHAT})(?P<how>{_ZH_HOW})(?P<verb>{_ZH_VERBS}|[发交领批管])$"
)
_ZH_MANY = re.compile(
    r"^(?P<what>[^，,？?。！\s有是要能]{2,8})有(?P<many>(?:几|多少)[天个次种类]?)$"
)
_PLACES = "Berlin|Germany|China|Singapore|Hangzhou|Shanghai|Beijing|Chengdu|London|Europe"
_EN_BEGINS = r"(?:if|when(?! (?:is|are|do|does|did|to|will|can)\b)|after|before|while|during)\b"
_EN_CLAUSE = rf"{_EN_BEGINS}[^,?.()]+|in (?:{_PLACES})"
_EN_NO_CONDITION = "know|confirm|validate|tell|see|sure|check|decide|matter"
_EN_LAST = re.compile(
    rf"^(?P<asks>\w+ \w+(?! (?:{_EN_NO_CONDITION}) if\b)(?: (?!(?:{_EN_NO_CONDITION}) if\b)[^ ,?.()]+)+)"
    rf" (?P<clause>{_EN_CLAUSE})(?P<mark>\??)$",
    re.IGNORECASE,
)
_EN_FIRST = re.compile(
    rf"^(?P<clause>(?:{_EN_BEGINS}|in )[^,?.()]+), (?P<asks>[^,?.()]+)(?P<mark>\??)$", re.IGNORECASE
)


def turned_zh(text: str, _: Random) -> str:
    """Its parts in another order: 怎么申请年假 is 年假怎么申请, and a condition may come last."""
    bare = _END.sub("", text)
    return _turned(bare) + text[len(bare) :]


def _turned(bare: str) -> str:
    if found := _ZH_VERB_FIRST.match(bare):
        return f"{found['what']}{found['how']}{found['verb']}"
    if found := _ZH_VERB_LAST.match(bare):
        return f"{found['how']}{found['verb']}{found['what']}"
    if found := _ZH_MANY.match(bare):
        return f"有{found['many']}{found['what']}"
    found = _ZH_CLAUSES.match(bare)
    if not found or _ZH_ASKS.search(found["first"]) or _ZH_GOES_ON.match(found["last"]):
        return bare
    turned = f"{found['last']}{found['between']}{found['first']}"
    return turned if _ZH_ASKS.search(found["last"]) else bare


def turned_en(text: str, _: Random) -> str:
    """The condition first where it was last, and last where it was first."""
    if found := _EN_LAST.match(text):
        first, last, between = found["clause"], found["asks"], ", "
    elif found := _EN_FIRST.match(text):
        first, last, between = found["asks"], found["clause"], " "
    else:
        return text
    begun = first[0].upper() + first[1:] if text[0].isupper() else first
    return f"{begun}{between}{_begun_small(last)}{found['mark']}"


VARIANTS = (
    Variant(name="traditional characters", language="zh", make=traditional),
    Variant(name="words of Taiwan", language="zh", make=taiwan),
    Variant(name="a homophone typed by mistake", language="zh", make=homophone),
    Variant(name="polite", language="zh", make=polite_zh),
    Variant(name="other numerals", language="zh", make=numerals_zh),
    Variant(name="full-width letters and digits", language="zh", make=full_width),
    Variant(name="other marks", language="zh", make=marks_zh),
    Variant(name="other spaces", language="zh", make=spaces_zh),
    Variant(name="another order", language="zh", make=turned_zh),
    Variant(name="polite", language="en", make=polite_en),
    Variant(name="in capitals", language="en", make=capitals),
    Variant(name="in small letters", language="en", make=small_letters),
    Variant(name="other numerals", language="en", make=numerals_en),
    Variant(name="full-width", language="en", make=full_width),
    Variant(name="other marks", language="en", make=marks_en),
    Variant(name="other spaces", language="en", make=spaces_en),
    Variant(name="another order", language="en", make=turned_en),
)
