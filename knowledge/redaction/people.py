"""People: the names of a directory, and names that their title or form of address gives away."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from knowledge.language import HAN
from knowledge.pinyin import sound
from knowledge.redaction.kinds import Find, Kind
from knowledge.script import simplified

if TYPE_CHECKING:
    from opencc import OpenCC

_COMPOUND = "欧阳|太史|端木|上官|司马|东方|独孤|南宫|夏侯|诸葛|尉迟|公孙|慕容|令狐|司徒|司空|皇甫|轩辕|宇文|长孙|闻人|申屠|呼延|澹台"
# The usual surnames, without those that are everyday words beside a title: 和, 于, 安, 时, 高, 任 …
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田姜范"
    "姚谭廖邹熊陆郝孔崔邱秦江史顾侯邵孟万段雷钱汤尹黎易武乔贺赖龚文肖齐洪莫梅庄俞柯欧葛管关倪宁"
    "張劉陳楊趙黃吳孫馬羅鄭謝韓馮蕭鄧許呂蘇盧蔣賈魏薛葉閻鍾姜譚鄒陸錢湯賴龔顧龐"
)
_TITLE = (
    "老师|先生|女士|小姐|太太|夫人|同学|同志|师傅|教授|博士|医生|大夫|律师|工程师|总监|总经理|经理|主管|主任|部长|处长|科长|局长"
    "|院长|校长|所长|董事长|董事|主席|书记|秘书|助理|会计|组长|队长|班长|店长|厂长|阿姨|叔叔|大哥|大姐|總監|經理|老師|醫生|主任"
    "|董(?!事会)|总(?![结体共数计额量部的是之务分和统价裁办公监经线会编值站要算归览部署图])|工(?![作资具程人会业期时号龄伤种位厂序商龄装艺地行牌])|导(?![航出入致师])|哥|姐"
)
_FUNCTION = "和与或及的是在给让由找请问把被向跟同对为叫说有也都就到从要会么查系下是"
_TITLED = re.compile(_TITLE)
# Surnames that are parts of everyday words, and the title 工, count only where a name may begin:
# 有关主管, 工程竣工.
_AMBIGUOUS = "关程钱文段史武齐管江温易常万顾白"
_BEGIN = rf"(?:(?<![{HAN}])|(?<=[{_FUNCTION}]))"
_GIVEN = rf"(?:(?![{_FUNCTION}])[{HAN}]){{0,2}}\Z"
_BEFORE_A_TITLE = re.compile(
    rf"(?:{_COMPOUND}|{_BEGIN}[{_SURNAMES}]|(?![{_AMBIGUOUS}])[{_SURNAMES}]){_GIVEN}"
)
_BEFORE_AN_ENGINEER = re.compile(rf"(?:{_COMPOUND}|{_BEGIN}[{_SURNAMES}]){_GIVEN}")
_LONGEST_BEFORE_A_TITLE = 4
_FAMILIAR = re.compile(
    rf"(?<![{HAN}])[小老阿][{_SURNAMES}](?![{HAN}])|(?<=[{_FUNCTION}])[小老][{_SURNAMES}](?=[{_FUNCTION}，。、！？ ])"
)
_LABELLED = re.compile(
    r"(?:姓名|联系人|申请人|负责人|收件人|经办人|审批人|员工|本人|客户|持卡人|开户人|户名|法人|法定代表人|紧急联系人|对接人|签字|签名|署名|我叫|我是|名叫)"
    rf"[*`）)]{{0,3}} {{0,2}}(?:[:是为=](?::)?|(?<=叫)|(?<=我是)) {{0,2}}((?:{_COMPOUND})[{HAN}]{{1,2}}|[{_SURNAMES}] ?[{HAN}]{{1,2}}(?![{HAN}])|[{_SURNAMES}][{HAN}]{{1,2}})"
)
_WORD = r"[A-Z][a-zà-öø-ÿ'’-]{1,20}(?:-[A-Z][a-zà-öø-ÿ]{1,20})?"
_HONORIFIC = re.compile(
    rf"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Madam|Herr|Frau)\.? {{1,2}}((?:[A-Z]\.? ?)?{_WORD}(?: (?:[A-Z]\. ?)?{_WORD}){{0,2}})"
)
_LABELLED_EN = re.compile(
    rf"(?:\b[Nn]ame|[Cc]ontact(?: person)?|[Ee]mployee|[Aa]pplicant|[Mm]anager|[Oo]wner|[Ss]igned(?: by)?|[Cc]ardholder|[Cc]ustomer|[Aa]ttn)"
    rf"[*`\"]{{0,3}}: {{0,2}}({_WORD}(?: (?:[A-Z]\. ?)?{_WORD}){{1,2}})"
    rf"|\b(?:[Mm]y name is|I am|I'm|[Dd]ear|[Rr]egards,|[Tt]hanks,|[Cc]heers,|[Ss]incerely,)\s{{1,3}}({_WORD}(?: {_WORD}){{1,2}})(?![\w])"
)
_READINGS: Mapping[str, str] = {
    "单": "shan", "曾": "zeng", "解": "xie", "仇": "qiu", "区": "ou", "查": "zha", "任": "ren", "盖": "ge",
    "朴": "piao", "翟": "zhai", "缪": "miao", "乐": "yue", "覃": "qin", "吕": "lv", "尉": "wei", "沈": "shen",
}  # fmt: skip
_HAN_NAME = re.compile(rf"[{HAN}·]{{2,20}}")
_TOKEN = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿĀ-ž]+")
# Parts of names that are words: alone they are left, in a whole name they are not.
_ALSO_WORDS = frozenset(
    "will may mark grant rich young long bill rose grace hope joy faith art dean page price case bank day"
    " summer april june august dawn chase pat sue rob drew frank ernest guy jack king bishop baker cook hunter"
    " mason carter miller smith taylor walker ward wood woods brown green white black gray grey stone field"
    " fields hill hall park parks church north south east west english french holiday sharp strong small short"
    " good best wise power powers banks law laws read reading may rice bean pope noble major sales office hr it"
    " test user admin support team wang li he she you an so song long man men can sun sang hang pan ping bin".split()
)
_LEAST_ALONE = 3
_FARTHEST_APART = 3
_BETWEEN_PARTS = frozenset(" ,.-_*\n·'’")
_BETWEEN_HAN = frozenset(" ·*_")
_ONE_HAN = re.compile(f"[{HAN}]")


class Names:
    """A directory of names, ready to be looked for: any number of them costs the same.

    Chinese names are also found in the other script, with spaces between, and as pinyin in both
    orders; others in both orders, with initials, in any case, and by each part that is no word.
    """

    def __init__(self, names: Collection[str]) -> None:
        self._han: dict[str, set[str]] = {}
        self._latin: dict[str, set[tuple[str, ...]]] = {}
        self._parts: set[str] = set()
        for name in names:
            self._add(" ".join(name.split()))
        self._longest = max((len(f) for forms in self._han.values() for f in forms), default=0)
        firsts = "".join({form[0] for form in self._han})
        self._first = re.compile(rf"[{firsts}](?=[ ·*_]{{0,3}}[{HAN}])" if firsts else r"(?!)")

    def __call__(self, text: str) -> Iterator[Find]:
        """Where a name stands; of two that begin at one place the longer."""
        if self._han:
            yield from self._in_han(text)
        if self._latin:
            yield from self._in_latin(text)

    def _add(self, name: str) -> None:
        bare = name.replace(" ", "")
        if _HAN_NAME.fullmatch(bare):
            for form in _scripts(bare.replace("·", "")):
                self._han.setdefault(form[:2], set()).add(form)
            for spelled in _spelled(bare):
                self._add_latin(spelled)
            return
        for order in _orders(name.casefold().split()):
            self._add_latin(tuple(_TOKEN.findall(" ".join(order))))
        parts = _TOKEN.findall(name.casefold())
        self._parts |= {p for p in parts if len(p) >= _LEAST_ALONE and p not in _ALSO_WORDS}

    def _add_latin(self, form: tuple[str, ...]) -> None:
        if form and len("".join(form)) >= _LEAST_ALONE:
            self._latin.setdefault(form[0], set()).add(form)

    def _in_han(self, text: str) -> Iterator[Find]:
        for first in self._first.finditer(text):
            places = [*_letters(text, first.start(), self._longest)]
            letters = "".join(text[at] for at in places)
            forms = self._han.get(letters[:2], ())
            length = max((len(form) for form in forms if letters.startswith(form)), default=0)
            if length:
                end = places[length - 1] + 1
                yield Find(start=first.start(), end=end, kind=Kind.NAME)

    def _in_latin(self, text: str) -> Iterator[Find]:
        words = _TOKEN.findall(text.casefold())
        if self._parts.isdisjoint(words) and self._latin.keys().isdisjoint(words):
            return
        tokens = [(found.start(), found.end()) for found in _TOKEN.finditer(text)]
        if len(words) != len(tokens):  # a letter that is two when it is small
            words = [text[start:end].casefold() for start, end in tokens]
        for first, word in enumerate(words):
            if word not in self._latin and word not in self._parts:
                continue
            if length := self._length(text, words, tokens, first):
                end = tokens[first + length - 1][1]
                yield Find(start=tokens[first][0], end=end, kind=Kind.NAME)

    def _length(
        self, text: str, words: list[str], tokens: list[tuple[int, int]], first: int
    ) -> int:
        """Of how many words the longest name is that begins here; 0 where none does."""
        fitting = [
            len(form)
            for form in self._latin.get(words[first], ())
            if tuple(words[first : first + len(form)]) == form
            and _near(text, tokens[first : first + len(form)])
        ]
        start, end = tokens[first]
        alone = words[first] in self._parts and not text[start:end].islower()
        return max(fitting, default=int(alone))


def addressed(text: str) -> Iterator[Find]:
    """Names with a title, an honorific or a label; the title stays."""
    yield from _titled(text)
    for pattern in (_FAMILIAR, _LABELLED, _HONORIFIC, _LABELLED_EN):
        for found in pattern.finditer(text):
            group = found.lastindex or 0
            yield Find(start=found.start(group), end=found.end(group), kind=Kind.NAME)


def _titled(text: str) -> Iterator[Find]:
    """What stands before a title and begins with a surname: 李老师, 王小明经理."""
    for title in _TITLED.finditer(text):
        begins = max(0, title.start() - _LONGEST_BEFORE_A_TITLE)
        # Up to the last place where a surname may begin, so that 找王经理 gives 王.
        before = _BEFORE_AN_ENGINEER if title.group() == "工" else _BEFORE_A_TITLE
        found = before.search(text, begins, title.start())
        if found:
            yield Find(start=found.start(), end=title.start(), kind=Kind.NAME)


def _letters(text: str, start: int, most: int) -> Iterator[int]:
    """Where the characters stand that follow each other from here, spaces and dots left out."""
    apart = 0
    for at in range(start, min(len(text), start + most * (_FARTHEST_APART + 1))):
        if text[at] in _BETWEEN_HAN:
            apart += 1
            if apart > _FARTHEST_APART:
                return
            continue
        if most == 0 or not _ONE_HAN.match(text[at]):
            return
        apart, most = 0, most - 1
        yield at


def _near(text: str, tokens: Sequence[tuple[int, int]]) -> bool:
    """Whether words stand together as those of one name do: "Smith, J.", "john.smith"."""
    return all(
        start - end <= _FARTHEST_APART and set(text[end:start]) <= _BETWEEN_PARTS
        for (_, end), (start, _) in pairwise(tokens)
    )


def _orders(parts: Sequence[str]) -> Iterable[Sequence[str]]:
    """John Q. Smith as he signs, as Smith John, J. Smith, and as johnsmith or jsmith."""
    yield parts
    if len(parts) > 1:
        first, last = parts[0], parts[-1]
        yield from ((first, last), (last, first), (last, *parts[:-1]))
        yield from ((first[0], last), (last, first[0]))
        yield from ((first + last,), (first[0] + last,), (last + first,))


def _scripts(name: str) -> set[str]:
    return {name, simplified(name), _traditional().convert(name)}


@cache
def _traditional() -> OpenCC:
    from opencc import OpenCC  # reads its tables, 20 ms

    return OpenCC("s2t")


def _spelled(name: str) -> Iterable[tuple[str, ...]]:
    """In pinyin: Zhang San, San Zhang, zhangsan; a given name in one word or in two."""
    surname = 2 if re.match(_COMPOUND, name) else 1
    syllables = [_READINGS.get(c, "") if at < surname else "" for at, c in enumerate(name)]
    syllables = [known or sound(simplified(c)) for known, c in zip(syllables, name, strict=True)]
    if not all(syllables) or len(name) == surname:
        return
    last, given = "".join(syllables[:surname]), syllables[surname:]
    for first in {("".join(given),), tuple(given)}:
        yield from ((last, *first), (*first, last))
    yield from ((last + "".join(given),), ("".join(given) + last,))
