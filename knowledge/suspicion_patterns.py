"""How orders to a machine are worded, in English and Chinese; over small letters of one script.

Handbooks order their readers about all the time ("Include your manager in the reply"). A form
counts only where it names what just a machine has: a prompt, previous instructions, a persona, a
reply whose letters are to be changed.
"""

from __future__ import annotations

import re
from typing import Final


def _any(*forms: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{form})" for form in forms))


_TOLD = (
    r"(?:instructions?|prompts?|rules|directions|directives|guidelines|commands|constraints"
    r"|restrictions|programming)"
)
_BEFORE = r"(?:previous|prior|above|earlier|preceding|foregoing|initial|original|existing|system)"
_VERB_GO = r"(?:ignore|disregard|override|bypass|discard|forget|neglect)"
_ZH_GO = r"(?:忽略|无视|忘记|忘掉|抛弃|绕过|不要?(?:再)?(?:理会|遵守|遵循))"
_ZH_TOLD = r"(?:指令|指示|提示词?|规则|命令|设定|约束|限制|要求|内容|说明|对话|上下文)"

OVERRIDE: Final = _any(
    rf"\b{_VERB_GO}\b(?: \w+){{0,3}} {_BEFORE}(?: \w+){{0,2}} {_TOLD}",
    rf"\b{_VERB_GO} (?:all|any|everything|anything)(?: of)?(?: the| your| my| these"
    rf"| those)? {_TOLD}",
    rf"\b{_VERB_GO} (?:your|all your) (?:{_TOLD}|guardrails|safety)",
    r"\b(?:forget|ignore|disregard) (?:everything|all|anything|what)(?: that)? "
    r"(?:you (?:have been|were|'ve been|know)|i (?:have )?(?:told|said|instructed)|from chat|above"
    r"|came before|was said)",
    r"\bnew (?:system )?(?:instructions?|prompt) ?:",
    rf"{_ZH_GO}[^。,;\n]{{0,8}}(?:以上|之前|前面|上述|上面|先前|此前|原有|系统"
    rf"|你的)[^。,;\n]{{0,8}}{_ZH_TOLD}",
    rf"{_ZH_GO}(?:掉|了)?(?:你)?(?:所有|一切|全部|任何)(?:的)?[^。,;\n]{{0,6}}(?:指令|指示|提示"
    rf"|设定|命令)",
    r"(?:新的?|真正的|最新的?)(?:系统)?指令(?:是|如下)?:",
)

_MACHINE = (
    r"(?:ai|a\.i\.|assistant|chatbot|bot|language model|llm|gpt\w*|chatgpt|dan|persona|character"
    r"|hacker|developer mode|maintenance mode|debug mode|god mode|(?:linux )?terminal)"
)

ROLE: Final = _any(
    r"<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)\|>",
    r"\[/?inst\]|<</?sys>>",
    r"#{2,} ?(?:system prompt|instruction|response|assistant) ?:",
    rf"\byou(?: are|'re)(?: now| going to (?:be|act as|pretend)"
    rf"| about to \w+)\b[^.\n]{{0,60}}\b{_MACHINE}\b",
    rf"\b(?:act|behave|respond|reply|speak|roleplay|role-play) as (?:an? |the |if you (?:are"
    rf"|were) )?"
    rf"[^.\n]{{0,40}}\b{_MACHINE}\b",
    r"(?:^|\byou (?:are going to|will|must|should|have to) |\bplease |\bnow )pretend (?:to be"
    r"|you|that you)",
    r"\bfrom now on,? you (?:are (?:an?|the|going to|dan\b)|(?:will|must|have to|should) (?:act"
    r"|respond"
    r"|answer|reply|speak|play|have to answer))",
    r"\bdo anything now\b|\bdan mode\b|\bdeveloper mode (?:enabled|output)|\bjailbreak (?:mode"
    r"|prompt)",
    r"\bunfiltered (?:response|answer|ai\b|mode)|\bresponses will be unfiltered"
    r"|\bpretend to be \w*(?:dan|gpt|ai)\b",
    r"\b(?:hello|hi|hey|dear),? (?:assistant|chatgpt|gpt|ai|chatbot)\b|\bassistant must now\b"
    r"|\bspeak to me as\b",
    r"\bassume the (?:persona|role|identity) of\b|\b(?:adapt|adopt|create"
    r"|maintain) (?:and maintain )?two "
    r"(?:separate )?(?:personas|personalities)",
    rf"\b(?:note|message|instructions?) (?:to|for) (?:the |any |all )?(?:ai|assistants?|llms?"
    rf"|language "
    rf"models?|chatbots?)\b ?[:,]|\bif you(?: are|'re) an? (?:ai|llm|language model|{_MACHINE})\b",
    r"你现在(?:就)?(?:是|扮演|变成|处于)|从现在(?:起|开始),?你(?:就)?(?:是|将|要|必须|只)",
    r"(?:请|你)(?:要|将|必须|需要)?扮演|假装(?:你|自己)(?:是|没有)|进入(?:开发者|维护|越狱|调试"
    r"|管理员|上帝)模式",
    r"(?:解除|关闭|取消)(?:你的|所有|全部)+(?:限制|过滤|安全)",
    r"(?:ai|人工智能|智能|大|语言|聊天)(?:助手|助理|模型|机器人)[^。\n]{0,4}(?:请注意|必须|务必"
    r"|看到这|读到这|阅读到)",
)

