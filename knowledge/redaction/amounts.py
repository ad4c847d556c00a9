"""Amounts of money. Not redacted unless asked for: most questions to a handbook are about them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.redaction.kinds import Find, Kind

_CURRENCY = (
    r"[¥$€£]|RMB|CNY|USD|EUR|GBP|HKD|HK\$|US\$|SGD|S\$|JPY|TWD|人民币|美元|美金|欧元|英镑|港币|新币"
)
_FIGURE = r"\d{1,3}(?:,\d{3}){1,5}(?:\.\d{1,4})?|\d{1,15}(?:\.\d{1,4})?"
_SCALE = r"(?: ?(?:[kKmMbB](?![a-z])|thousand|million|billion|[十百千万亿]{1,3}))?"
_UNIT = (
    r"(?:元|块钱?|万元|美元|美金|欧元|英镑|港币|港元|日元|新币|人民币|RMB|CNY|USD|EUR|GBP|HKD|SGD"
    r"|yuan|kuai"
    r"|dollars?|euros?|pounds?|bucks|[¥$€£])"
)
_MONEY = re.compile(
    rf"(?:{_CURRENCY}) ?(?:{_FIGURE}){_SCALE}(?: ?[-~至到] ?(?:{_FIGURE}){_SCALE})?"
    rf"|(?<![\d.,])(?:(?:{_FIGURE}){_SCALE} ?[-~至到] ?)?(?:{_FIGURE}){_SCALE} ?{_UNIT}(?![A-Za-z])"
    rf"|[零一二三四五六七八九十百千万亿两壹贰叁肆伍陆柒捌玖拾佰仟]{{1,20}}(?:元|块钱|美元|欧元"
    rf"|英镑|港币)",
    re.IGNORECASE,
)


def amounts(text: str) -> Iterator[Find]:
    """Amounts with their currency, ranges of them, and those in Chinese numerals."""
    for found in _MONEY.finditer(text):
        yield Find(start=found.start(), end=found.end(), kind=Kind.AMOUNT)
