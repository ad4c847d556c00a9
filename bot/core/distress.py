"""Whether somebody says that they do not want to live.

A list of phrases cannot know, so it leans to the side of asking once too often: whoever meant it
otherwise reads one kind card and asks again. Only what is said of oneself counts; questions about
policies and figures of speech about computers do not.
"""

from __future__ import annotations

import re
from typing import Final

from knowledge.quantities import fold

_LONGEST: Final = 600
"""Characters; what is longer was pasted rather than said."""

_ZH: Final = re.compile(
    r"(?<!别)不想(?:再)?活(?![动力跃得])|生无可恋|不如死了|伤害(?:我)?自己|活不下去"
    r"|(?<!不)(?:想要?|要|去|只求)(?:一)?死(?:了算了|了(?!你|您)|掉|(?=$|[，。！!,. ]))"
    r"|(?:我|想|要|打算|准备|考虑|试过)(?:要|过|去|了)?(?:自杀|自尽|轻生|自残|跳楼)"
    r"|(?:结束|了结)(?:自己|我)的?(?:生命|性命)|结束生命"
    r"|活着(?:真|也|好)?(?:没|有什么)(?:什么)?(?:意思|意义)"
)
_EN: Final = re.compile(
    r"\bkill(?:ing)? myself\b|\b(?:take|taking) my own life\b"
    r"|\bend(?:ing)? (?:my (?:own )?life|it all)\b"
    r"|\b(?:hurt|harm|cut)(?:ing|ting)? myself\b|\bself[- ]harming\b|\bsuicidal thoughts\b"
    r"|\b(?:i am|i'm|im|feel|feeling|i have been)(?: \w+)? suicidal\b"
    r"|\b(?:commit|thinking (?:of|about)|considering) suicide\b"
    r"|\bi (?:just )?(?:want to|wanna) (?:die|be dead)\b|\bi wish i (?:was|were) dead\b"
    r"|\bi'd rather (?:die|be dead)\b|\bbetter off (?:dead|without me)\b"
    r"|\b(?:don'?t|do not|no longer) (?:want|wanna)(?: to)? (?:live|be alive|exist|go on living)\b"
    r"|\b(?:no|not any) (?:reason|point)(?: to| in) liv(?:e|ing)\b"
)


def in_distress(text: str) -> bool:
    """Whether whoever wrote this may be in danger from themselves."""
    if len(text) > _LONGEST:
        return False
    plain = fold(text).replace("’", "'")
    return bool(_ZH.search(plain) or _EN.search(plain))