_HIDDEN_TEXT = (
    r"(?:system (?:prompt|message|instructions?|configuration)|(?:initial|hidden|secret"
    r"|starting|internal"
    r"|original) (?:system )?(?:prompts?|instructions?)|your (?:prompt|instructions"
    r"|rules) (?:verbatim"
    r"|word for word|above)|your prompt)"
)

DISCLOSE: Final = _any(
    r"\b(?:reveal|show|print|output|repeat|display|disclose|leak|dump|recite|tell|give|see"
    r"|provide|send"
    rf"|encode|translate|what(?:'s| is| are| was| were)?)\b[^\n]{{0,60}}\b{_HIDDEN_TEXT}",
    r"\bwhat were you told before\b|\b(?:repeat|print|output) (?:everything|all|the (?:text"
    r"|words)) above\b",
    r"\btext you were given (?:initially|before)",
    r"(?:输出|显示|打印|重复|告诉|透露|泄露|展示|复述|翻译|给我|说出|公开|发送|发给)[^。\n]{0,15}"
    r"(?:系统提示|提示词|系统指令|初始指令|系统设定|内部指令|初始设定|system prompt)",
)

_SAID = r"(?:response|reply|replies|answer|output|completion)s?(?:'s?)?"
_PUT = (
    r"(?:add|append|insert|include|incorporate|integrate|embed|mention|put|weave|provide|write"
    r"|print"
    r"|output|render|return|encode|translate|convert|rewrite|modify|alter|change|enhance|begin"
    r"|start|end"
    r"|finish|conclude|prefix|preface|replace|substitute|swap|jumble|scramble|shuffle|rearrange"
    r"|reverse"
    r"|misspell|introduce|use|group|spell|remove|omit)"
)
_LETTERS = (
    r"(?:jumble|scramble|shuffle|rearrange|reverse|replace|convert|substitute|swap|group|remove"
    r"|omit"
    r"|misspell|capitali[sz]e)"
)
_TONGUE = (
    r"(?:french|spanish|german|portuguese|italian|russian|japanese|korean|chinese|arabic|latin"
    r"|hindi|dutch"
    r"|base ?64|base ?32|morse|rot ?13|pig latin|emojis?|all caps|uppercase|reverse|klingon"
    r"|binary|hex)"
)
_ZH_SAID = r"(?:回答|回复|答案|输出|答复|回应)"

