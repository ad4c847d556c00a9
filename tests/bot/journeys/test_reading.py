"""A journey's file is read, and every mistake in it is named with its line."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from bot.core.onboarding.model import (
    Condition,
    Day,
    Escalation,
    Meeting,
    Message,
    Questions,
    Quiz,
    Task,
    Tip,
)
from bot.journeys.reading import Draft, read

HEAD = "title: First days\nsteps:\n"


def draft(steps: str, *, head: str = HEAD) -> Draft:
    found, faults = read(head + steps, path="start.en.yaml", language="en")
    assert not faults
    assert found is not None
    return found


def faults(text: str) -> list[str]:
    found, wrong = read(text, path="start.en.yaml", language="en")
    assert (found is None) == bool(wrong)
    return [str(fault) for fault in wrong]


def test_a_whole_journey_is_read() -> None:
    found = draft(
        """
  - id: hello
    day: 1
    at: 9:30
    message: Hello {name}
    text: |
      Two
      lines
    url: https://example.com/a
    grace: 6 hours
  - id: vpn
    workday: 3
    task: Set up VPN
    handbook: How do I set up VPN?
    due_workday: 5
    remind: [2, 0]
    escalate: {after: 3, to: hr}
    owner: joiner
  - id: mood
    day: 5
    survey: How was it?
    fields:
      - {name: mood, label: How was it?, choices: [Good, Bad]}
      - {name: why, label: Why?, required: no}
    visible_to: [hr, "slack:U1"]
    when: {vpn: open}
  - id: talk
    day: 6
    meet: Have a talk
    who: manager
    when: {mood.mood: Bad}
  - id: quiz
    day: 7
    quiz: Quick question
    choices: [One, Two]
    right: 2
    because: Two is two.
  - {id: tip, day: 8, tip: Tip}
