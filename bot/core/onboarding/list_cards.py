"""The list of what somebody was given to do, as a card. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from bot.core.cards import plain
from bot.core.model import Block, Button, Buttons, Card, Markdown, Progress
from bot.core.onboarding.cards import DONE, LATER, OPEN
from bot.core.onboarding.model import Edition, Entry, Joiner, Meeting, Step, Task
from bot.core.onboarding.texts import TEXTS, Texts
from bot.core.onboarding.wording import shown_date, titled

_OPEN_WITH_BUTTONS: Final = 4
"""DingTalk's cards have room for ten buttons."""

_OPEN_SHOWN: Final = 12
_DONE_SHOWN: Final = 5


def list_card(
    joiner: Joiner, edition: Edition, entries: Sequence[Entry], *, day: int, today: date
) -> Card:
    """Everything they were given to do so far, what is late first."""
    texts = TEXTS[joiner.language]
    theirs = [(entry, step) for entry in entries if (step := _theirs(edition, entry.step_id))]
    waiting = [one for one in theirs if one[0].done_at is None]
    waiting.sort(key=lambda one: (one[0].due_on or date.max, edition.number(one[1].id)))
    done = [one for one in theirs if one[0].done_at is not None]
    done.sort(key=lambda one: one[0].done_at or datetime.max)
    share = len(done) / len(theirs) if theirs else 0.0
    counted = texts.list_progress.format(day=max(1, day), done=len(done), total=len(theirs))
    return Card(
        language=joiner.language,
        title=texts.list_title.format(title=edition.title),
        blocks=(
            Progress(text=counted, fraction=share),
            *_waiting(waiting, joiner, edition, today, texts),
            *_ticked([titled(step, joiner) for _, step in done], texts),
        ),
        summary=counted,
    )


def _theirs(edition: Edition, step_id: str) -> Step | None:
    step = edition.step(step_id)
    return step if step is not None and step.owner == "joiner" else None


def _waiting(
    waiting: Sequence[tuple[Entry, Step]],
    joiner: Joiner,
    edition: Edition,
    today: date,
    texts: Texts,
) -> tuple[Block, ...]:
    if not waiting:
        return (Markdown(text=texts.list_empty),)
    lines = [
        _line(entry, step, joiner, edition, today, texts) for entry, step in waiting[:_OPEN_SHOWN]
    ]
    if len(waiting) > _OPEN_SHOWN:
        lines.append(texts.list_more.format(count=len(waiting) - _OPEN_SHOWN))
    buttons = [
        button
        for _, step in waiting[:_OPEN_WITH_BUTTONS]
        for button in _numbered(step, joiner, edition, texts)
    ]
    return (
        Markdown(text=f"**{texts.list_open}**\n\n" + "\n".join(lines)),
        Buttons(items=tuple(buttons)),
    )


def _line(
    entry: Entry, step: Step, joiner: Joiner, edition: Edition, today: date, texts: Texts
) -> str:
    title = plain(titled(step, joiner))
    until = f" · {shown_date(entry.due_on, joiner.language)}" if entry.due_on else ""
    late = f" · **{texts.list_late}**" if entry.late(today) else ""
    return f"- ☐ {edition.number(step.id)} · {title}{until}{late}"


def _numbered(step: Step, joiner: Joiner, edition: Edition, texts: Texts) -> tuple[Button, ...]:
    number = edition.number(step.id)
    values = {"joiner": joiner.id, "step": step.id, "list": "1"}
    label = texts.done_number.format(number=number)
    later = texts.later_number.format(number=number)
    return (
        # What is to be answered is shown, so that it can be.
        Button(name=DONE, label=label, values=values)
        if isinstance(step.content, Task | Meeting)
        else Button(name=OPEN, label=texts.open_number.format(number=number), values=values),
        Button(name=LATER, label=later, values={**values, "days": "1"}),
    )


def _ticked(titles: Sequence[str], texts: Texts) -> tuple[Block, ...]:
    if not titles:
        return ()
    lines = [f"- ✅ {plain(title)}" for title in titles[-_DONE_SHOWN:]]
    if len(titles) > _DONE_SHOWN:
        lines.append(f"- {texts.list_more.format(count=len(titles) - _DONE_SHOWN)}")
    return (Markdown(text=f"**{texts.list_done}**\n\n" + "\n".join(lines)),)