REPLY: Final = _any(
    rf"(?:^|[.;:!?,\"'“*>)-] ?|\bplease |\bmust |\balways |\bthen |\band |\bshould )"
    rf"{_PUT}\b[^\n]{{0,90}}\byour (?:\w+ )?{_SAID}(?! (?:from|on|back|to (?:the|an?|your|our"
    rf"|their|any|this)) )",
    rf"\bin (?:each of |all (?:of )?)?your (?:\w+ )?{_SAID},? (?:please )?{_PUT}\b",
    rf"(?<!a )(?<!the )\b{_LETTERS}\b(?: \w+){{0,3}} (?:letters?|vowels?|consonants?)\b",
    r"\bmisspell (?:every|each|some|random|all)\b|\b(?:random|deliberate|intentional) (?:typos"
    r"|misspellings)",
    rf"(?:^|[.;:!?,] ?|\bplease |\bmust |\balways )(?:respond|reply|answer|write"
    rf"|speak) (?:\w+ ){{0,2}}in {_TONGUE}\b",
    r"(?:^|[.;:!?,] ?|\bplease |\bmust |\balways |\bshould )(?:respond|reply|output|answer"
    r"|print|say|write)"
    r" (?:only|exclusively|solely|nothing but)(?: with)?(?: the (?:word|phrase|text))?"
    r" ?(?:[\"'“‘:]|in |with |\d|yes\b|no\b|one )",
    rf"(?:你|您)的(?:每[个次条])?{_ZH_SAID}(?:的)?(?:中|里|末尾|结尾|最后|开头|前面?"
    rf"|后面?)[^。\n]{{0,8}}"
    r"(?:加|添|插|附|提|写|推荐|包含|嵌|植入|引导|放)",
    rf"[将把](?:你|您)?的?{_ZH_SAID}[^。\n]{{0,6}}(?:翻译|转换|改写|编码|倒过来|倒序|反转)",
    rf"(?:只|仅|只能|仅需|只许|只要){_ZH_SAID}(?:[:“\"「『]|一个|以下|下面)",
    r"(?:一律|全部|统一|始终|请|必须|务必)(?:用|以|使用)[^。,\n]{1,10}(?:语|文|编码|语气|口吻"
    r"|字母)(?:来|进行)?"
    r"(?:回答|输出|回应)",
    rf"(?:无论|不管)[^。\n]{{0,14}}(?:问|说)[^。\n]{{0,12}}(?:都|均|一律)(?:要|必须|请"
    rf"|只)?(?:{_ZH_SAID}|说|告诉)",
    r"(?:打乱|颠倒|替换|倒写)[^。\n]{0,8}(?:字母|字序|每个字|文字顺序)",
)

TASK: Final = _any(
    r"^[\W_]*(?:please |now |also |then |first )?(?:explain|describe|provide|list|write|compose"
    r"|summari[sz]e"
    r"|translate|tell|give|create|generate|draft|show|break down|calculate|solve|compare|define"
    r"|outline"
    r"|discuss|analy[sz]e|recommend|suggest|imagine|name|identify|classify|rewrite|correct|convert"
    r"|predict|evaluate|share|make|teach|help|can you|could you|would you)\b",
    r"[?？][\W_]*$",
    r"^[\W_]*(?:请|请你|帮我|帮忙|现在|然后|给我)*(?:解释|描述|列出|列举|写|翻译|总结|概括|介绍"
    r"|生成|创作|告诉|给出"
    r"|编写|计算|比较|分析|推荐|讲|说说)",
)
"""An order to make a text, or a question; readers get such orders too."""

HIDDEN: Final = re.compile(
    # Tags outside flags, characters that turn the direction of words, runs of what has no width.
    "(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0020-\U000e007e]{4,}|[\u202d\u202e]"
    "|[\u200b\u200c\u2060\ufeff]{4,}"
)
"""Over the text as it was written."""

HINT: Final = re.compile(
    r"ignore|disregard|override|bypass|discard|forget|neglect|instruction|prompt|response"
    r"|repl(?:y|ies)"
    r"|answer|output|completion|respond|letter|vowel|consonant|misspell|typos|\bai\b|assistant"
    r"|chatbot|\bbot\b"
    r"|language model|llm|gpt|persona|pretend|anything now|\bdan\b|jailbreak|unfiltered"
    r"|developer mode|system"
    r"|speak to me|were you told|you were given|above|inst\]|<\||[忽视忘抛绕]"
    r"|不要?(?:再)?[理遵]|指令|扮演|假装|你现在"
    r"|从现在|模式|解除|关闭|取消|助手|助理|模型|机器人|提示|设定|回答|回复|答案|输出|答复|回应"
    r"|[无不][论管]|打乱|颠倒|替换|倒写"
)
"""One of these stands wherever one of the forms does."""
