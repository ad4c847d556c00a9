"""Every card of the shipped journey is one each platform takes, with buttons that come back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import get_args

import pytest

from adapters.dingtalk.render import STANDARD_TEMPLATE, render_card, render_message
from adapters.feishu.render import render as render_feishu
from adapters.playground.render import render as render_playground
from adapters.slack.render import render as render_slack
from bot.core.model import Buttons, Capabilities, Card, Form
from bot.core.onboarding.cards import (
    Shown,
    escalated_card,
    quiz_card,
    reminder_card,
    step_card,
    ticked_card,
    welcome_card,
)
from bot.core.onboarding.hr_cards import (
    Week,
    answers_card,
    broken_card,
    person_card,
    report_card,
    status_card,
    week_card,
)
from bot.core.onboarding.list_cards import list_card
from bot.core.onboarding.model import Entry, Joiner, Quiz
from bot.core.onboarding.report import report, standing
from bot.core.onboarding.when import Hours
from bot.core.onboarding.wondering import Wish
from bot.journeys.library import read_folder, shipped
from knowledge.model import Language, Question
from tests.bot.core.onboarding.conftest import at
from tests.fakes_core import grounded
from tests.fakes_onboarding import BOSS, NEW, SHANGHAI
from tests.simulators.feishu_card import problems
from tests.simulators.slack_blocks import faults

NOW = datetime(2026, 12, 10, 9, tzinfo=UTC)
JOURNEY = read_folder(shipped()).journeys["onboarding"]
PLAIN = Capabilities(edits=False, forms=False)
PRESSED = Capabilities(forms=False)


def joiner(language: Language) -> Joiner:
    return Joiner(
        id="j1",
        user=replace(NEW, name="New *Bie* <@U1>"),
        conversation=at(NEW),
        journey="onboarding",
        digest="1",
        language=language,
        place=SHANGHAI,
        day_one=date(2026, 11, 30),
        started_at=datetime(2026, 11, 30, 1, tzinfo=UTC),
        since=NOW,
        manager=BOSS,
    )


def cards(language: Language, capabilities: Capabilities) -> Iterator[tuple[str, Card]]:
    """All there are, by name."""
    edition, one = JOURNEY.edition(language), joiner(language)
    answer = grounded(Question(text="?", language=language))
    entries = []
    yield "welcome", welcome_card(one, edition, Hours())
    for step in edition.steps:
        entry = Entry(joiner_id="j1", step_id=step.id, shown_at=NOW, due_on=date(2026, 12, 9))
        entries.append(entry)
        shown = Shown(
            joiner=one,
            edition=edition,
            step=step,
            entry=entry,
            answer=answer,
            wondered="Where?",
            capabilities=capabilities,
        )
        yield f"step {step.id}", step_card(shown)
        yield f"remind {step.id}", reminder_card(shown, date(2026, 12, 10))
        yield f"ticked {step.id}", ticked_card(shown)
        yield f"escalated {step.id}", escalated_card(shown, date(2026, 12, 9), language)
        if isinstance(step.content, Quiz):
            yield f"quiz {step.id}", quiz_card(shown, step.content, right=False)
    yield "list", list_card(one, edition, entries, day=11, today=date(2026, 12, 10))
    done = [replace(entry, done_at=NOW, values={"a": "b"}) for entry in entries]
    yield "list done", list_card(one, edition, done, day=11, today=date(2026, 12, 10))
    where = standing(one, edition, entries, (), now=NOW, hours=Hours())
    yield "status", status_card([where] * 30, language)
    yield "person", person_card(where, edition, language)
    found = report("onboarding", edition, [one], done, now=NOW, hours=Hours())
    yield "report", report_card(found, language)
    yield "answers", answers_card(one, edition, done, language)
    wish = Wish(question="Where *is* it?", language=language, askers=frozenset("ab"), answered=True)
    week = Week(active=1, new=1, finished=0, attention=(where,), asked=(wish,), gaps=(wish,))
    yield "week", week_card(week, language)
    yield "broken", broken_card(["onboarding.en.yaml:3: `a` is not known"], language)


LANGUAGES = get_args(Language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_slack_takes_every_card(language: Language) -> None:
    for name, card in cards(language, Capabilities()):
        blocks = render_slack(card).blocks
        assert faults(blocks) == [], name
        texts = [block for block in blocks if block["type"] != "header"]  # which is plain text
        assert "<@U1>" not in str(texts), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_feishu_takes_every_card(language: Language) -> None:
    for name, card in cards(language, Capabilities()):
        assert problems(render_feishu(card)) == [], name


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", [STANDARD_TEMPLATE, "own"])
def test_dingtalk_has_a_place_for_every_button(language: Language, template: str) -> None:
    capabilities = PRESSED if template == STANDARD_TEMPLATE else Capabilities()
    for name, card in cards(language, capabilities):
        drawn = render_card(card, template_id=template, max_bytes=20_000)
        rows = [block.items for block in card.blocks if isinstance(block, Buttons)]
        assert str(drawn).count('"id"') >= sum(map(len, rows)), name
        if template != STANDARD_TEMPLATE:
            assert bool(drawn["form_action"]) == any(isinstance(b, Form) for b in card.blocks), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_nothing_can_be_pressed_the_card_says_what_to_type(language: Language) -> None:
    for name, card in cards(language, PLAIN):
        text = render_message(card, max_bytes=20_000).text
        assert text.strip(), name
        if name.startswith("step ") and any_to_do(name, language):
            assert "/deskmate onboard" in text, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_playground_shows_every_card(language: Language) -> None:
    for name, card in cards(language, Capabilities()):
        assert render_playground(card)["blocks"], name


def test_what_can_be_pressed_names_the_joiner_and_is_short() -> None:
    for name, card in cards("en", Capabilities()):
        if name in ("status", "week", "broken", "report"):
            continue
        for values in pressed(card):
            assert values["joiner"] == "j1", name
            assert sum(map(len, (*values, *values.values()))) < 300, name


def pressed(card: Card) -> list[Mapping[str, str]]:
    found: list[Mapping[str, str]] = []
    for block in card.blocks:
        if isinstance(block, Buttons):
            found += [button.values for button in block.items]
        if isinstance(block, Form):
            found.append(block.values)
    return found


def any_to_do(name: str, language: Language) -> bool:
    step = JOURNEY.edition(language).step(name.partition(" ")[2])
    return step is not None and step.lasting
