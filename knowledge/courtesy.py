"""Questions without their greetings and thanks: "请问年假有几天？谢谢" asks "年假有几天？".

To a search and to an embedder, politeness is words like any others; two people who ask the same
thing, one of them politely, are to get the same answer.
"""

from __future__ import annotations

import re

from knowledge.script import simplified

_ZH_GREETING = (
    r"(?:大家|各位|同事们?|老师)?(?:你好|您好|大家好|各位好|哈喽|哈啰|嗨|早上好|上午好|中午好|下午好"
    r"|晚上好|早安|在吗|在么)[呀啊哦]?"
    r"|(?:各位|大家)?(?:老师|同事|同学|领导|前辈|朋友|伙伴)们?好[呀啊]?(?=[，,。.！!：:~～、\s])"
    # Whoever is greeted by name: 王姐你好，
    r"|[^，,。.！!？?：:~～、\s]{1,4}[你您]好[呀啊]?(?=[，,。.！!：:~～])"
)
_ZH_SORRY = (
    r"(?:不好意思|抱歉|劳驾|打[扰搅](?:一下|大家|您|你|各位)?了?"
    r"|麻烦(?:(?:您|你|大家|各位)(?:一下|下)?|问(?:一下|下)?|一下|下))"
)
_ZH_ASKING = (
    r"(?:弱弱[地的]?|顺便|小声|悄悄)(?:请?问|咨询)(?:一[句下声]|下|句)?"
    r"|(?:我?(?:这边)?有|问|想?请教)[一1]?个?(?:小)?(?:问题|疑问|事)"
    r"(?:想|要)?(?:请教|问问?|确认|咨询)?(?:一下|下|大家|各位)?(?=[，,：:])"
    r"|求(?:解答?|指教|指点|帮助|科普|大神|大佬)(?=[，,。.！!：:~～、\s])"
    r"|(?:新人|新手|小白|萌新|新员工|紧急)?(?:求助|求教|求问|请教|提问)(?=[，,。.！!：:~～、\s])"
    r"|我?(?:想|想要|需要)?(?:请问|请教|咨询|问|了解|打听|确认)(?:一下|下|问题|个问题|一个问题)+"
    r"|请问|我?想(?:请问|请教|咨询|问|了解|知道|打听)"
    r"|(?:有没有人知道|谁知道|有人知道|有谁知道)(?:[吗么](?=[，,？?\s]))?"
    r"|(?:你|您)?(?:能不能|能否|可以|可否|能)?(?:帮我|帮忙|请)?(?:告诉|告知)(?:一下)?我(?:一下)?"
)
_ZH_BEFORE = re.compile(
    rf"^(?:(?:{_ZH_GREETING}|{_ZH_SORRY}|{_ZH_ASKING})[，,。.！!？?：:~～、\s]*)+"
)
_ZH_AFTER = re.compile(
    r"(?:(?:[，,。.！!~～\s]{0,8}(?:谢谢|多谢|谢了|谢啦)"
    r"|(?:(?<=[？?])|[，,。.！!~～\s]{1,8})"
    r"(?:(?:非常|十分|万分|提前)?感谢|感激不尽|先谢过|[等求望]回复|麻烦|辛苦|拜托|在线等|急[急的]{0,4}|很急|挺急的?|有点急)"
    # 太麻烦了 is a complaint.
    r"|(?<![太很真好更么是挺最不嫌会])(?:麻烦|辛苦|拜托)(?=[大各您你了啦]))"
    r"(?:大家|各位|您|你|啦|了|哈){0,4}){1,3}[。.！!~～\s]*$"
)

