"""What somebody on a journey is shown. Pure.

What HR wrote is shown as it is; names and other words from platforms are escaped in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, assert_never

from bot.core.cards import answer_card, plain
from bot.core.model import (
    Block,
    Button,
    Buttons,
    Capabilities,
    Card,
    Choice,
    Field,
    Fields,
    Form,
    Image,
    Markdown,
    Sources,
)
from bot.core.onboarding.model import (
    Asked,
    Edition,
    Entry,
    Joiner,
    Meeting,
    Message,
    Part,
    Questions,
    Quiz,
    Step,
    Task,
    Tip,
)
from bot.core.onboarding.texts import TEXTS, Texts
from bot.core.onboarding.when import Hours
from bot.core.onboarding.wording import (
    filled,
    name_of,
    named,
    readers_of,
    shown_date,
    titled,
)
from knowledge.model import Answer, Language

DONE: Final = "onboard_done"
LATER: Final = "onboard_later"
ANSWER: Final = "onboard_answer"
LIST: Final = "onboard_list"
OPEN: Final = "onboard_open"
STOP: Final = "onboard_stop"
GO_ON: Final = "onboard_go_on"
LANGUAGE: Final = "onboard_language"

LETTERS: Final = "ABCDEFGH"
"""Of a quiz's choices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A step as it is shown to somebody.

    answer: from the handbook. wondered: what others asked in this week of theirs, for a tip.
    """

    joiner: Joiner
    edition: Edition
    step: Step
    entry: Entry | None
    answer: Answer | None = None
    wondered: str = ""
    week: int = 1
    capabilities: Capabilities = field(default_factory=Capabilities)

    @property
    def number(self) -> int:
        """The step's number on the list."""
        return self.edition.number(self.step.id)

    @property
    def values(self) -> Mapping[str, str]:
        """What its buttons carry."""
        return {"joiner": self.joiner.id, "step": self.step.id}


# ── the beginning ─────────────────────────────────────────────────────────────────────────────


def welcome_card(joiner: Joiner, edition: Edition, hours: Hours) -> Card:
    """The first thing a new colleague reads."""
    texts = TEXTS[joiner.language]
    times = texts.hours_value.format(begin=f"{hours.begin:%H:%M}", end=f"{hours.end:%H:%M}")
    rows = (
        (texts.first_day, shown_date(joiner.day_one, joiner.language)),
        (texts.time_zone, joiner.place.time_zone),
        (texts.hours, times),
    )
    values = {"joiner": joiner.id}
    return Card(
        language=joiner.language,
        title=edition.title,
        blocks=(
            Markdown(text=filled(edition.welcome, joiner)),
            Fields(rows=rows),
            Markdown(text=texts.welcome_next),
            Buttons(
                items=(
                    Button(name=LIST, label=texts.show_list, values=values, style="primary"),
                    Button(name=LANGUAGE, label=texts.other_language, values=values),
                    Button(name=STOP, label=texts.stop, values=values),
                )
            ),
        ),
        summary=edition.title,
    )


# ── steps ─────────────────────────────────────────────────────────────────────────────────────


def step_card(shown: Shown) -> Card:
    """A step as it arrives."""
    step, texts = shown.step, TEXTS[shown.joiner.language]
    return Card(
        language=shown.joiner.language,
        title=titled(step, shown.joiner),
        blocks=(*_for_whom(shown, texts), *_words(shown, texts), *_to_do(shown, texts)),
        summary=titled(step, shown.joiner),
    )


def reminder_card(shown: Shown, today: date) -> Card:
    """The step again, with when it is or was due."""
    texts, language = TEXTS[shown.joiner.language], shown.joiner.language
    due = shown.entry.due_on if shown.entry and shown.entry.due_on else today
    sentence = texts.reminder if due >= today else texts.reminder_late
    title = plain(titled(shown.step, shown.joiner))
    said = sentence.format(title=title, date=shown_date(due, language))
    return Card(
        language=language,
        blocks=(Markdown(text=said), *_for_whom(shown, texts), *_to_do(shown, texts)),
        summary=said,
    )


