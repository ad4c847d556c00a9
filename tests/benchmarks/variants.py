"""The same question as somebody else would type it, made by rule from a clean one.

No maker uses what the bot itself reads questions with. A maker that finds nothing to change gives
the question back as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from knowledge.model import Language
from tests.benchmarks.homophones import sounds
from tests.benchmarks.numerals import numerals_en, numerals_zh
from tests.benchmarks.word_order import ENDING, begun_small, turned_en, turned_zh

Maker = Callable[[str, Random], str]
"""A question in another form; chance decides where there are several."""

_HAN = r"\u4e00-\u9fff"


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
    "你好，", "您好！", "请问", "请问一下，", "麻烦问下，", "大家好，想咨询一下：",
    "不好意思打扰了，", "各位老师好，请教个问题，", "弱弱地问一句，", "在吗？想问下", "哈喽，",
    "新人求助，", "有人知道吗，",
)  # fmt: skip
_ZH_AFTER = (
    "谢谢", "谢谢！", "谢谢啦～", "多谢", "感谢！", "辛苦了", "麻烦了", "在线等", "急，谢谢",
    "拜托了🙏",
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


_ZH_RARER_BEFORE = (
    "打搅一下，", "小伙伴们，", "同事你好，", "求解：", "有个疑问，", "想确认个事：", "hello，",
    "早，", "请大神指点，", "刚入职，不太懂，", "抱歉打扰，想弄清楚",
)  # fmt: skip
_ZH_RARER_AFTER = (
    "蟹蟹", "万分感谢", "等回复", "thx", "先谢过", "求回复", "谢谢各位大佬", "😊",
)  # fmt: skip
_EN_RARER_BEFORE = (
    "Hiya, ", "Hi folks, small one: ", "Could someone help me understand: ", "Morning! ", "Hi HR, ",
    "Apologies if obvious, ", "One more thing: ", "I'm a bit confused, ", "Dumb question, ", "Yo, ",
)  # fmt: skip
_EN_RARER_AFTER = (
    "Ta!", "Much obliged.", "Kind regards, Tom", "TIA", "Would be great to know.", "Thx 😊",
    "Appreciated.", "Looking forward to your reply.",
)  # fmt: skip


def polite_zh(text: str, chance: Random) -> str:
    """With a greeting, with thanks, or both."""
    return _courteous_zh(text, _courtesy(_ZH_BEFORE, _ZH_AFTER, chance))


def rarer_polite_zh(text: str, chance: Random) -> str:
    """The same in less usual words."""
    return _courteous_zh(text, _courtesy(_ZH_RARER_BEFORE, _ZH_RARER_AFTER, chance))


def polite_en(text: str, chance: Random) -> str:
    """With a greeting, with thanks, or both."""
    return _courteous_en(text, _courtesy(_EN_BEFORE, _EN_AFTER, chance))


def rarer_polite_en(text: str, chance: Random) -> str:
    """The same in less usual words."""
    return _courteous_en(text, _courtesy(_EN_RARER_BEFORE, _EN_RARER_AFTER, chance))


def _courteous_zh(text: str, around: tuple[str, str]) -> str:
    before, after = around
    between = "，" if after and not ENDING.search(text) else ""
    return f"{before}{text}{between}{after}"


def _courteous_en(text: str, around: tuple[str, str]) -> str:
    before, after = around
    asked = begun_small(text) if before and not before.endswith((". ", "! ")) else text
    between = "" if not after else " " if ENDING.search(text) else ", "
    return f"{before}{asked}{between}{after}"


def _courtesy(before: Sequence[str], after: Sequence[str], chance: Random) -> tuple[str, str]:
    which = chance.choice(("before", "after", "both"))
    return (
        "" if which == "after" else chance.choice(before),
        "" if which == "before" else chance.choice(after),
    )


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
    bare = ENDING.sub("", text)
    latin = str.maketrans("，？：；（）！", ",?:;()!")
    forms = (
        *(f"{bare}{end}" for end in ("", "？？？", "?", "。", "……", "！", "～")),
        *(f"“{text}”", f"问：{text}", text.translate(latin)),
    )
    return chance.choice([form for form in forms if form != text])


def marks_en(text: str, chance: Random) -> str:
    """Another mark at the end, or none; or quoted."""
    bare = ENDING.sub("", text)
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


VARIANTS = (
    Variant(name="traditional characters", language="zh", make=traditional),
    Variant(name="words of Taiwan", language="zh", make=taiwan),
    Variant(name="a homophone typed by mistake", language="zh", make=homophone),
    Variant(name="polite", language="zh", make=polite_zh),
    Variant(name="polite in rarer words", language="zh", make=rarer_polite_zh),
    Variant(name="other numerals", language="zh", make=numerals_zh),
    Variant(name="full-width letters and digits", language="zh", make=full_width),
    Variant(name="other marks", language="zh", make=marks_zh),
    Variant(name="other spaces", language="zh", make=spaces_zh),
    Variant(name="another order", language="zh", make=turned_zh),
    Variant(name="polite", language="en", make=polite_en),
    Variant(name="polite in rarer words", language="en", make=rarer_polite_en),
    Variant(name="in capitals", language="en", make=capitals),
    Variant(name="in small letters", language="en", make=small_letters),
    Variant(name="other numerals", language="en", make=numerals_en),
    Variant(name="full-width", language="en", make=full_width),
    Variant(name="other marks", language="en", make=marks_en),
    Variant(name="other spaces", language="en", make=spaces_en),
    Variant(name="another order", language="en", make=turned_en),
)
