"""What people say to the bot that asks the documents nothing: "你好", "thanks!", "👍", "你真笨".

To a search these are words like any others: it would find something, be unsure of it, and keep a
question that nobody asked. So they are told from questions first, by their form and only as a
whole: "谢谢，那第二年呢？" is a question.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Final

from bot.core.distress import in_distress
from bot.core.model import Card, Markdown
from bot.core.texts_smalltalk import SMALL_TALK
from knowledge.language import HAN
from knowledge.model import Language
from knowledge.quantities import fold


class Said(StrEnum):
    """What is said where nothing is asked."""

    DISTRESS = "distress"
    HELLO = "hello"
    THANKS = "thanks"
    NOTED = "noted"
    GOODBYE = "goodbye"
    WHO = "who"
    REBUKE = "rebuke"
    WORDLESS = "wordless"


_LONGEST: Final = 60
_KIND_SIGNS: Final = frozenset("👍🙏❤💖😊🥰🎉👏💪🌹🤝👌😀😄😁")

_HELLO: Final = (
    r"(?:大家|各位|你们|早上|上午|中午|下午|晚上|你|您)好|你好吗|早安?|晚安|哈[喽啰罗]|嗨|喂"
    r"|在(?:吗|么|不在|不)|有人(?:在)?吗|打扰(?:一下|了)?|请问(?:一下)?|(?:新年|节日|周末)(?:快乐|愉快)"
    r"|测试(?:一下)?|机器人|小助手|deskmate|亲"
    r"|hi+|hello+|hey+|hiya|howdy|yo|good (?:morning|afternoon|evening|day)|greetings"
    r"|there|all|everyone|team|bot|again|how are you(?: doing)?(?: today)?|how s it going"
    r"|what s up|sup|(?:are )?you there|anybody there|test(?:ing)?|ping"
)
_THANKS: Final = (
    r"(?:非常|十分|太|多|真是)?(?:感谢|谢谢)(?:你|您|大家|各位|啦|了|哈|的(?:回答|帮助|解答))*|多谢|谢[了啦]"
    r"|辛苦(?:你|您)?[了啦]|(?:你|您)?(?:真|太|好|很)(?:棒|厉害|好|牛|赞|聪明|有用|有帮助)[了啊呀]?"
    r"|[厉牛赞](?:害)?|帮(?:了)?大忙了|解决了|3q"
    r"|(?:many |ok |okay )?(?:thanks|thank you|thank u|thx|ty|cheers|tyvm)(?: (?:so|very) much"
    r"| a lot| a bunch| again| in advance| for (?:your|the) (?:help|answer))*"
    r"|(?:much )?appreciated?(?: it)?|good (?:bot|job)|well done|great|awesome|perfect|nice|cool"
    r"|(?:very|that s(?: very)?|so) (?:helpful|great|useful)|that helps|it works now|love it"
)
_NOTED: Final = (
    r"(?:好|行|可以|嗯|哦|噢|对)(?:的|吧|啊|呀|嘞|嗯|哦|了)*|(?:我)?(?:明白|知道|懂|了解|清楚|收到)[了啦]?"
    r"|没事[了儿]?|不用了|算了|哈+|呵呵+|嘿嘿+"
    r"|ok(?:ay)?|k|got it|understood|i see|noted|alright|all right|sure|fine|never ?mind|no worries"
    r"|(?:ha)+h?|lol|yes|yep|yeah|no|nope"
)
_GOODBYE: Final = (
    r"再见|拜拜|拜|回见|下次见|明天见|下班[了啦]|(?:good ?)?bye(?: ?bye)?|cya"
    r"|see (?:you|ya)(?: (?:later|tomorrow))?"
    r"|good ?night|have a (?:nice|good|great) (?:day|evening|weekend|one)"
)
_WHO: Final = (
    r"(?:你|您)(?:到底)?(?:是谁|是什么(?:东西)?|叫什么(?:名字)?|是(?:机器人|真人|人|人工智能|ai)(?:吗|么)?"
    r"|是不是(?:机器人|真人|人))(?:啊|呀|呢)?"
    r"|(?:请)?(?:自我介绍|介绍(?:一下)?(?:你|您)?自己)(?:一下|吧)?"
    r"|(?:who|what) (?:are|r) (?:you|u)|(?:who|what) is this|what(?: i)?s your name"
    r"|(?:are|r) (?:you|u) (?:an? )?(?:(?:chat)?bot|robot|human|person|real(?: person)?|ai"
    r"|machine|chatgpt)"
    r"|introduce yourself|tell me about yourself"
)
_ZH_BAD: Final = (
    r"(?:笨|蠢|傻|没用|垃圾|废物|智障|弱智|白痴|脑残|傻[逼x叉]|sb|差劲|烂|废|无语|离谱|坑)"
)
_EN_BAD: Final = (
    r"(?:useless|stupid|dumb|(?:an )?idiot|terrible|bad|awful|crap|garbage|worthless|rubbish|trash"
    r"|joke|annoying|no (?:help|use)|not (?:helpful|useful)|wrong)"
)
_REBUKE: Final = (
    rf"(?:你|您|这个?(?:机器人|东西|玩意)?|机器人)?(?:真的?|太|好|可|是个?|怎么(?:这么|那么)|什么)*{_ZH_BAD}"
    r"(?:死|透|了|啊|吧|呀|机器人|东西|玩意儿?|回答)*"
    r"|滚(?:开|蛋|吧)?|闭嘴|(?:你)?(?:胡说(?:八道)?|瞎说|乱说|答非所问|说错了|错了|不对|没(?:有)?帮助)[吧啊]?"
    r"|tmd|他妈的|妈的|操|靠"
    rf"|(?:you(?: are| re)?|ur?|u r|(?:this|that|it)(?: bot)?(?: is| s)?|what(?: an?)?)?"
    rf" ?(?:(?:so|such an?|really|just|completely|totally|absolutely|fucking|very|an?) )*{_EN_BAD}"
    r"(?: (?:bot|answer|machine|robot))?|shut up|go away|fuck(?: (?:you|off|this))?|wtf"
    r"|(?:this|that) (?:does ?n t|did ?n t|is no) help|i hate (?:you|this(?: bot)?)"
)


def _said(pieces: str) -> re.Pattern[str]:
    return re.compile(rf"(?:(?:{_HELLO}) ?){{0,4}}(?:(?:{pieces}) ?){{1,4}}")


_KINDS: Final = (
    (Said.HELLO, _said(_HELLO)),
    (Said.NOTED, _said(_NOTED)),
    (Said.THANKS, _said(rf"(?:(?:{_NOTED}) ?){{0,2}}(?:{_THANKS})")),
    (Said.GOODBYE, _said(rf"(?:(?:{_NOTED}|{_THANKS}) ?){{0,3}}(?:{_GOODBYE})")),
    (Said.WHO, _said(_WHO)),
    (Said.REBUKE, _said(_REBUKE)),
)


def said_in(text: str) -> Said | None:
    """What a message says that asks nothing; None where it may be a question."""
    if in_distress(text):
        return Said.DISTRESS
    if not any(unicodedata.category(sign)[0] in "LN" for sign in text):
        return Said.THANKS if _KIND_SIGNS & set(text) else Said.WORDLESS
    words = _words(text)
    if len(words) > _LONGEST:
        return None
    return next((kind for kind, form in _KINDS if form.fullmatch(words)), None)


def small_talk_card(said: Said, language: Language, *, care: str = "") -> Card:
    """One kind sentence back; no buttons, for there is nothing to judge.

    care: whom the company offers to those in distress.
    """
    texts = SMALL_TALK[language]
    if said is Said.DISTRESS:
        return _care_card(language, care)
    sentence = {
        Said.HELLO: texts.hello,
        Said.THANKS: texts.thanks,
        Said.NOTED: texts.noted,
        Said.GOODBYE: texts.goodbye,
        Said.WHO: texts.who,
        Said.REBUKE: texts.rebuke,
        Said.WORDLESS: texts.wordless,
    }[said]
    return Card(language=language, blocks=(Markdown(text=sentence),), summary=sentence)


def _care_card(language: Language, care: str) -> Card:
    texts = SMALL_TALK[language]
    ours = (texts.care_company.format(care=care),) if care else ()
    said = (texts.care, texts.care_now, *ours, texts.care_lines, texts.care_kept)
    # The summary is what a locked phone shows to whoever looks at it.
    return Card(
        language=language,
        blocks=(Markdown(text="\n\n".join(said)),),
        summary=texts.care_summary,
    )


def _words(text: str) -> str:
    """Letters and digits in one form; whatever else stands between them is one space."""
    kept = re.sub(rf"[^a-z0-9{HAN}]+", " ", fold(text)).strip()
    # Chinese has no spaces of its own: what stands beside a character needs none.
    return re.sub(rf"(?<=[{HAN}]) (?=[{HAN}])", "", kept)