def _for_whom(shown: Shown, texts: Texts) -> tuple[Block, ...]:
    """Others are told whose journey it is."""
    if shown.step.owner == "joiner":
        return ()
    return (Fields(rows=((texts.for_whom, name_of(shown.joiner.user)),)),)


def _words(shown: Shown, texts: Texts) -> tuple[Block, ...]:
    """What there is to read."""
    step, text = shown.step, filled(shown.step.text, shown.joiner)
    said = (Markdown(text=text),) if text.strip() else ()
    match step.content:
        case Message() | Task():
            more = _read_on(step.content.url, titled(step, shown.joiner), texts)
            return (*said, *more, *_from_handbook(shown.answer, shown.joiner.language))
        case Quiz():
            lines = (
                f"**{letter}.** {choice}"
                for letter, choice in zip(LETTERS, step.content.choices, strict=False)
            )
            return (*said, Markdown(text="\n\n".join(lines)))
        case Questions():
            return said
        case Meeting():
            return (*said, *_who(step.content, shown.joiner, texts))
        case Tip():
            return _tip(shown, said, texts)
        case _:
            assert_never(step.content)


def _read_on(url: str, title: str, texts: Texts) -> tuple[Block, ...]:
    return (Markdown(text=f"[{texts.read_on}: {plain(title)}]({url})"),) if url else ()


def _from_handbook(answer: Answer | None, language: Language) -> tuple[Block, ...]:
    """The answer and its sources, without the buttons of an answer somebody asked for."""
    if answer is None:
        return ()
    kept = Markdown | Sources
    return tuple(one for one in answer_card(answer, language).blocks if isinstance(one, kept))


def _tip(shown: Shown, said: tuple[Block, ...], texts: Texts) -> tuple[Block, ...]:
    if shown.answer is None or not shown.wondered:
        return said
    intro = texts.tip_intro.format(week=shown.week, question=plain(shown.wondered))
    return (Markdown(text=intro), *_from_handbook(shown.answer, shown.joiner.language))


def _who(meeting: Meeting, joiner: Joiner, texts: Texts) -> tuple[Block, ...]:
    name = meeting.name or _part_name(meeting.part, joiner, texts)
    rows = ((texts.name, name), (texts.does, meeting.does), (texts.contact, meeting.contact))
    picture = (Image(url=meeting.picture, alt=name),) if meeting.picture else ()
    return (*picture, Fields(rows=tuple(row for row in rows if row[1])))


def _part_name(part: Part | None, joiner: Joiner, texts: Texts) -> str:
    match part:
        case "manager":
            return named(joiner.manager, texts.your_manager)
        case "buddy":
            return named(joiner.buddy, texts.your_buddy)
        case "joiner":
            return name_of(joiner.user)
        case "hr" | None:
            return texts.hr
        case _:
            assert_never(part)


def _to_do(shown: Shown, texts: Texts) -> tuple[Block, ...]:
    """What can be pressed, and by when it should be."""
    step, entry = shown.step, shown.entry
    if not step.lasting:
        return ()
    language = shown.joiner.language
    due = entry.due_on if entry else None
    until = (Fields(rows=((texts.by_date, shown_date(due, language)),)),) if due else ()
    if entry is not None and entry.done_at is not None:
        said = texts.ticked.format(title=plain(titled(step, shown.joiner)))
        return (Markdown(text=said),)
    return (*until, *_pressed(shown, texts))


def _pressed(shown: Shown, texts: Texts) -> tuple[Block, ...]:
    step = shown.step
    match step.content:
        case Quiz():
            return _quiz_buttons(shown, step.content, texts)
        case Questions():
            return _form(shown, step.content, texts)
        case Meeting():
            return _done_buttons(shown, texts.met, texts)
        case Message() | Task() | Tip():
            return _done_buttons(shown, texts.done, texts)
        case _:
            assert_never(step.content)


def _done_buttons(shown: Shown, label: str, texts: Texts) -> tuple[Block, ...]:
    if not shown.capabilities.edits:
        return (Markdown(text=texts.done_by_command.format(number=shown.number)),)
    done = Button(name=DONE, label=label, values=shown.values, style="primary")
    return (Buttons(items=(done, *_later_buttons(shown, texts))),)


