"""How answers come about now, and what waits to count: one small record.

It names the place whose passages count, with the model and the threshold that go with them, and
the place that an ingest fills until its documents count. How it changes is decided here; where it
is kept, and that changes come one after the other, in `bot/stores/ways.py`.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

Place: TypeAlias = Literal["first", "second"]
"""Passages lie in one of two places; what is taken in fills the other one."""

_OTHER: Final[dict[Place, Place]] = {"first": "second", "second": "first"}
_VALUE = ConfigDict(frozen=True)


class Way(BaseModel):
    """How answers come about.

    embedders, late: what the passages were embedded with. least_confidence: the threshold.
    """

    model_config = _VALUE

    place: Place = "first"
    embedders: str
    late: bool = True
    engine: str
    model: str
    base_url: str
    judge: bool
    least_confidence: float

    def can_wait_for(self, other: Way) -> bool:
        """Whether this way can go on while the other one is tried out.

        Not with other embedders, whose passages are others; nor with a model at another address,
        whose key is no longer known.
        """
        mine, theirs = ((way.embedders, way.late, way.base_url) for way in (self, other))
        return mine == theirs

    def at(self, place: Place) -> Way:
        """The same, with the passages of this place."""
        return self.model_copy(update={"place": place})


class Staged(BaseModel):
    """Documents that do not count yet.

    number: other after every ingest. filled: the place holds all that counts now, to begin with.
    ready: the ingest is finished.
    """

    model_config = _VALUE

    place: Place
    number: int
    filled: bool = False
    ready: bool = False


class Record(BaseModel):
    """What all agree on. number: of the last ingest that was staged."""

    model_config = _VALUE

    live: Way | None = None
    place: Place = "first"
    staged: Staged | None = None
    number: int = 0

    @property
    def ready(self) -> Staged | None:
        """The staged documents that may be tried out."""
        return self.staged if self.staged and self.staged.ready else None

    def followed(self, way: Way, configured: Way) -> Way:
        """How a bot goes on that answered in this way, whatever others have let count meanwhile.

        Documents are everybody's. A model or a threshold is followed only to what is configured
        here too: while replicas of two configurations run, neither drags the other along.
        """
        here = configured.at(self.place)
        return here if self.live == here else way.at(self.place)

    # ── how it changes ────────────────────────────────────────────────────────────────────────

    def started(self, configured: Way, *, holds: bool) -> Record:
        """A bot starts: all goes on as before where changes are held, else as configured."""
        if holds and self.live is not None and self.live.can_wait_for(configured):
            return self
        record = self if holds else self.settled()
        return record._with(live=configured.at(record.place))

    def settled(self) -> Record:
        """With the staged documents, if they are all there; half an ingest is forgotten."""
        place = self.ready.place if self.ready else self.place
        return self._with(live=self.live and self.live.at(place), place=place, staged=None)

    def begun(self) -> Record:
        """An ingest begins; what was staged before and does not count yet stays in its place."""
        number = self.number + 1
        before = self.staged or Staged(place=_OTHER[self.place], number=number)
        staged = before.model_copy(update={"number": number, "ready": False})
        return self._with(staged=staged, number=number)

    def filled(self, staged: Staged) -> Record:
        """The place to fill holds all that counts now."""
        if self.number != staged.number:
            return self
        return self._with(staged=staged.model_copy(update={"filled": True}))

    def finished(self, staged: Staged, *, changed: bool) -> Record:
        """An ingest is finished; where it changed nothing there is nothing to try out.

        Where another has begun meanwhile, what waits is complete only when that one is finished.
        """
        if self.number != staged.number:
            return self
        done = staged.model_copy(update={"filled": True, "ready": True}) if changed else None
        return self._with(staged=done)

    def lets(self, number: int) -> bool:
        """Whether what was tried is what would count. number: 0: without staged documents."""
        return not number or (self.ready is not None and self.ready.number == number)

    def let(self, way: Way, *, number: int) -> Record:
        """A way counts, if it still can; without staged documents the place stays what it is."""
        if not self.lets(number):
            return self
        if not number:
            return self._with(live=way.at(self.place))
        return self._with(live=way, place=way.place, staged=None)

    def restored(self) -> Record:
        """As a backup brings it: its passages lie in the first place, and nothing waits."""
        return self._with(live=self.live and self.live.at("first"), place="first", staged=None)

    def _with(self, **changes: object) -> Record:
        return self.model_copy(update=changes)
