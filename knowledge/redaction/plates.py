"""Licence plates: of the mainland, new-energy cars included, British ones, and labelled ones.

Form: GA 36-2018. The letters I and O are not used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.redaction.kinds import Find, Kind

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领"
_GAP = "[ ·.•_*-]{0,2}"
_MAINLAND = re.compile(
    rf"[{_PROVINCES}] ?[A-HJ-NP-Za-hj-np-z]{_GAP}(?:[A-HJ-NP-Za-hj-np-z0-9]{_GAP}){{4}}"
    rf"(?:[A-HJ-NP-Za-hj-np-z0-9]{_GAP}[A-HJ-NP-Za-hj-np-z0-9](?![A-Za-z0-9])"
    rf"|[A-HJ-NP-Za-hj-np-z0-9](?![A-Za-z0-9])|[挂学警港澳领超试])"
)
_BRITISH = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2} ?[A-Z]{3}(?![A-Za-z0-9])")
_LABELS = ("车牌", "plate", "registration")
_LABELLED = re.compile(
    r"(?:车牌号?码?|licen[cs]e plate|number plate|plate (?:number|no\.?)|registration (?:number"
    r"|no\.?))"
    r"(?: ?(?:[:#=是为]|is))? {0,2}[*`\"']{0,2}((?=[A-Z0-9 -]{0,9}\d)[A-Z0-9](?:["
    r" -]?[A-Z0-9]){3,8})(?![A-Za-z0-9])",
    re.IGNORECASE,
)


def plates(text: str) -> Iterator[Find]:
    """Licence plates; one of mainland form has a digit at least."""
    for found in _MAINLAND.finditer(text):
        if any(map(str.isdigit, found.group())):
            yield Find(start=found.start(), end=found.end(), kind=Kind.PLATE)
    for found in _BRITISH.finditer(text):
        yield Find(start=found.start(), end=found.end(), kind=Kind.PLATE)
    small = text.lower()
    labelled = any(label in small for label in _LABELS)
    for found in _LABELLED.finditer(text) if labelled else ():
        yield Find(start=found.start(1), end=found.end(1), kind=Kind.PLATE)
