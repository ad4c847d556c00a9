"""People by their title, form of address or label: 李老师, Mr. Brown, 姓名：王芳."""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.language import HAN
from knowledge.redaction.kinds import Find, Kind

COMPOUND = (
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|夏侯|诸葛|尉迟|公孙|慕容|令狐|司徒|司空|皇甫|轩辕"
    "|宇文|长孙|闻人|申屠|呼延|澹台"
)
# The usual surnames, without those that are everyday words beside a title: 和, 于, 安, 时, 高, 任 …
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛"
    "叶阎余潘杜戴夏钟汪田姜范"
    "姚谭廖邹熊陆郝孔崔邱秦江史顾侯邵孟万段雷钱汤尹黎易武乔贺赖龚文肖齐洪莫梅庄俞柯欧葛管关倪宁"
    "張劉陳楊趙黃吳孫馬羅鄭謝韓馮蕭鄧許呂蘇盧蔣賈魏薛葉閻鍾姜譚鄒陸錢湯賴龔顧龐"
)
_TITLE = (
    "老师|先生|女士|小姐|太太|夫人|同学|同志|师傅|教授|博士|医生|大夫|律师|工程师|总监|总经理"
    "|经理|主管|主任|部长|处长|科长|局长"
    "|院长|校长|所长|董事长|董事|主席|书记|秘书|助理|会计|组长|队长|班长|店长|厂长|阿姨|叔叔|大哥"
    "|大姐|總監|經理|老師|醫生|主任"
    "|董(?!事会)|总(?![结体共数计额量部的是之务分和统价裁办公监经线会编值站要算归览部署图])"
    "|工(?![作资具程人会业期时号龄伤种位厂序商龄装艺地行牌])|导(?![航出入致师])|哥|姐"
)
_FUNCTION = "和与或及的是在给让由找请问把被向跟同对为叫说也都就到从要会么查系下是"
_TITLED = re.compile(_TITLE)
# Surnames that are parts of everyday words, and the title 工, count only where a name may begin:
# 有关主管, 工程竣工.
_AMBIGUOUS = "关程钱文段史武齐管江温易常万顾白"
_BEGIN = rf"(?:(?<![{HAN}])|(?<=[{_FUNCTION}]))"
_GIVEN = rf"(?:(?![{_FUNCTION}])[{HAN}]){{0,2}}\Z"
_BEFORE_A_TITLE = re.compile(
    rf"(?:{COMPOUND}|{_BEGIN}[{_SURNAMES}]|(?![{_AMBIGUOUS}])[{_SURNAMES}]){_GIVEN}"
)
_BEFORE_AN_ENGINEER = re.compile(rf"(?:{COMPOUND}|{_BEGIN}[{_SURNAMES}]){_GIVEN}")
_LONGEST_BEFORE_A_TITLE = 4
_FAMILIAR = re.compile(
    rf"(?<![{HAN}])[小老阿][{_SURNAMES}](?![{HAN}])"
    rf"|(?<=[{_FUNCTION}])[小老][{_SURNAMES}](?=[{_FUNCTION}，。、！？ ])"
)
_LABELLED = re.compile(
    r"(?:姓名|联系人|申请人|负责人|收件人|经办人|审批人|员工|本人|客户|持卡人|开户人|户名|法人"
    r"|法定代表人|紧急联系人|对接人|签字|签名|署名|我叫|我是|名叫)"
    rf"[*`）)]{{0,3}} {{0,2}}(?:[:是为=](?::)?|(?<=叫)|(?<=我是))"
    rf" {{0,2}}((?:{COMPOUND})[{HAN}]{{1,2}}|[{_SURNAMES}] ?[{HAN}]{{1,2}}(?![{HAN}])"
    rf"|[{_SURNAMES}][{HAN}]{{1,2}})"
)
_WORD = r"[A-Z][a-zà-öø-ÿ'’-]{1,20}(?:-[A-Z][a-zà-öø-ÿ]{1,20})?"
_HONORIFIC = re.compile(
    rf"(?<![A-Za-z])(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Madam|Herr|Frau)\.?"
    rf" {{1,2}}((?:[A-Z]\.?"
    rf" ?)?{_WORD}(?: (?:[A-Z]\. ?)?{_WORD}){{0,2}})"
)
_LABELLED_EN = re.compile(
    rf"(?:(?<![A-Za-z])[Nn]ame|[Cc]ontact(?: person)?|[Ee]mployee|[Aa]pplicant|[Mm]anager|[Oo]wner"
    rf"|[Ss]igned(?: by)?|[Cc]ardholder|[Cc]ustomer|[Aa]ttn)"
    rf"[*`\"]{{0,3}}: {{0,2}}({_WORD}(?: (?:[A-Z]\. ?)?{_WORD}){{1,2}})"
)
_AFTER_A_COLON = re.compile(": {0,2}[A-Z]")
_SALUTATION = re.compile(
    r"(?<![A-Za-z])(?:[Mm]y name is|I am|I'm|[Dd]ear|[Rr]egards,|[Tt]hanks,|[Cc]heers,"
    r"|[Ss]incerely,)"
    rf"\s{{1,3}}({_WORD}(?: {_WORD}){{1,2}})(?![A-Za-z])"
)
_SALUTES = ("y name is ", "I am ", "I'm ", "ear ", "egards,", "hanks,", "heers,", "incerely,")


def addressed(text: str) -> Iterator[Find]:
    """Names with a title, an honorific or a label; the title stays."""
    yield from _titled(text)
    patterns = [_FAMILIAR, _LABELLED, _HONORIFIC]
    if _AFTER_A_COLON.search(text):
        patterns.append(_LABELLED_EN)
    if any(word in text for word in _SALUTES):
        patterns.append(_SALUTATION)
    for pattern in patterns:
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
