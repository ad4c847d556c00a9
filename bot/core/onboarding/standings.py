"""Where people are, read from the stores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from bot.core.onboarding.model import Entry, Joiner
from bot.core.onboarding.report import Report, Standing, report, standing
from bot.core.onboarding.roster import Roster
from bot.core.schedule import Job
from knowledge.model import Language


class Standings:
    """Counts for HR what is kept."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster

    async def of(self, people: Sequence[Joiner], *, ahead: bool = False) -> tuple[Standing, ...]:
        """Where each of them is; who is on a journey that HR took away is left out.

        ahead: also what comes next, and what was skipped.
        """
        entries = await self.entries(people)
        jobs: defaultdict[str, list[Job]] = defaultdict(list)
        ids = [one.id for one in people] if ahead else []
        for job in await self._roster.agenda.of(*ids):
            jobs[job.lane].append(job)
        journeys = self._roster.journeys.current
        return tuple(
            standing(
                one,
                journeys[one.journey].edition(one.language),
                entries.get(one.id, ()),
                jobs[one.id],
                now=self._roster.clock(),
                hours=self._roster.terms.hours,
            )
            for one in people
            if one.journey in journeys
        )

    async def entries(self, people: Sequence[Joiner]) -> Mapping[str, Sequence[Entry]]:
        """What stands on their lists, by person."""
        found: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in await self._roster.joiners.entries(*(one.id for one in people)):
            found[entry.joiner_id].append(entry)
        return found

    async def reports(self, language: Language) -> tuple[Report, ...]:
        """How each journey goes."""
        people = await self._roster.joiners.all()
        entries = await self._roster.joiners.entries(*(one.id for one in people))
        return tuple(
            report(
                journey.id,
                journey.edition(language),
                people,
                entries,
                now=self._roster.clock(),
                hours=self._roster.terms.hours,
            )
            for journey in self._roster.journeys.current.values()
        )
