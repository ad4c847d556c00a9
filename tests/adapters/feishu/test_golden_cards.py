"""Every card of the gallery, as it was recorded; and what its buttons bring back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.feishu.codec import Bot, decode
from adapters.feishu.render import render
from bot.core.model import Button, Buttons, Card, CardAction, Form
from tests.adapters.feishu.house import sample
from tests.adapters.feishu.test_render import find
from tests.golden.gallery import GALLERY
from tests.simulators.feishu_card import problems

CARDS = Path(__file__).parents[2] / "golden" / "feishu" / "cards"


@pytest.mark.parametrize("name", GALLERY)
def test_feishu_takes_every_card(name: str) -> None:
    assert problems(render(GALLERY[name])) == []


@pytest.mark.parametrize("name", GALLERY)
def test_a_card_looks_as_it_was_recorded(name: str) -> None:
    recorded = json.loads((CARDS / f"{name}.json").read_text())

    assert render(GALLERY[name]) == recorded


def pressed(button: dict[str, Any], **more: Any) -> CardAction:
    value = button["behaviors"][0]["value"]
    action = {"tag": "button", "value": value, **more}
    (event,) = decode(
        sample("card_button", action=action),
        bot=Bot(app_id="cli_demo"),
        received_at=datetime(2025, 3, 3, tzinfo=UTC),
    )
    assert isinstance(event, CardAction)
    return event


def buttons(card: Card) -> list[Button]:
    rows = (block for block in card.blocks if isinstance(block, Buttons))
    return [button for row in rows for button in row.items]


@pytest.mark.parametrize("name", ["answer_zh", "answer_en", "degraded", "unknown_en", "buttons"])
def test_a_button_keeps_its_values_through_render_and_decode(name: str) -> None:
    found = [pressed(button) for button in find(render(GALLERY[name]), "button")]

    brought = [(event.name, event.values) for event in found]
    assert [one for one in buttons(GALLERY[name]) if (one.name, one.values) not in brought] == []


def test_a_form_keeps_its_values_through_render_and_decode() -> None:
    (form,) = (block for block in GALLERY["reason_form"].blocks if isinstance(block, Form))
    (button,) = find(render(GALLERY["reason_form"]), "button")

    with_value = pressed(button, form_value={"reason": "wrong"})
    without = pressed({"behaviors": [{"value": None}]}, name=button["name"])

    assert (with_value.name, with_value.values) == (form.name, {**form.values, "reason": "wrong"})
    assert (without.name, without.values) == (form.name, form.values)
