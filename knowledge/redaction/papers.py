"""Numbers of persons that are known by their form or by the words before them.

Passports, IDs of other places, IBANs, and whatever stands after "account number" or 工号.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.redaction.kinds import Find, Kind

_FORMS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (
        re.compile(
            r"(?<![A-Za-z0-9])(?:"
            r"[EGDSPHKMC][A-HJ-NP-Z]?\d{7,8}"  # passports
            r"|[A-Z][1289]\d{8}"  # Taiwan
            r"|[STFGM]\d{7}[A-Z]"  # Singapore
            r"|[A-CEGHJ-PR-TW-Z]{2}(?: ?\d{2}){3} ?[A-D]"  # Britain
            r")(?![A-Za-z0-9])"
        ),
        Kind.ID,
    ),
    (re.compile(r"(?<![A-Za-z0-9])[A-Z]{1,2}\d{6} ?\([0-9A]\)"), Kind.ID),  # Hong Kong
    (re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])"), Kind.ID),  # United States
    (
        re.compile(
            r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?:"
            r" ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"
        ),
        Kind.CARD,
    ),
)
# A label is looked for where there is a number, for numbers are rarer than labels.
_NUMBER = r"[A-Za-z]{0,3}\d(?:[ .-]?[\dXx]){4,24}(?![A-Za-z0-9])"
_VALUE = re.compile(
    rf"(?<![A-Za-z0-9]){_NUMBER}(?: ?(?:[/、,;或]|or|and) ?\d(?:[ .-]?\d){{4,14}}(?!\d)){{0,5}}"
)
_KINDS = {"id": Kind.ID, "card": Kind.CARD, "phone": Kind.PHONE}
_LABEL = re.compile(
    r"(?:(?P<id>身份证|护照|通行证|社保号?|社会保障|驾照|驾驶证|学号|工号|员工编?号|passport"
    r"|identity card"
    r"|ID card|SSN|social security|driver'?s? licen[cs]e|employee ID|staff ID|(?<![A-Za-z])ID)"
    r"|(?P<card>卡号|银行卡|信用卡|账号|帐号|账户|公积金|开户|(?<![A-Za-z])card"
    r"|(?<![A-Za-z])account|(?<![A-Za-z])a/c)"
    r"|(?P<phone>电话|手机|座机|固话|热线|传真|联系方式|联系人|致电|拨打?|短信|总机"
    r"|(?<![A-Za-z])tel(?:ephone)?|(?<![A-Za-z])phone"
    r"|(?<![A-Za-z])mobile|(?<![A-Za-z])cell|(?<![A-Za-z])fax|(?<![A-Za-z])call"
    r"|(?<![A-Za-z])hotline|(?<![A-Za-z])text|(?<![A-Za-z])ring|(?<![A-Za-z])dial|whatsapp))"
    r"[*`)）]{0,3} ?(?:号码?|编号|number|no\.?|num|#|me|us|him|her|them)?[*`)）]{0,3}"
    r" {0,2}(?:[:#=是为在]|is|at|on)?[:]? {0,2}[*`\"'（(]{0,3}\Z",
    re.IGNORECASE,
)
_LONGEST_LABEL = 36
_FORM = re.compile(r"[A-Z]\d|[A-Z] \d\d|\d-\d\d-\d")
_NETWORKS = ("微信", "wechat", "weixin", "qq", "钉钉号", "飞书号", "telegram", "skype")
_HANDLE = re.compile(
    rf"(?:{'|'.join(_NETWORKS)})(?:号码?| ?ID)? {{0,2}}(?:[:=是为]|is) {{0,2}}[*`]{{0,2}}"
    r"([A-Za-z0-9][A-Za-z0-9_.-]{4,30})",
    re.IGNORECASE,
)


def papers(text: str) -> Iterator[Find]:
    """Papers and accounts by their form, then by the words before them."""
    if _FORM.search(text):
        for pattern, kind in _FORMS:
            for found in pattern.finditer(text):
                yield Find(start=found.start(), end=found.end(), kind=kind)
    for value in _VALUE.finditer(text):
        before = text[max(0, value.start() - _LONGEST_LABEL) : value.start()]
        if label := _LABEL.search(before):
            kind = _KINDS[label.lastgroup or "id"]
            yield Find(start=value.start(), end=value.end(), kind=kind)
    small = text.lower()
    named = any(network in small for network in _NETWORKS)
    for found in _HANDLE.finditer(text) if named else ():
        yield Find(start=found.start(1), end=found.end(1), kind=Kind.PHONE)
