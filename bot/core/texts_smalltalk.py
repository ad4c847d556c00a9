"""What people read who asked nothing, in Chinese and in English.

As in `texts`: a sentence that is missing in one language is a type error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from knowledge.model import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallTalkTexts:
    """The words of one language.

    care_lines: public numbers, as their organisations publish them.
    care_summary: stands in notifications, so it tells nothing.
    """

    hello: str
    thanks: str
    noted: str
    goodbye: str
    who: str
    rebuke: str
    wordless: str
    care: str
    care_now: str
    care_company: str
    care_lines: str
    care_kept: str
    care_summary: str


ZH: Final = SmallTalkTexts(
    hello="您好！公司资料里的事，您都可以问我，例如“年假有几天？”。想了解什么？",
    thanks="不客气，能帮上忙就好！有问题随时问我。",
    noted="好的，有问题随时问我。",
    goodbye="再见！需要时随时找我。",
    who=(
        "我是 Deskmate，一个机器人。我根据公司资料回答问题，并附上出处；资料里没有的，我会直说，"
        "也可以替您去问同事。输入 `/deskmate help` 看我还会什么。"
    ),
    rebuke=(
        "抱歉没帮上忙。请换个说法再问我一次；如果刚才的回答不对，"
        "点一下它下面的“👎 没帮助”，或者点“问同事”，让人来解答。"
    ),
    wordless="我只看得懂文字。请用一句话告诉我您想了解什么。",
    care="听起来您现在很难受。谢谢您愿意说出来，您不必一个人扛着。",
    care_now="如果此刻有危险，请马上拨打 **120** 或 **110**，或请身边的人陪着您。",
    care_company="公司里可以找：{care}",
    care_lines=(
        "这些电话那头有人愿意听您说：\n\n- 中国大陆：全国统一心理援助热线 **12356**\n"
        "- 新加坡：**1767**\n- 德国：**0800 111 0 111**\n- 英国、爱尔兰：**116 123**\n"
        "- 美国、加拿大：**988**"
    ),
    care_kept="我没有把您的话告诉任何人。如果是我理解错了，请换个说法再问我。",
    care_summary="给您的一条私人消息",
)

EN: Final = SmallTalkTexts(
    hello=(
        "Hello! Ask me anything that stands in the company's documents, for example "
        "“How many days of annual leave do I get?”. What would you like to know?"
    ),
    thanks="You're welcome, glad to help! Ask me whenever you need something.",
    noted="All right. Ask me whenever you need something.",
    goodbye="Goodbye! I am here whenever you need me.",
    who=(
        "I am Deskmate, a bot. I answer from the company's documents and name my sources; what "
        "they do not say, I do not know, and then I can ask a colleague for you. "
        "Type `/deskmate help` to see what else I can do."
    ),
    rebuke=(
        "I am sorry that I was no help. Please ask me again in other words. If my last answer was "
        "wrong, press “👎 Not helpful” below it, or “Ask a person”."
    ),
    wordless="I can only read words. Please tell me in a sentence what you would like to know.",
    care="That sounds very hard. I am glad that you said it; you need not carry it alone.",
    care_now=(
        "If you are in danger right now, please call your emergency number (**112** in Europe, "
        "**999** in the UK, **911** in the US, **120** in China), or ask somebody to stay with you."
    ),
    care_company="At work you can turn to: {care}",
    care_lines=(
        "People listen to you here:\n\n- UK and Ireland: Samaritans **116 123**\n"
        "- Germany: TelefonSeelsorge **0800 111 0 111**\n- US and Canada: **988**\n"
        "- Singapore: Samaritans of Singapore **1767**\n- China: **12356**"
    ),
    care_kept=(
        "I have told nobody what you wrote. If I misunderstood you, please ask me in other words."
    ),
    care_summary="A message for you alone",
)

SMALL_TALK: Final[Mapping[Language, SmallTalkTexts]] = {"zh": ZH, "en": EN}
"""Both languages say the same things."""
