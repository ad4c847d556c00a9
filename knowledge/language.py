"""Which of our two languages a text is in."""

from __future__ import annotations

import re

from knowledge.model import Language

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Chinese characters, as the inside of a regular expression's brackets."""

_SAMPLE_CHARACTERS = 100_000
_HAN = re.compile(f"[{HAN}]")
_LATIN_WORD = re.compile("[A-Za-z\u00c0-\u024f\uff21-\uff3a\uff41-\uff5a]+")
_OTHER_SCRIPT = re.compile("[\u3040-\u30ff\uac00-\ud7af\u0400-\u04ff\u0600-\u06ff\u0e00-\u0e7f]")
# Words of German, French, Spanish and Italian that every second sentence has and English has not.
_OTHER_WORDS = frozenset(
    "wie viele ich habe kann und ist der das wir mein meine nicht für wo wer wann muss gibt bei"
    " einen eine darf mir quel quelle est les des une je nous pour combien puis que dans mon sont"
    " cuántos cuánto cómo qué tengo puedo para una mi dónde quién quanti quando posso ho della"
    " sono".split()
)
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


def is_foreign(text: str) -> bool:
    """Whether a text is in neither of our two languages, as far as its commonest words tell."""
    sample = text[:_SAMPLE_CHARACTERS]
    if len(_OTHER_SCRIPT.findall(sample)) > 1:
        return True
    words = [word.lower() for word in _LATIN_WORD.findall(sample)]
    return sum(word in _OTHER_WORDS for word in words) >= max(2, len(words) / 3)
