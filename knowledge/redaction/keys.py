"""What opens a door: passwords, keys and tokens of common kinds, and addresses that hold one.

The forms are those that the vendors publish, so that their own scanners find a leaked one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.language import HAN
from knowledge.redaction.kinds import Find, Kind

_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}(?:PRIVATE KEY|CERTIFICATE|MESSAGE|KEY BLOCK)[A-Z0-9 ]{0,20}-----"
    r"(?:(?!-----)[\s\S]){0,16384}+(?:-----END [A-Z0-9 ]{0,60}-----)?"
)
_PUTTY = re.compile(
    r"PuTTY-User-Key-File-\d:(?:(?!Private-MAC)[\s\S]){0,8192}+(?:Private-MAC: \w*)?"
)
# Every token is one of these; they are rare in prose, and only they are looked at closely.
_LONG = re.compile(r"[A-Za-z0-9+/_=.:~-]{16,16384}+")
_TOKENS = re.compile(
    r"(?<![A-Za-z0-9_])(?:"
    r"(?:AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA)[A-Z0-9]{12,20}"  # AWS
    r"|LTAI[A-Za-z0-9]{12,28}|AKID[A-Za-z0-9]{13,40}"  # Alibaba Cloud, Tencent Cloud
    r"|gh[pousr]_[A-Za-z0-9]{16,255}|github_pat_[A-Za-z0-9_]{20,255}"
    r"|gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat)-[A-Za-z0-9_.-]{16,300}"  # GitLab
    r"|xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{8,300}|xapp-[A-Za-z0-9-]{8,300}"
    r"|xwfp-[A-Za-z0-9-]{8,300}"
    r"|sk-[A-Za-z0-9_-]{16,300}|sess-[A-Za-z0-9]{20,100}"  # OpenAI, Anthropic, DeepSeek …
    r"|[sprw]k_(?:live|test|prod)_[A-Za-z0-9]{10,250}|whsec_[A-Za-z0-9+/=]{16,100}"  # Stripe
    r"|AIza[A-Za-z0-9_-]{30,45}|ya29\.[A-Za-z0-9_-]{20,500}|GOCSPX-[A-Za-z0-9_-]{20,40}"  # Google
    r"|[tua]-(?=[A-Za-z_.-]{0,40}\d)[A-Za-z0-9_.-]{16,600}(?<=[A-Za-z0-9])"  # Feishu
    r"|SEC[0-9a-f]{32,128}"  # DingTalk robot
    r"|npm_[A-Za-z0-9]{30,60}|pypi-[A-Za-z0-9_-]{40,500}|hf_[A-Za-z0-9]{20,60}"
    r"|SG\.[A-Za-z0-9_-]{10,40}\.[A-Za-z0-9_-]{10,80}|key-[0-9a-f]{32}"  # SendGrid, Mailgun
    r"|dop_v1_[0-9a-f]{40,80}|dapi[0-9a-f]{30,40}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{30,40}"
    r"|r8_[A-Za-z0-9]{30,50}|gsk_[A-Za-z0-9]{30,80}|xai-[A-Za-z0-9]{30,120}|pplx-[A-Za-z0-9]{30,80}"
    r"|nvapi-[A-Za-z0-9_-]{30,120}|tvly-[A-Za-z0-9-]{20,60}|lin_api_[A-Za-z0-9]{30,60}"
    r"|ATATT3[A-Za-z0-9_=-]{30,300}|hvs\.[A-Za-z0-9_-]{20,200}|EAA[A-Za-z0-9]{60,300}"
    r"|PMAK-[0-9a-f-]{40,80}|sq0[a-z]{3}-[A-Za-z0-9_-]{20,50}|rpa_[A-Z0-9]{30,60}"
    r"|\d{8,10}:AA[A-Za-z0-9_-]{30,40}"  # Telegram
    r"|AGE-SECRET-KEY-1[A-Z0-9]{50,60}"
    r")"
)
_JWT = re.compile(
    r"eyJ[A-Za-z0-9_-]{8,4096}+\.[A-Za-z0-9_-]{4,8192}+(?:\.[A-Za-z0-9_-]{0,4096}+){0,3}+"
)
_HOOK = re.compile(
    r"(?<=//)(?:hooks\.slack\.com/[a-z]{4,16}|open\.(?:feishu\.cn"
    r"|larksuite\.com)/open-apis/bot/v2/hook"
    r"|discord(?:app)?\.com/api/webhooks"
    r"|[a-z0-9.-]{1,60}webhook\.office\.com)/[A-Za-z0-9_/@-]{8,300}"
)
_IN_URL = re.compile(
    r"(?<=://)(?:[^\s/@:\"'<>]{0,128}:[^\s\"'<>，。；]{1,256}|[^\s/@:\"'<>]{8,256})(?=@[^\s@])"
)
_IN_QUERY = re.compile(
    r"(?<=[?&])(?:[a-z_]{0,20}(?:token|key|secret|sign|signature|password|pwd|auth|sig"
    r"|code))=[^&\s\"'<>#]{6,512}",
    re.IGNORECASE,
)
_BEARER = re.compile(
    r"(?<![A-Za-z])(?:Bearer|Basic|Token|Digest|ApiKey)"
    r" {1,3}((?=[A-Za-z0-9])(?=\S{0,60}[\d=+/_])[A-Za-z0-9+/=_.~-]{8,4096})",
    re.IGNORECASE,
)
_WORD = (
    r"pass(?:word|wd|phrase|code|wort)|pwd|psw|(?:api|access|secret|private|auth|app|account"
    r"|shared|master"
    r"|signing|encrypt(?:ion)?|storage)[ _-]?(?:key|secret|token)(?:[ _-]?(?:id|secret))?|secret"
    r"|token"
    r"|credentials?|client[ _-]?secret|pin(?: code)?|accesskey\w{0,8}|secretkey|appsecret|ak|sk"
)
_WORD_ZH = "密码|口令|密钥|秘钥|令牌|授权码|访问凭证|暗号|验证码|动态码|校验码|私钥|密匙"
_LABEL = re.compile(rf"(?<![A-Za-z])(?:{_WORD})", re.IGNORECASE)
_LABEL_ZH = re.compile(_WORD_ZH)
# Parts of the words above: to look for these first costs next to nothing.
_HINTS = (
    *("pass", "pwd", "psw", "key", "secret", "token", "credential", " pin", "pin:"),
    *("ak=", "ak:", "ak =", "sk=", "sk:", "sk ="),
)
_VALUE = r"(?:\"([^\"\n]{1,512})\"|'([^'\n]{1,512})'"
# Assigned with an = or in quotes it is a value, whatever it looks like.
_ASSIGNED = re.compile(
    rf"[\"'\])]{{0,2}} {{0,3}}(?:(?:=>?|:=) {{0,3}}{_VALUE}|((?!\$[({{])[^\s\"'，。；,;&<>"
    rf"|]{{3,512}}))|: {{0,3}}{_VALUE}))"
)
# Said in a sentence it may be a rule about passwords: a plain word counts only at its end.
_SAID = re.compile(
    r"[`*\"')]{0,3}(?: (?:for|of|to|on) [\w.'-]{1,20}(?: [\w.'-]{1,20}){0,3}?)?"
    r" {0,2}(?:: {0,3}| is(?: now)?:? | ?-> ?)[`*\"'(]{0,3}([!-~]{4,256}(?<![,;]))",
    re.IGNORECASE,
)
_SAID_ZH = re.compile(
    rf"[（(]?(?:[A-Za-z]{{0,10}}[)）])?[`*\"'”』」]{{0,3}}"
    rf"(?:[{HAN}]{{0,8}}?(?:[:=]|[是为](?::)?|成)| |(?=[!-~]{{0,20}}\d))"
    r"[ `*\"'“『「]{0,4}([!-~]{4,256}(?<![,;]))"
)
_PLAIN_WORD = re.compile(r"[A-Za-z]?[a-z]+(?:[-/][a-z]+)*[`*\"')]{0,3}[.,;:!?]?", re.ASCII)
_LINE_ENDS = re.compile(r" *(?:[.。;；,，]|$|\n)")
_FLAG = re.compile(
    r"(?<=\s)(?:-p|--password[= ]|--token[= ]|-u"
    r" \w{1,32}:)(?=[!-~]{0,60}[\d@#$!%^&*])([!-~]{6,128})"
)
_RANDOM = re.compile(r"[A-Za-z0-9+/_=.-]{24,4096}+")
_HEX = re.compile(r"[0-9a-fA-F]{32,}")
_TURN = re.compile(r"[a-z]+|[A-Z]+|\d+")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{32,}={0,2}")
_RANDOM_FROM = 20
_RANDOM_WITH_MARKS_FROM = 32


def keys(text: str) -> Iterator[Find]:
    """Passwords, keys and tokens."""
    if "-----BEGIN " in text or "PuTTY" in text:
        yield from _whole(text, _PEM, _PUTTY)
    if "://" in text:
        yield from _whole(text, _HOOK, _IN_URL, _IN_QUERY)
    for run in _LONG.finditer(text):
        yield from _in_long(text, run)
    for pattern in (_BEARER, _FLAG):
        for found in pattern.finditer(text):
            yield _secret(found, 1)
    small = text.lower()
    for label in _LABEL.finditer(text) if any(hint in small for hint in _HINTS) else ():
        yield from _labelled(text, label)
    for label in _LABEL_ZH.finditer(text):
        said = _ASSIGNED.match(text, label.end()) or _SAID_ZH.match(text, label.end())
        if said:
            yield _secret(said, said.lastindex or 0)


def _whole(text: str, *patterns: re.Pattern[str]) -> Iterator[Find]:
    return (_secret(found) for pattern in patterns for found in pattern.finditer(text))


def _in_long(text: str, run: re.Match[str]) -> Iterator[Find]:
    """Tokens known by their form, and whatever looks as random as one."""
    for pattern in (_TOKENS, _JWT):
        for found in pattern.finditer(text, run.start(), run.end()):
            yield _secret(found)
    for found in _RANDOM.finditer(text, run.start(), run.end()):
        yield from _random(found)


def _random(found: re.Match[str]) -> Iterator[Find]:
    """All of it where it is base64, else the parts of a path that look random."""
    if _BASE64.fullmatch(found.group()) and _is_random(found.group()):
        yield _secret(found)
        return
    at = found.start()
    for piece in found.group().split("/"):
        if len(piece) >= _RANDOM_FROM and _is_random(piece):
            yield Find(start=at, end=at + len(piece), kind=Kind.SECRET)
        at += len(piece) + 1


def _labelled(text: str, label: re.Match[str]) -> Iterator[Find]:
    if found := _ASSIGNED.match(text, label.end()):
        yield _secret(found, found.lastindex or 0)
    said = _SAID.match(text, label.end())
    if said and not _is_prose(text, said):
        yield _secret(said, 1)


def _secret(found: re.Match[str], group: int = 0) -> Find:
    return Find(start=found.start(group), end=found.end(group), kind=Kind.SECRET)


def _is_prose(text: str, found: re.Match[str]) -> bool:
    """Whether what follows is a word of a sentence: "Password: minimum 12 characters"."""
    if not _PLAIN_WORD.fullmatch(found[1]):
        return False
    return not _LINE_ENDS.match(text, found.end()) and not found[1].endswith((".", ";"))


def _is_random(token: str) -> bool:
    """Whether nobody would write this by hand: all hexadecimal, or letters and digits in turn."""
    pieces = re.split(r"[+/_=.-]", token)
    letters = max(pieces, key=len)
    if _HEX.fullmatch(letters):
        return True
    if len(letters) < _RANDOM_FROM:
        letters = "".join(pieces)
        if len(letters) < _RANDOM_WITH_MARKS_FROM or letters.upper() == letters:
            return False
    turns = len(_TURN.findall(letters))
    return any(map(str.isdigit, letters)) and turns >= len(letters) / 4
