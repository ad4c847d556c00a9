"""Follow-up questions made whole: "那第二年呢？" after "年假有几天？" asks about annual leave.

Rules, not a model: a follow-up is recognised by its form, then either fills the matching place of
the question before it (a year for a year, 病假 for 年假) or is read together with it. The result is
what is searched for and what the model is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from knowledge.courtesy import without_courtesy
from knowledge.model import Language, Question
from knowledge.plain import plain
from knowledge.script import simplified

_ZH_OPENING = re.compile(
    r"^(?:那么|那|然后|还有|另外|如果是|如果|换成|换作|要是|假如|可是|但是|但|以及)[，,]?"
)
_ZH_CLOSING = re.compile(r"(?:又?怎么办|怎么样|怎样|又?如何|呢|吗|么)?[?？。！!\s]*$")
# …呢 after a question word is a whole question in a soft voice.
_ZH_ASKING = re.compile(r"几|多少|哪|什么|怎|谁|吗|为何|如何|多久")
_ZH_POINTING = re.compile(
    r"它|这个|那个|这种|那种|这些|那些|上面|刚才|前面|此外|其中|这里|那里|这时"
)
# What is asked of a thing that was named before: whole questions without their thing.
_ZH_LEFT_OUT = re.compile(
    r"(?:需要?|要)(?:提供|准备|交|带)?(?:什么|哪些|啥)(?:材料|证明|手续|条件|资料|文件)"
    r"|怎么(?:申请|办理?|弄|操作|报|交)|(?:在|去)?哪(?:里|儿)?(?:申请|办理?|提交|领取?|查|补办?)"
    r"|(?:需要|要|由|是)?谁(?:来)?(?:审?批|负责|签字?|决定)|(?:要)?找谁|为什么|为啥"
    r"|多久(?:能)?(?:到账|批|办好|下来|生效)|什么时候(?:到账|生效|截止)"
    r"|(?:能不能|可不可以|能否|可否|能|可以)(?:缩短|延长|提前|推迟|延期|取消|预支|折现|结转|累计|分开休|拆开)"
    r"(?:吗|么)?"
)
_EN_LEFT_OUT = re.compile(
    r"how (?:do|can|should) (?:i|we) (?:apply|request|book|claim|submit|register|cancel)"
    r"|(?:what|which) (?:documents?|papers|forms?|proof) (?:do (?:i|we) need|(?:is|are) needed)"
    r"|who (?:approves|decides|pays|signs)|where (?:do|can) (?:i|we) (?:apply|submit|register|book)"
    r"|how (?:long|soon|early|late)|by when"
    r"|can (?:i|we) (?:extend|shorten|split|postpone|transfer)",
    re.IGNORECASE,
)
_EN_OPENING = re.compile(
    r"^(?:(?:and|or|but|so|also|then|ok|okay)\b[ ,]*)?(?:what about|how about|what if|if)\b[ ,]*"
    r"|^(?:and|or|but|so|also|then|ok|okay)\b[ ,]*",
    re.IGNORECASE,
)
# "IT" in capitals is a department, no pronoun.
_EN_POINTING = re.compile(r"\b(?:[Ii]t|[Ii]ts|[Tt]hey|[Tt]hem|[Tt]hose|[Tt]hese|ones)\b")
# A short piece that starts like this has left its question out: "for a grandparent?", "by when".
_EN_DANGLING = re.compile(
    r"^(?:for|by|in|at|with|without|from|on|after|before|until|per|during)\b", re.IGNORECASE
)
# These point back only in a short question; in a longer one they belong to its own grammar.
_EN_WEAKLY_POINTING = re.compile(
    r"\b(?:that|this|(?<!is )(?<!are )there|their|one|same)\b", re.IGNORECASE
)
# Words that end in one of these are no names of a kind.
_ZH_NO_HEAD = frozenset("的了着过吗呢吧啊上下里中外前后天年月日")
_END = re.compile(r"[?？。.！!\s]+$")

# Places of a question that another value of the same kind can fill.
_SLOTS: dict[Language, tuple[re.Pattern[str], ...]] = {
    "zh": (
        re.compile(r"第[一二三四五六七八九十\d]{1,4}(?:个)?(?:年|月|周|天|次|季度)"),
        re.compile(r"(?:入职|工作|司龄)?满?[一二三四五六七八九十两\d]{1,4}年(?:以上|以内|以下)?"),
        re.compile(r"(?<![一二三四])[一二三四]线城市"),
        re.compile(r"试用期|转正后|实习期|离职后|入职前|入职后"),
        re.compile(r"20\d\d年"),
    ),
    "en": (
        re.compile(
            r"(?:(?:in|during|after|for) )?(?:the |my |your )?"
            r"(?:first|second|third|fourth|fifth|(?<!\d)\d{1,4}(?:st|nd|rd|th)) "
            r"(?:year|month|week|day|time)s?",
            re.IGNORECASE,
        ),
        re.compile(
            r"(?:after |for |with )?(?<!\d)\d{1,4} (?:years?|months?|weeks?|days?)", re.IGNORECASE
        ),
        re.compile(r"(?:during |in |after |on )?(?:the |my )?probation(?: period)?", re.IGNORECASE),
        re.compile(r"from (?:home|abroad|the office)|at (?:home|the office|work)", re.IGNORECASE),
    ),
}

# Longer texts say what they mean by themselves.
_LONGEST_ZH = 24
_LONGEST_EN = 120
_LONGEST_EN_WORDS = 12
_SHORT_EN_WORDS = 6


def standalone(question: Question) -> str:
    """The question as it would be asked without the turns before it, and without courtesy.

    Earlier follow-ups are resolved first, so that a chain of them keeps its topic.
    """
    whole = ""
    for asked in (*_asked(question), question.text):
        bare = without_courtesy(plain(asked))
        whole = _merge(whole, bare, question.language) if whole else bare
    return whole


def is_follow_up(text: str, language: Language) -> bool:
    """Whether a text leans on the question before it."""
    text = simplified(text)
    if _leaves_out(text, language):
        return True
    if language == "zh":
        if len(text) > _LONGEST_ZH:
            return False
        bare = _END.sub("", text)
        left_out = bare.endswith("呢") and not _ZH_ASKING.search(bare)
        return bool(_ZH_OPENING.match(text) or left_out or _ZH_POINTING.search(text))
    words = len(text.split())
    if words > _LONGEST_EN_WORDS or len(text) > _LONGEST_EN:
        return False
    pointing = _EN_POINTING.search(text) or (
        words <= _SHORT_EN_WORDS and _EN_WEAKLY_POINTING.search(text)
    )
    dangling = words <= _SHORT_EN_WORDS and _EN_DANGLING.match(text)
    return bool(_EN_OPENING.match(text) or pointing or dangling or words == 1)


def _leaves_out(text: str, language: Language) -> bool:
    """Whether a text is a whole question but for the thing it is about."""
    form = _ZH_LEFT_OUT if language == "zh" else _EN_LEFT_OUT
    return form.fullmatch(_END.sub("", text.strip())) is not None


def _asked(question: Question) -> Iterable[str]:
    return (turn.text for turn in question.history if turn.speaker == "user")


def _merge(before: str, text: str, language: Language) -> str:
    if not is_follow_up(text, language):
        return text
    before, text = simplified(before), simplified(text)
    fragment = _fragment(text, language)
    if not fragment:
        return before
    if _leaves_out(text, language):
        return _together(before, text, language)
    filled = _fill_slot(before, fragment, language) or _swap_kind(before, fragment, language)
    return filled or _together(before, text, language)


def _fragment(text: str, language: Language) -> str:
    """What is new in a follow-up: its opening and closing words removed."""
    if language == "zh":
        return _ZH_CLOSING.sub("", _ZH_OPENING.sub("", text)).strip("，, ")
    return _END.sub("", _EN_OPENING.sub("", text)).strip(", ")


def _fill_slot(before: str, fragment: str, language: Language) -> str | None:
    """The question before, with the fragment in the one place of its kind."""
    for slot in _SLOTS[language]:
        places = slot.findall(before)
        if slot.fullmatch(fragment) and len(places) == 1:
            return slot.sub(lambda _: fragment, before)
    return None


def _swap_kind(before: str, fragment: str, language: Language) -> str | None:
    """病假 after 年假有几天: two short words with the same head name two of a kind."""
    if language != "zh" or not 2 <= len(fragment) <= 5:
        return None
    head = fragment[-1]
    at = before.find(head)
    if at < 1 or before.count(head) != 1 or not "\u4e00" <= before[at - 1] <= "\u9fff":
        return None
    if head in _ZH_NO_HEAD:
        return None
    return before[: at - 1] + fragment + before[at + 1 :]


def _together(before: str, text: str, language: Language) -> str:
    bare = _END.sub("", before)
    return f"{bare}？{text}" if language == "zh" else f"{bare}? {text}"
