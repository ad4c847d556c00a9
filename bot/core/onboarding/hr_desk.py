"""What HR does: start, follow, nudge, reassign, pause, end, forget."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from bot.core.cards import plain, said_card
from bot.core.model import Card, CardAction, Markdown, User
from bot.core.onboarding.arrivals import best
from bot.core.onboarding.hr_cards import (
    END,
    NUDGE,
    PAUSE,
    RESUME,
    answers_card,
    person_card,
    report_card,
    state_of,
    status_card,
)
from bot.core.onboarding.model import Facts, Joiner, JoinerState, Journey, Part
from bot.core.onboarding.plan import nudge_of
from bot.core.onboarding.report import Report
from bot.core.onboarding.roster import Roster
from bot.core.onboarding.standings import Standings
from bot.core.onboarding.table import as_csv, lines_of
from bot.core.onboarding.texts import TEXTS
from bot.core.onboarding.wording import name_of, shown_date
from bot.core.replies import Replies, private_reply
from knowledge.model import Language

REHEARSAL_DAY_S: Final = 10
_CSV_CHARS: Final = 2_500
_RUNNING: Final = (JoinerState.ACTIVE, JoinerState.PAUSED)


class HrDesk:
    """HR's side of journeys; who may come here is decided by whoever calls."""

    def __init__(self, *, roster: Roster, standings: Standings, replies: Replies) -> None:
        self._roster = roster
        self._standings = standings
        self._replies = replies

    @property
    def actions(self) -> Mapping[str, Callable[[CardAction], Awaitable[None]]]:
        """What each of HR's buttons does, by its name."""
        return {
            NUDGE: self._pressed(self._nudge),
            PAUSE: self._pressed(self._pause),
            RESUME: self._pressed(self._resume),
            END: self._pressed(self._end),
        }

    # ── beginning ─────────────────────────────────────────────────────────────────────────────

    async def start(self, user: User, wanted: str, facts: Facts, language: Language) -> Card:
        """Put somebody on a journey: the one of this name, or the one that fits."""
        journey, refusal = self._chosen(user, wanted, facts, language)
        if journey is None:
            return refusal
        begun = await self._roster.begin(user, journey, facts)
        texts, joiner = TEXTS[language], begun.joiner
        title = journey.edition(language).title
        if begun.new:
            date = shown_date(joiner.day_one, language)
            said = texts.started.format(name=plain(name_of(user)), title=title, date=date)
        else:
            state = state_of(joiner.state, texts)
            said = texts.started_already.format(name=plain(name_of(user)), title=title, state=state)
        return said_card(said, language)

    async def rehearse(self, user: User, wanted: str, day_s: int, language: Language) -> Card:
        """The whole journey in minutes, for whoever wrote it."""
        facts = Facts(language=language)
        journey, refusal = self._chosen(user, wanted, facts, language)
        if journey is None:
            return refusal
        await self._roster.begin(user, journey, facts, day_s=day_s)
        title = journey.edition(language).title
        return said_card(TEXTS[language].rehearsal.format(title=title, seconds=day_s), language)

    def _chosen(
        self, user: User, wanted: str, facts: Facts, language: Language
    ) -> tuple[Journey | None, Card]:
        texts, journeys = TEXTS[language], self._roster.journeys.current
        known = ", ".join(f"`{name}`" for name in sorted(journeys)) or "–"
        if wanted:
            said = texts.journey_unknown.format(name=plain(wanted), known=known)
            return journeys.get(wanted), said_card(said, language)
        said = texts.journey_none.format(name=plain(name_of(user)), known=known)
        return best(journeys.values(), user.platform, facts), said_card(said, language)

    # ── following ─────────────────────────────────────────────────────────────────────────────

    async def status(self, language: Language) -> Card:
        """Everybody on their way."""
        people = await self._roster.joiners.all(*_RUNNING)
        real = [one for one in people if not one.day_s]
        return status_card(await self._standings.of(real), language)

    async def status_of(self, user: User, language: Language) -> Card:
        """One person's journey."""
        joiner = await self.journey_of(user)
        found = await self._standings.of([joiner], ahead=True) if joiner else ()
        if not found:
            return self._not_on_one(user, language)
        one = found[0]
        edition = self._roster.journeys.current[one.joiner.journey].edition(language)
        return person_card(one, edition, language)

    async def found(self, language: Language) -> Sequence[Report]:
        """How each journey goes."""
        return await self._standings.reports(language)

    async def reports(self, language: Language) -> Sequence[Card]:
        """The same, a card each."""
        return [report_card(one, language) for one in await self.found(language)]

    async def answers(self, user: User, reader: User, language: Language) -> Card:
        """What somebody answered, as far as this reader is one of those whom the steps name."""
        joiner = await self.journey_of(user)
        journey = self._roster.journeys.current.get(joiner.journey) if joiner else None
        if joiner is None or journey is None:
            return self._not_on_one(user, language)
        edition = journey.edition(joiner.language)
        entries = [
            entry
            for entry in await self._roster.joiners.entries(joiner.id)
            if (step := edition.step(entry.step_id))
            and self._roster.staff.may_read(step.visible_to, joiner, reader)
        ]
        return answers_card(joiner, edition, entries, language)

    async def export(self, language: Language) -> Card:
        """Where everybody is, as CSV; the beginning of it where it is long."""
        texts = TEXTS[language]
        people = [one for one in await self._roster.joiners.all() if not one.day_s]
        entries = await self._standings.entries(people)
        lines = list(lines_of(people, entries, self._roster.journeys.current))
        shown = len(lines)
        while len(as_csv(lines[:shown])) > _CSV_CHARS:
            shown = shown * 3 // 4
        text = as_csv(lines[:shown]).replace("```", "'''")
        note = texts.export_note.format(shown=shown, count=len(lines))
        blocks = (Markdown(text=f"```\n{text}```"), Markdown(text=note))
        return Card(
            language=language, title=texts.export_title, blocks=blocks, summary=texts.export_title
        )

    # ── changing ──────────────────────────────────────────────────────────────────────────────

    async def journey_of(self, user: User) -> Joiner | None:
        """The journey HR means: one that runs, else the latest."""
        theirs = [one for one in await self._roster.joiners.of(user.key) if not one.day_s]
        running = [one for one in theirs if one.state in _RUNNING]
        return next(iter((*running, *theirs)), None)

    async def change(self, what: str, user: User, language: Language) -> Card:
        """`nudge`, `pause`, `resume` or `end` somebody's journey."""
        joiner = await self.journey_of(user)
        if joiner is None:
            return self._not_on_one(user, language)
        does = {
            "nudge": self._nudge,
            "pause": self._pause,
            "resume": self._resume,
            "end": self._end,
        }
        return await does[what](joiner, language)

    async def reassign(self, user: User, part: Part, to: User, language: Language) -> Card:
        """Somebody else is manager or buddy from now on."""
        joiner = await self.journey_of(user)
        if joiner is None:
            return self._not_on_one(user, language)
        fields = {"manager": to} if part == "manager" else {"buddy": to}
        await self._roster.change(joiner, **fields)
        said = TEXTS[language].reassigned.format(
            name=plain(name_of(user)), part=part, person=plain(name_of(to))
        )
        return said_card(said, language)

    async def forget(self, user: User, language: Language) -> Card:
        """Delete all there is of somebody."""
        texts, name = TEXTS[language], plain(name_of(user))
        count = await self._roster.forget(user.key)
        if not count:
            return said_card(texts.forgotten_nothing.format(name=name), language)
        return said_card(texts.forgotten.format(name=name, count=count), language)

    async def _nudge(self, joiner: Joiner, language: Language) -> Card:
        texts, name = TEXTS[language], plain(name_of(joiner.user))
        entries = await self._roster.joiners.entries(joiner.id)
        waiting = sum(entry.done_at is None for entry in entries)
        if not waiting:
            return said_card(texts.nothing_open.format(name=name), language)
        now = self._roster.clock()
        job = nudge_of(joiner, now)
        await self._roster.agenda.plan(job.lane, [job], now=now)
        return said_card(texts.nudged.format(name=name, count=waiting), language)

    async def _pause(self, joiner: Joiner, language: Language) -> Card:
        await self._roster.pause(joiner)
        return self._said(TEXTS[language].paused, joiner, language)

    async def _resume(self, joiner: Joiner, language: Language) -> Card:
        await self._roster.resume(joiner)
        return self._said(TEXTS[language].resumed, joiner, language)

    async def _end(self, joiner: Joiner, language: Language) -> Card:
        await self._roster.end(joiner)
        return self._said(TEXTS[language].ended, joiner, language)

    def _said(self, sentence: str, joiner: Joiner, language: Language) -> Card:
        return said_card(sentence.format(name=plain(name_of(joiner.user))), language)

    def _not_on_one(self, user: User, language: Language) -> Card:
        said = TEXTS[language].not_on_a_journey.format(name=plain(name_of(user)))
        return said_card(said, language)

    def _pressed(
        self, do: Callable[[Joiner, Language], Awaitable[Card]]
    ) -> Callable[[CardAction], Awaitable[None]]:
        """A button of HR's; whoever else presses it is told so."""

        async def pressed(action: CardAction) -> None:
            language = self._roster.staff.language(action.user.platform)
            card = said_card(TEXTS[language].hr_only, language)
            allowed = self._roster.staff.is_hr(action.user)
            await self._roster.staff.noted(action, allowed)
            if allowed:
                joiner = await self._roster.joiners.find(action.values.get("joiner", ""))
                gone = said_card(TEXTS[language].step_gone, language)
                card = await do(joiner, language) if joiner else gone
            await self._replies.once(private_reply(action, card))

        return pressed
