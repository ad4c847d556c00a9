"""`/deskmate stats`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.core.access import Readers
from bot.core.cards import plain, said_card
from bot.core.charts import bars, bars_of
from bot.core.commands.table import Caller
from bot.core.library import Library
from bot.core.model import Block, Card, Fields, Invocation, Markdown, Role, Verdict
from bot.core.ports import Clock, Verdicts
from bot.core.steering import Figure, Figures
from bot.core.texts_commands import COMMAND_TEXTS
from knowledge.model import Language, Outcome

WEEKS: Final = 8
_TOPICS: Final = 5
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What happened in seven days, the first of them a Monday (UTC)."""

    figures: tuple[Figure, ...]
    helpful: int
    not_helpful: int

    def share(self, counts: Callable[[Outcome], bool]) -> float:
        """The share of answers of such outcomes, in [0, 1]; 0 where nobody asked."""
        fitting = sum(counts(figure.outcome) for figure in self.figures)
        return fitting / max(1, len(self.figures))


class Stats:
    """Counts questions, answers and verdicts by week."""

    names = ("stats", "统计")
    role = Role.OWNER

    def __init__(
        self,
        *,
        figures: Figures,
        verdicts: Verdicts,
        library: Library | None,
        readers: Readers,
        clock: Clock,
    ) -> None:
        self._figures = figures
        self._verdicts = verdicts
        self._library = library
        self._readers = readers
        self._clock = clock

    def summary(self, language: Language) -> str:
        """What it does."""
        return COMMAND_TEXTS[language].stats_command

    def usage(self, language: Language) -> str:
        """How it is typed."""
        return COMMAND_TEXTS[language].stats_usage

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """The figures."""
        texts, language = COMMAND_TEXTS[caller.language], caller.language
        first = _monday(self._clock()) - (WEEKS - 1) * _WEEK
        figures = await self._figures.since(first)
        if not figures:
            return said_card(texts.stats_none, language)
        weeks = by_week(figures, await self._verdicts.standing(), first)
        topics = await self._topics(figures, invocation)
        blocks: list[Block] = [Fields(rows=_rows(weeks, language))]
        if topics:
            listed = "\n".join(f"- {plain(title)} ({count})" for title, count in topics)
            blocks.append(Markdown(text=f"**{texts.stats_topics}**\n\n{listed}"))
        blocks.append(Markdown(text=texts.stats_note))
        return Card(
            language=language,
            title=texts.stats_title,
            blocks=tuple(blocks),
            summary=f"{texts.stats_questions}: {len(figures)}",
        )

    async def _topics(
        self, figures: Sequence[Figure], invocation: Invocation
    ) -> list[tuple[str, int]]:
        """The documents that were cited first most often, of those that the reader may read."""
        if self._library is None:
            return []
        audience = await self._readers.alone(invocation.message.user)
        titles = {one.id: one.title for one in await self._library.listed(audience=audience)}
        counted = Counter(figure.document for figure in figures if figure.document in titles)
        return [(titles[id_], count) for id_, count in counted.most_common(_TOPICS)]


def by_week(
    figures: Iterable[Figure], verdicts: Iterable[Verdict], first: datetime
) -> tuple[Week, ...]:
    """The weeks from this Monday on, oldest first."""
    answered: list[list[Figure]] = [[] for _ in range(WEEKS)]
    for figure in figures:
        week = (figure.answered_at - first) // _WEEK
        if 0 <= week < WEEKS:
            answered[week].append(figure)
    said = Counter(((one.given_at - first) // _WEEK, one.value) for one in verdicts)
    return tuple(
        Week(
            figures=tuple(answered[week]),
            helpful=said[(week, 1)],
            not_helpful=said[(week, -1)],
        )
        for week in range(WEEKS)
    )


def _monday(moment: datetime) -> datetime:
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def _rows(weeks: Sequence[Week], language: Language) -> tuple[tuple[str, str], ...]:
    texts = COMMAND_TEXTS[language]

    def counted(counts: Sequence[int]) -> str:
        return f"{bars_of(counts)} {counts[-1]}"

    def shared(fits: Callable[[Outcome], bool]) -> str:
        shares = [week.share(fits) for week in weeks]
        return f"{bars(shares)} {shares[-1]:.0%}"

    return (
        (texts.stats_questions, counted([len(week.figures) for week in weeks])),
        (texts.stats_answered, shared(lambda outcome: outcome is not Outcome.UNKNOWN)),
        (texts.stats_refused, shared(lambda outcome: outcome is Outcome.UNKNOWN)),
        (texts.stats_verified, shared(lambda outcome: outcome is Outcome.CURATED)),
        (texts.stats_helpful, counted([week.helpful for week in weeks])),
        (texts.stats_not_helpful, counted([week.not_helpful for week in weeks])),
    )
