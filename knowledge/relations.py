"""Is the relation that a sentence joins two things by one that the evidence speaks of?

"The teacher of A is B" where nobody wrote of teaching, "A is found in B" where B is its family: the
model puts what it has read of A into the place that the question keeps open. Doubted is a
relation that the question asks for and of which the evidence has not even a part of the word;
"The author" of what somebody "wrote" may be one too many, and is then quoted.

The same of whole answers: who repeats a question about a lost key with the amount of another matter
repeats words that the evidence has not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from knowledge.clauses import Said
from knowledge.words import content_words

_ZH_NOUN = re.compile(
    r"的(?P<it>[\u4e00-\u9fff]{2,6}?)(?:分别)?(?:都)?(?:是|为|有|叫|包括)(?!否|没)"
)
_ZH_PLACE = re.compile(r"(?P<it>[\u4e00-\u9fff]{2})(?:在|于)")
_ZH_WHERE = re.compile(
    rf"{_ZH_PLACE.pattern}(?:哪里?|哪儿|哪些|什么|何)[\u4e00-\u9fff]{{0,2}}[呢啊?]*$"
)
_EN_OF = re.compile(r"\b(?P<it>[a-z]{4,}) (?:of|for) [^,;.]{1,80}? (?:is|are|was|were)\b")
_EN_OWNED = re.compile(
    r"(?:['’]s|s['’]|\b(?:my|your|our|their|his|her|its)) (?P<it>[a-z]{4,}) (?:is|are|was|were)\b"
)
_EN_PLACE = re.compile(r"\b(?:is|are|was|were) (?P<it>[a-z]{4,}) (?:in|at|on|near|across)\b")
_ASKS_WHERE = re.compile(r"\bwhere\b|\bwhich (?:country|city|place|region|room|building)\b")
# What a thing is always said to have or to do, in words that differ from page to page.
_ANY_ZH = re.compile(
    r"(?:时间|日期|期限|时候|地址|地点|位置|地方|方式|方法|办法|步骤|流程|手续|原因"
    r"|目的|理由|结果|作用|用途|好处|优势|特点|特征|区别|差别|不同|内容|情况|条件"
    r"|前提|要求|标准|规定|规则|范围|名字|名称|意思|含义|定义|关系|职责|责任|职业"
    r"|身份|颜色|类型|种类|性质|属性|部分|材料|文件|人|部门|电话|号码|邮箱|网址"
    r"|链接|数量|数字|金额|费用|价格|成本|大小|长度|高度|面积|人数|天数|次数|比例"
    r"|答案|问题|建议|机会|选择|渠道|途径|入口|福利|待遇|例子|体现|代表|主要|籍贯|国籍|主角)$"
    r"|[位处属设建置放立用]$|出现|存在|发生|喜欢|取决|相当|等同"
)
_ANY_EN = frozenset(
    content_words(
        "time date day deadline period address place location site way method process "
        "procedure step reason purpose goal result outcome effect benefit advantage "
        "difference distinction content situation condition requirement standard rule policy "
        "guideline scope name title meaning definition relation responsibility duty type kind "
        "nature part material document person people department team contact phone number "
        "email link website amount cost price fee size length height area share answer "
        "question problem advice chance choice option channel example main best first next "
        "last rest thing something employee employees limit maximum minimum located based "
        "found situated available used needed required held kept stored offered provided "
        "given made done listed described explained covered included allowed possible "
    )
)
_PART_EN, _SHORT_EN = 4, 5
_FEW_WORDS = 2
_STRANGE = 0.5


def foreign_relation(sentence: Said, question: Said, evidence: Sequence[Said]) -> str:
    """A relation of the question that a sentence takes for said and no evidence speaks of, or "".

    Amounts are left to the rules of amounts.
    """
    asked = {q.value for q in question.quantities}
    if any(q.value not in asked and (q.exact or q.unit) for q in sentence.quantities):
        return ""
    heard = " ".join(said.folded for said in evidence)
    found = _zh(sentence, question) if sentence.language == "zh" else _en(sentence, question)
    return next((it for it in found if not _is_heard(it, heard)), "")


def strange_echo(sentence: Said, question: Said, evidence: Sequence[Said]) -> frozenset[str]:
    """The words that a sentence has from the question alone, if they are half of those it repeats.

    Counted are words of which the evidence has no part either: other wordings are no doubt.
    """
    echo = sentence.terms & question.terms
    heard = " ".join(said.folded for said in evidence)
    strange = frozenset(word for word in echo if not _is_heard(word, heard))
    return strange if len(strange) >= max(_FEW_WORDS, len(echo) * _STRANGE) else frozenset()


def _zh(sentence: Said, question: Said) -> Iterator[str]:
    for asking, pattern in ((_ZH_NOUN, _ZH_NOUN), (_ZH_WHERE, _ZH_PLACE)):
        asked = {match["it"] for match in asking.finditer(question.folded)}
        yield from (
            match["it"]
            for match in pattern.finditer(sentence.folded)
            if match["it"] in asked and not _ANY_ZH.search(match["it"])
        )


def _en(sentence: Said, question: Said) -> Iterator[str]:
    where = [_EN_PLACE] if _ASKS_WHERE.search(question.folded) else []
    for pattern in (_EN_OF, _EN_OWNED, *where):
        yield from (
            match["it"]
            for match in pattern.finditer(sentence.folded)
            if content_words(match["it"]) <= question.words - _ANY_EN
        )


def _is_heard(it: str, heard: str) -> bool:
    """Whether a text has a part of a relation's word: 师 of 老师, "own" of "owner"."""
    if not it.isascii():
        return any(character in heard for character in it)
    part = it[:_PART_EN] if len(it) > _SHORT_EN else it[: _PART_EN - 1]
    return part in heard