"""
    )

    hello, vpn, mood, talk, quiz, tip = found.edition.steps
    assert hello.content == Message(url="https://example.com/a")
    assert (hello.at, hello.text, hello.grace) == (time(9, 30), "Two\nlines", timedelta(hours=6))
    assert vpn.content == Task(handbook="How do I set up VPN?")
    assert (vpn.day, vpn.due) == (Day(number=3, workdays=True), Day(number=5, workdays=True))
    assert (vpn.remind, vpn.escalate) == ((0, 2), Escalation(days=3, to="hr"))
    assert isinstance(mood.content, Questions)
    assert mood.content.kind == "survey"
    assert [field.required for field in mood.content.fields] == [True, False]
    assert mood.visible_to == ("hr", "slack:U1")
    assert mood.when == (Condition(step="vpn", name="", values=("open",)),)
    assert talk.content == Meeting(part="manager")
    assert talk.when == (Condition(step="mood", name="mood", values=("Bad",)),)
    assert quiz.content == Quiz(choices=("One", "Two"), right=1, explanation="Two is two.")
    assert tip.content == Tip()


def test_who_it_is_for_and_what_begins_it_is_read() -> None:
    found = draft(
        "  - {id: a, day: 1, message: A}\n",
        head="version: 2\ntitle: T\nstarts: command\nfor: {joined: [company, 'slack:C1'],"
        " departments: RD}\naudiences: new\nsteps:\n",
    )

    assert (found.version, found.starts, found.audiences) == ("2", "command", ("new",))
    assert found.whom.joined == ("company", "slack:C1")
    assert found.whom.departments == ("RD",)


STEP = "title: T\nsteps:\n  - id: a\n    day: 1\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "start.en.yaml: the file is empty"),
        ("a: b: c", "start.en.yaml:1: no YAML"),
        ("- a\n", "start.en.yaml:1: expected keys with values"),
        ("title: T\nsteps: []\nstpes: 1\n", ":3: `stpes` is not known; did you mean `steps`?"),
        ("steps:\n  - {id: a, day: 1, message: M}\n", ":1: `title` is missing"),
        (STEP, ":3: the step is of no kind"),
        (STEP + "    message: M\n    task: T\n", ":3: the step has message and task"),
        (STEP + "    message: M\n    dya: 2\n", ":6: `dya` is not known; did you mean `day`?"),
        (STEP + "    message: M\n    day: 2\n", ":6: `day` stands here twice"),
        (STEP + "    message: M\n    workday: 2\n", ":6: `day` and `workday` exclude"),
        ("title: T\nsteps:\n  - id: a\n    message: M\n", ":3: `day` is missing"),
        ("title: T\nsteps:\n  - {id: A B, day: 1, message: M}\n", "needs to be as in"),
        (STEP.replace("day: 1", "day: one") + "    message: M\n", "expected a whole number"),
        (STEP.replace("day: 1", "day: 900") + "    message: M\n", "900 is not between"),
        (STEP + '    message: M\n    at: "25:00"\n', ":6: expected a time"),
        (STEP + "    message: M\n    at: half past nine\n", ":6: expected a time"),
        (STEP + "    message: M\n    due: 3\n", ":6: a message is only read, so it has no `due`"),
        (STEP + "    task: T\n    remind: 1\n", ":6: `remind` needs `due`"),
        (STEP.replace("day: 1", "day: 5") + "    task: T\n    due: 3\n", "due before it begins"),
        (STEP + "    task: T\n    due: 3\n    escalate: {to: hr}\n", "`after` is missing"),
        (STEP + "    task: T\n    owner: boss\n", ":6: `boss` is not known"),
        (STEP + "    task: Hello {nmae}\n", ":5: `{nmae}` means nothing"),
        (STEP + "    task: T\n    url: javascript:alert(1)\n", ":6: `javascript:alert(1)`"),
        (STEP + "    message: M\n    grace: soon\n", ":6: expected a span"),
        (STEP + "    task: T\n    when: {b: done}\n", ":6: there is no step `b` above"),
        (STEP + "    quiz: Q\n    choices: [A, B]\n", "`right` is missing"),
        (STEP + "    quiz: Q\n    choices: [A]\n    right: 1\n", "a quiz has 2 to 8"),
        (STEP + "    quiz: Q\n    choices: [A, B]\n    right: 3\n", "3 is not between 1 and 2"),
        (STEP + "    form: F\n    visible_to: hr\n", ":3: it needs 1 to 8 `fields`"),
        (STEP + "    form: F\n    fields: {name: a, label: A}\n", "`visible_to` is missing"),
        (STEP + "    meet: M\n", "`who` is missing"),
        (STEP + "    meet: M\n    who: {does: x}\n", "`name` is missing"),
        (STEP + "    task: T\n    visible_to: boss\n", "`boss` is neither"),
        (STEP + "    task: [T]\n", ":5: expected a text"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, sentence: str) -> None:
    assert any(sentence in fault for fault in faults(text)), faults(text)


def test_a_condition_that_can_never_hold_is_a_mistake() -> None:
    mood = (
        "title: T\nsteps:\n  - id: mood\n    day: 1\n    survey: S\n    visible_to: hr\n"
        "    fields: {name: mood, label: L, choices: [Good, Bad]}\n"
        "  - id: talk\n    day: 2\n    task: T\n    when: {mood.mood: Awful}\n"
    )

    assert faults(mood) == ["start.en.yaml:11: `mood.mood` is never `Awful`; it is Good, Bad"]


def test_every_mistake_is_named_at_once() -> None:
    text = "titel: T\nsteps:\n  - {id: a, day: x, message: M}\n  - {id: a, day: 1, task: T}\n"

    assert len(faults(text)) == 4


@pytest.mark.parametrize(
    "text",
    [
        "&a [*a]",
        "title: T\nsteps:\n" + "  - [" * 5 + "]" * 5,
        "title: " + "x" * 5_000 + "\nsteps: []\n",
        "title: T\nsteps: !!python/object:os.system {}\n",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\ntitle: *c\nsteps: []\n",
        "x" * 1_000_001,
    ],
)
def test_a_hostile_file_is_refused_with_a_sentence(text: str) -> None:
    assert faults(text)
