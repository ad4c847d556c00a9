"""The parts of a question in another order, where a rule can tell them apart."""

from __future__ import annotations

import re
from random import Random

ENDING = re.compile(r"[\s?？。.!！]+$")
"""The marks that end a question."""

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
_EN_NO_CONDITION = re.compile(r"\b(?:know|confirm|validate|tell|see|sure|check|decide|matter)$")
_EN_LAST = re.compile(
    rf"^(?P<asks>\w+ \w+ [^,?.()]+?) (?P<clause>{_EN_CLAUSE})(?P<mark>\??)$", re.IGNORECASE
)
_EN_FIRST = re.compile(
    rf"^(?P<clause>(?:{_EN_BEGINS}|in )[^,?.()]+), (?P<asks>[^,?.()]+)(?P<mark>\??)$", re.IGNORECASE
)


def turned_zh(text: str, _: Random) -> str:
    """Its parts in another order: 怎么申请年假 is 年假怎么申请, and a condition may come last."""
    bare = ENDING.sub("", text)
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
    found = _EN_LAST.match(text)
    if found and not _EN_NO_CONDITION.search(found["asks"]):
        first, last, between = found["clause"], found["asks"], ", "
    elif found := _EN_FIRST.match(text):
        first, last, between = found["asks"], found["clause"], " "
    else:
        return text
    begun = first[0].upper() + first[1:] if text[0].isupper() else first
    return f"{begun}{between}{begun_small(last)}{found['mark']}"


def begun_small(text: str) -> str:
    """Without the capital of its first word, where that is no name: `How`, not `I` or `VPN`."""
    first = re.match(r"[A-Z][a-z']+\b(?!['’])", text)
    return text[0].lower() + text[1:] if first else text
