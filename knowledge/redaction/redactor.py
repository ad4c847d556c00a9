"""Everything that must not leave a text, found and replaced."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain
from typing import Final

from knowledge.redaction.addresses import addresses
from knowledge.redaction.amounts import amounts
from knowledge.redaction.folding import fold
from knowledge.redaction.keys import keys
from knowledge.redaction.kinds import Find, Kind, Recogniser
from knowledge.redaction.network import emails, machines
from knowledge.redaction.numbers import numbers
from knowledge.redaction.papers import papers
from knowledge.redaction.people import addressed
from knowledge.redaction.placeholders import Placeholders
from knowledge.redaction.plates import plates

RECOGNISERS: Final[tuple[Recogniser, ...]] = (
    keys, emails, machines, numbers, papers, plates, addresses, addressed,
)  # fmt: skip
"""What reads every text; a new family joins here."""


class Redactor:
    """Finds what is of these kinds.

    names: the people of the directory.
    """

    def __init__(self, kinds: Collection[Kind], names: Recogniser | None = None) -> None:
        self._kinds = frozenset(kinds)
        money = (amounts,) if Kind.AMOUNT in self._kinds else ()
        self._recognisers = (*RECOGNISERS, *money, *((names,) if names else ()))

    def finds(self, text: str) -> tuple[Find, ...]:
        """What must not leave, in the order of the text; none overlaps another."""
        folded = fold(text)
        found = chain.from_iterable(recognise(folded.text) for recognise in self._recognisers)
        wanted = [find for find in found if find.kind in self._kinds and find.start < find.end]
        return tuple(_placed(folded.place, _apart(wanted)))

    def redacted(self, text: str, placeholders: Placeholders) -> str:
        """The text as it may leave."""
        pieces, at = [], 0
        for find in self.finds(text):
            value = text[find.start : find.end]
            pieces += [text[at : find.start], placeholders.stand_in(find.kind, value)]
            at = find.end
        return "".join((*pieces, text[at:]))


def _placed(place: Callable[[int, int], tuple[int, int]], finds: Iterable[Find]) -> Iterator[Find]:
    for find in finds:
        start, end = place(find.start, find.end)
        yield Find(start=start, end=end, kind=find.kind)


def _apart(finds: list[Find]) -> Iterator[Find]:
    """Finds that overlap become one, of the kind of the longest: nothing of either leaves."""
    if not finds:
        return
    first, *others = sorted(finds, key=lambda find: (find.start, -find.end))
    start, end, longest = first.start, first.end, first
    for find in others:
        if find.start >= end:
            yield Find(start=start, end=end, kind=longest.kind)
            start, longest = find.start, find
        longest = max(longest, find, key=lambda one: one.end - one.start)
        end = max(end, find.end)
    yield Find(start=start, end=end, kind=longest.kind)
