"""What one person said of one answer, so that any order of arrival comes to the same.

Kept is the last vote and, of each sign, the last withdrawal: each is a maximum over all that
arrived, so neither order nor repetition changes it. What stands follows from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.core.model import Verdict
from bot.stores.wire import dump, load


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One person's words on one answer.

    said: the last vote. withdrawn: when each sign was taken back last, `0` for whichever it was.
    """

    said: Verdict | None = None
    withdrawn: Mapping[str, datetime] = field(default_factory=dict)

    def plus(self, verdict: Verdict) -> Words:
        """With one word more, or again."""
        if verdict.value == 0:
            sign = str(verdict.withdraws)
            last = max(verdict.given_at, self.withdrawn.get(sign, verdict.given_at))
            return replace(self, withdrawn={**self.withdrawn, sign: last})
        if self.said is not None and _rank(verdict) <= _rank(self.said):
            return self
        return replace(self, said=verdict)

    @property
    def standing(self) -> Verdict | None:
        """The vote that counts; None where there is none, or it was taken back."""
        if self.said is None:
            return None
        ends = (self.withdrawn.get(sign) for sign in ("0", str(self.said.value)))
        taken_back = any(end is not None and end >= self.said.given_at for end in ends)
        return None if taken_back else self.said

    @property
    def spoken_at(self) -> datetime:
        """When the last of these words was said."""
        moments = [*self.withdrawn.values(), *([self.said.given_at] if self.said else [])]
        return max(moments)


def words(payload: str | None) -> Words:
    """What is stored; what was stored before withdrawals were kept apart was one verdict."""
    if payload is None:
        return Words()
    found = load(Words, payload)
    return found if found != Words() else Words().plus(load(Verdict, payload))


def payload_of(said: Words) -> str:
    """As it is stored."""
    return dump(said)


def _rank(verdict: Verdict) -> tuple[datetime, int, str, str]:
    """The higher one counts. What was given at the same moment must have an order too."""
    return verdict.given_at, -verdict.value, verdict.reason, verdict.correction
