"""Which of our two languages a text is in."""

from __future__ import annotations

import re

from knowledge.model import Language

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Chinese characters, as the inside of a regular expression's brackets."""

_SAMPLE_CHARACTERS = 100_000
_HAN = re.compile(f"[{HAN}]")
_LATIN_WORD = re.compile("[A-Za-z\u00c0-\u024f\uff21-\uff3a\uff41-\uff5a]+")
_CHINESE_PUNCTUATION = re.compile("[，。！？；：、（）「」《》【】]")


def language_of(text: str) -> Language:
    """Tell Chinese from English by what most of the words are.

    A Chinese character counts as much as a Latin word: `VPN怎么连` and `Kubernetes 安装` are
    Chinese, `What does 年假 mean?` is English. Text without letters goes by its punctuation.
    """
    sample = text[:_SAMPLE_CHARACTERS]
    characters = len(_HAN.findall(sample))
    words = len(_LATIN_WORD.findall(sample))
    if characters == words == 0:
        return "zh" if _CHINESE_PUNCTUATION.search(sample) else "en"
    return "zh" if characters >= words else "en"
