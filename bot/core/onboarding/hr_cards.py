"""What HR is shown: who is where, how a journey goes, the week. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.core.cards import plain, said_card
from bot.core.model import Block, Button, Buttons, Card, Fields, Markdown, Progress
from bot.core.onboarding.model import Edition, Entry, Joiner, JoinerState, Questions, Quiz
from bot.core.onboarding.report import Report, Standing
from bot.core.onboarding.texts import TEXTS, Texts
from bot.core.onboarding.when import local_date
from bot.core.onboarding.wondering import Wish
from bot.core.onboarding.wording import general, name_of, shown_date
from knowledge.model import Language

NUDGE: Final = "onboard_nudge"
PAUSE: Final = "onboard_pause"
RESUME: Final = "onboard_resume"
END: Final = "onboard_end"

_PEOPLE_SHOWN: Final = 8
_STEPS_SHOWN: Final = 12
_WISHES_SHOWN: Final = 5
_BAR: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A week of onboarding. asked: also what was answered; gaps: what nobody could answer."""

    active: int
    new: int
    finished: int
    attention: tuple[Standing, ...]
    asked: tuple[Wish, ...]
    gaps: tuple[Wish, ...]


def bar(share: float) -> str:
    """A share as a bar of text: `███████░░░ 70%`."""
    full = round(min(1.0, max(0.0, share)) * _BAR)
    return f"{'█' * full}{'░' * (_BAR - full)} {share:.0%}"


def state_of(state: JoinerState, texts: Texts) -> str:
    """A state in words."""
    return {
        JoinerState.ACTIVE: texts.state_active,
        JoinerState.PAUSED: texts.state_paused,
        JoinerState.FINISHED: texts.state_finished,
        JoinerState.STOPPED: texts.state_stopped,
        JoinerState.ENDED: texts.state_ended,
    }[state]


def status_card(standings: Sequence[Standing], language: Language) -> Card:
    """Everybody on their way, who needs somebody first."""
    texts = TEXTS[language]
    if not standings:
        return said_card(texts.status_none, language)
    first = sorted(standings, key=lambda one: (-one.stuck_days, -len(one.late), -one.day))
    blocks: list[Block] = []
    for one in first[:_PEOPLE_SHOWN]:
        blocks += _person(one, texts)
    if len(first) > _PEOPLE_SHOWN:
        blocks.append(Markdown(text=texts.status_more.format(count=len(first) - _PEOPLE_SHOWN)))
    title = texts.status_title.format(count=len(standings))
    return Card(language=language, title=title, blocks=tuple(blocks), summary=title)


def _person(one: Standing, texts: Texts) -> tuple[Block, ...]:
    counted = texts.status_row.format(day=one.day, done=one.done, total=one.given)
    worries = _worries(one, texts)
    name = f"**{plain(name_of(one.joiner.user))}**" + (f" · {worries}" if worries else "")
    return (Markdown(text=name), Progress(text=counted, fraction=one.share))


def _worries(one: Standing, texts: Texts) -> str:
    late = (texts.status_late.format(count=len(one.late)),) if one.late else ()
    stuck = (texts.status_stuck.format(days=one.stuck_days),) if one.stuck else ()
    paused = (texts.state_paused,) if one.joiner.state is JoinerState.PAUSED else ()
    return " · ".join((*paused, *late, *stuck))


def person_card(one: Standing, edition: Edition, language: Language) -> Card:
    """One person's journey, and what HR can do about it."""
    texts, joiner = TEXTS[language], one.joiner
    coming = edition.step(one.next_step)
    place = joiner.place
    on = shown_date(local_date(one.next_at, place), language) if one.next_at else ""
    skipped = ", ".join(f"{reason} × {count}" for reason, count in sorted(one.skipped.items()))
    rows = (
        (texts.column_state, state_of(joiner.state, texts)),
        (texts.first_day, shown_date(joiner.day_one, language)),
        (texts.time_zone, place.time_zone),
        (texts.column_open, _titles(one.open, edition)),
        (texts.column_late, _titles(one.late, edition)),
        (texts.column_next, f"{general(coming.title, language)} · {on}" if coming else ""),
        (texts.column_skipped, skipped),
    )
    counted = texts.status_row.format(day=one.day, done=one.done, total=one.given)
    return Card(
        language=language,
        title=f"{name_of(joiner.user)} · {edition.title}",
        blocks=(
            Progress(text=counted, fraction=one.share),
            Fields(rows=tuple(row for row in rows if row[1])),
            *_handles(joiner, texts),
        ),
        summary=f"{name_of(joiner.user)}: {counted}",
    )


def _titles(step_ids: Sequence[str], edition: Edition) -> str:
    found = [step for step_id in step_ids if (step := edition.step(step_id))]
    return "; ".join(general(step.title, edition.language) for step in found)