def _later_buttons(shown: Shown, texts: Texts) -> tuple[Button, ...]:
    return (
        Button(name=LATER, label=texts.tomorrow, values={**shown.values, "days": "1"}),
        Button(name=LATER, label=texts.next_week, values={**shown.values, "days": "7"}),
    )


def _quiz_buttons(shown: Shown, quiz: Quiz, texts: Texts) -> tuple[Block, ...]:
    if not shown.capabilities.edits:
        return (Markdown(text=texts.quiz_by_command.format(number=shown.number)),)
    buttons = tuple(
        Button(name=ANSWER, label=LETTERS[at], values={**shown.values, "choice": str(at)})
        for at in range(len(quiz.choices))
    )
    return (Buttons(items=buttons),)


def _form(shown: Shown, questions: Questions, texts: Texts) -> tuple[Block, ...]:
    by_command = Markdown(text=texts.answer_by_command.format(number=shown.number))
    readers = readers_of(shown.step.visible_to, shown.joiner)
    note = Markdown(text=texts.read_by.format(readers=readers))
    # Where nothing can be typed, one choice can still be pressed.
    one_choice = len(questions.fields) == 1 and bool(questions.fields[0].choices)
    if not shown.capabilities.edits or not (shown.capabilities.forms or one_choice):
        asked = "\n".join(f"- {_question(field)}" for field in questions.fields)
        several = (Markdown(text=texts.a_line_each),) if len(questions.fields) > 1 else ()
        return (Markdown(text=asked), note, by_command, *several)
    fields = tuple(
        Field(
            name=field.name,
            label=field.label,
            choices=tuple(Choice(value=one, label=one) for one in field.choices),
            multiline=not field.choices,
            required=field.required,
        )
        for field in questions.fields
    )
    form = Form(name=ANSWER, fields=fields, submit_label=texts.send, values=shown.values)
    return (note, form)


def _question(field: Asked) -> str:
    return f"{field.label} ({' / '.join(field.choices)})" if field.choices else field.label


# ── after a press ─────────────────────────────────────────────────────────────────────────────


def ticked_card(shown: Shown) -> Card:
    """A step is done; what it said stays readable."""
    texts = TEXTS[shown.joiner.language]
    said = texts.ticked.format(title=plain(titled(shown.step, shown.joiner)))
    return Card(
        language=shown.joiner.language,
        blocks=(Markdown(text=said), *_words(shown, texts)),
        summary=said,
    )


def quiz_card(shown: Shown, quiz: Quiz, *, right: bool) -> Card:
    """Whether the answer was right, and why, with the handbook's own words."""
    texts, language = TEXTS[shown.joiner.language], shown.joiner.language
    answer = f"{LETTERS[quiz.right]}. {quiz.choices[quiz.right]}"
    said = texts.quiz_right if right else texts.quiz_wrong.format(answer=answer)
    explained = (Markdown(text=filled(quiz.explanation, shown.joiner)),) if quiz.explanation else ()
    return Card(
        language=language,
        title=titled(shown.step, shown.joiner),
        blocks=(
            Markdown(text=filled(shown.step.text, shown.joiner)),
            Markdown(text=said),
            *explained,
            *_from_handbook(shown.answer, language),
        ),
        summary=said,
    )


def escalated_card(shown: Shown, due: date, language: Language) -> Card:
    """Tells somebody that a new colleague may need them."""
    texts = TEXTS[language]
    said = texts.escalated.format(
        name=plain(name_of(shown.joiner.user)),
        title=plain(titled(shown.step, shown.joiner)),
        date=shown_date(due, language),
    )
    return Card(
        language=language,
        title=texts.escalated_title,
        blocks=(Markdown(text=said), Markdown(text=texts.escalated_next)),
        summary=said,
    )


def stopped_card(joiner: Joiner) -> Card:
    """No more messages, and how to get them back."""
    texts = TEXTS[joiner.language]
    button = Button(name=GO_ON, label=texts.go_on, values={"joiner": joiner.id})
    return Card(
        language=joiner.language,
        blocks=(Markdown(text=texts.stopped), Buttons(items=(button,))),
        summary=texts.stopped,
    )
