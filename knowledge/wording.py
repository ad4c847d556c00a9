"""When two texts are one wording of a question."""

from __future__ import annotations

from knowledge.courtesy import without_courtesy
from knowledge.quantities import fold

_END = " \t\n.,;:!?。，；：！？…~"


def wording_key(text: str) -> str:
    """The same for texts that differ in courtesy, script, letter case, spaces or end marks only."""
    return " ".join(fold(without_courtesy(text)).split()).strip(_END)