_EN_GREETING = (
    r"(?:hi|hello|hey|good (?:morning|afternoon|evening|day)|morning(?=!)|greetings|dear)"
    # Whoever is greeted by name: "Hi Anna, ", but not "Hi I am ill, ".
    r"(?:(?-i: [A-Z][\w.'-]+){1,2}(?: team)?(?=[,!:](?: |$)))?"
    r"(?: (?:there|all|everyone|everybody|team|folks|colleagues|guys))?"
)
_EN_SORRY = (
    r"(?:excuse me|(?:i'?m )?sorry (?:to bother(?: you| everyone)?|for bothering(?: you)?)"
    r"|apologies|(?:just )?(?:a )?(?:quick|small|short) question"
    r"|(?:just )?(?:one|another|a (?:simple|silly)) question(?=[,:])"
    r"|i have a(?: quick| small| short)? question"
    r"|(?:i )?hope (?:(?:you|everyone)(?:'re| are| is)(?: all)?(?: doing)?|all is)"
    r" (?:well|fine|good)"
    r"|sorry if (?:this|it|that) (?:was|is|has been) (?:asked|answered)(?: (?:already|before))?"
    r"|(?:newbie|beginner|new joiner|new hire|new) here(?=[,.!:;–—-]))"
)
_EN_ASKING = (
    r"(?:just )?wondering(?: if)?|just (?:checking|asking)"
    r"|i(?: was|'m| am)(?: just)? wondering(?: if)?"
    r"|(?:could|can|would|will) (?:you|anyone|anybody|someone|somebody)(?: please| kindly)?"
    r" (?:tell|let|explain to|inform|remind)(?: me| us)(?: know)?"
    r"|(?:do|does) (?:you|anyone|anybody|someone) know"
    r"|i(?:'d| would) (?:like|love) to (?:know|ask)|i (?:want|wanted|need) to (?:know|ask)"
    r"|(?:may|can|could) i ask(?: you)?|please(?: (?:tell|let) me(?: know)?)?|kindly"
    r"|let me know|tell me"
)
_EN_BEFORE = re.compile(
    rf"^(?:(?:and |but |so )?(?:{_EN_GREETING}|{_EN_SORRY}|{_EN_ASKING})"
    r"(?! for\b|[\w'-])[,.!:;\s–—-]*)+",
    re.IGNORECASE,
)
_EN_THANKS = (
    r"(?:please|pls|cheers|(?:many )?thanks|thank you|thx|much appreciated|appreciate it)"
    r"(?: (?:so|very) much| a lot| a bunch| again| in advance)*"
    r"(?: for (?:your|the|any|all(?: your)?) (?:help|time|support|answers?|advice|reply))?"
    r"(?: all| everyone| everybody| team| folks| guys)?(?:, ?[a-z]{2,12})?"
    r"|any (?:help|hints?|advice|answer) (?:is|would be) (?:welcome|appreciated)"
    r"|(?:(?:kind|best|warm) regards|regards|best wishes)(?:, ?[a-z]{2,12})?"
    r"|looking forward to (?:your|an?|any) (?:reply|answer|response)"
    r"|have a (?:nice|good|great) (?:day|one|week|weekend)"
)
# "How do I say thank you" asks about it: behind a space alone only "thanks" is courtesy.
_EN_AFTER = re.compile(
    r"(?:(?:(?<=\?)\s{0,8}|\s{0,8}[,.!;–—-]{1,8}\s{0,8}|\s{1,8}(?!thank you[.!\s]*$))"
    rf"{_EN_THANKS})+[.!\s]*$",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"[a-z,]\s*$")
_MARKS = " ,.!?，。！？"


def without_courtesy(text: str) -> str:
    """What is asked; a text that is nothing but courtesy comes back as it is."""
    plain = simplified(text)
    source = text if len(plain) == len(text) else plain
    end = _ends(_ZH_AFTER, plain, _ends(_EN_AFTER, plain, len(plain)))
    start = _starts(_EN_BEFORE, plain, _starts(_ZH_BEFORE, plain, 0))
    bare = source[start:end].strip()
    if not bare.strip(_MARKS):
        return text
    # "Please tell me who pays" goes on in small letters; "quick question: who pays" ends before it.
    goes_on = bool(start) and text[0].isupper() and _GOES_ON.search(plain[:start])
    return bare[0].upper() + bare[1:] if goes_on else bare


def _ends(courtesy: re.Pattern[str], text: str, end: int) -> int:
    found = courtesy.search(text, 0, end)
    return found.start() if found else end


def _starts(courtesy: re.Pattern[str], text: str, start: int) -> int:
    found = courtesy.match(text[start:])
    return start + found.end() if found else start
