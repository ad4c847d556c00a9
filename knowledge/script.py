"""Traditional and simplified Chinese in one script, so that 報銷 and 报销 are the same word.

What is compared and searched is in simplified characters; what a reader sees stays as it was
written. The conversion knows phrases (乾淨 is 干净, 乾隆 stays) and changes no word of a region for
another.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opencc import OpenCC


def simplified(text: str) -> str:
    """The text in simplified characters; simplified and other text comes back as it is."""
    return text if text.isascii() else _from_traditional().convert(text)


@cache
def _from_traditional() -> OpenCC:
    from opencc import OpenCC  # reads its tables, 20 ms

    return OpenCC("t2s")