def _handles(joiner: Joiner, texts: Texts) -> tuple[Block, ...]:
    values = {"joiner": joiner.id}
    nudge = Button(name=NUDGE, label=texts.nudge, values=values)
    pause = Button(name=PAUSE, label=texts.pause, values=values)
    resume = Button(name=RESUME, label=texts.resume, values=values)
    end = Button(name=END, label=texts.end, values=values, style="danger")
    match joiner.state:
        case JoinerState.ACTIVE:
            return (Buttons(items=(nudge, pause, end)),)
        case JoinerState.PAUSED:
            return (Buttons(items=(resume, end)),)
        case JoinerState.STOPPED | JoinerState.ENDED:
            return (Buttons(items=(resume,)),)
        case JoinerState.FINISHED:
            return ()


def report_card(found: Report, language: Language) -> Card:
    """How a journey goes, as a chart of text."""
    texts, people = TEXTS[language], found.people
    left = people.get(JoinerState.STOPPED, 0) + people.get(JoinerState.ENDED, 0)
    counted = texts.report_people_value.format(
        all=sum(people.values()),
        active=people.get(JoinerState.ACTIVE, 0) + people.get(JoinerState.PAUSED, 0),
        finished=people.get(JoinerState.FINISHED, 0),
        left=left,
    )
    quizzes = [step for step in found.steps if step.answered]
    right = sum(step.right for step in quizzes) / max(1, sum(step.answered for step in quizzes))
    share = found.done / found.given if found.given else 0.0
    rows = [
        (texts.report_people, counted),
        (texts.report_late, str(found.late)),
        *(((texts.report_quizzes, f"{right:.0%}"),) if quizzes else ()),
    ]
    title = texts.report_title.format(title=found.title)
    return Card(
        language=language,
        title=title,
        blocks=(
            Progress(text=f"{texts.report_done}: {found.done}/{found.given}", fraction=share),
            Fields(rows=tuple(rows)),
            *_steps_chart(found, language),
        ),
        summary=f"{title}: {counted}",
    )


def _steps_chart(found: Report, language: Language) -> tuple[Block, ...]:
    texts = TEXTS[language]
    if not found.steps:
        return ()
    lowest = sorted(found.steps, key=lambda step: (step.share, -step.shown, step.step_id))
    lines = []
    for step in lowest[:_STEPS_SHOWN]:
        title = plain(general(step.title, language))
        lines.append(f"- `{bar(step.share)}` {title} · {step.done}/{step.shown}")
    return (Markdown(text=f"**{texts.report_steps}**\n\n" + "\n".join(lines)),)


def week_card(week: Week, language: Language) -> Card:
    """The weekly digest: people, what they ask, and what nobody could tell them."""
    texts = TEXTS[language]
    said = texts.digest_intro.format(active=week.active, new=week.new, finished=week.finished)
    people = [
        f"- **{plain(name_of(one.joiner.user))}** · {_worries(one, texts)}"
        for one in week.attention[:_PEOPLE_SHOWN]
    ]
    blocks: list[Block] = [Markdown(text=said)]
    if people:
        blocks.append(_titled(texts.digest_attention, people))
    if week.asked:
        blocks.append(_titled(texts.digest_asked, _wishes(week.asked, texts)))
    if week.gaps:
        blocks.append(_titled(texts.digest_gaps, _wishes(week.gaps, texts)))
    if not week.asked and not week.gaps:
        blocks.append(Markdown(text=texts.digest_none))
    return Card(language=language, title=texts.digest_title, blocks=tuple(blocks), summary=said)


def _wishes(wishes: Sequence[Wish], texts: Texts) -> list[str]:
    row = texts.digest_asked_row
    shown = wishes[:_WISHES_SHOWN]
    return [f"- {row.format(question=plain(one.question), people=one.people)}" for one in shown]


def _titled(title: str, lines: Sequence[str]) -> Markdown:
    return Markdown(text=f"**{title}**\n\n" + "\n".join(lines))


def answers_card(
    joiner: Joiner, edition: Edition, entries: Sequence[Entry], language: Language
) -> Card:
    """What somebody answered; whoever calls this has sorted out what may be read."""
    texts = TEXTS[language]
    name = name_of(joiner.user)
    blocks: list[Block] = []
    for entry in entries:
        step = edition.step(entry.step_id)
        if step is None or not entry.values:
            continue
        labels = {}
        if isinstance(step.content, Questions):
            labels = {field.name: field.label for field in step.content.fields}
        mark = "✅ " if entry.right else "❌ " if isinstance(step.content, Quiz) else ""
        rows = tuple((labels.get(key, key), f"{mark}{said}") for key, said in entry.values.items())
        blocks += [Markdown(text=f"**{plain(general(step.title, language))}**"), Fields(rows=rows)]
    if not blocks:
        return said_card(texts.answers_none, language)
    title = texts.answers_title.format(name=name)
    return Card(language=language, title=title, blocks=tuple(blocks), summary=title)


def broken_card(faults: Sequence[str], language: Language) -> Card:
    """A journey file has mistakes; where."""
    texts = TEXTS[language]
    lines = [f"- `{fault.replace('`', chr(39))}`" for fault in faults[:_STEPS_SHOWN]]
    return Card(
        language=language,
        title=texts.broken_title,
        blocks=(Markdown(text=f"{texts.broken}\n\n" + "\n".join(lines)),),
        summary=texts.broken_title,
    )
