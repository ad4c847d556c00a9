"""A question in a group, its answer, and what people do with it: the core on DingTalk."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.core.model import MessageRef, Verdict
from bot.stores.state import State, open_state
from tests.adapters.dingtalk.desk import NOW, Office, office
from tests.adapters.dingtalk.recorded import payload
from tests.fakes_core import FakeClock, build_core, knows
from tests.simulators.dingtalk import WEBHOOK, DingTalkServer


class Bot:
    """The core at this office: what the desk took is dealt with in `catch_up`."""

    def __init__(self, o: Office, state: State, answer: str) -> None:
        self._office = o
        self._done = 0
        self._dispatcher = build_core(
            stores=state,
            channel=o.channel,  # type: ignore[arg-type] # a real one
            answerer=knows(answer),
            clock=FakeClock(NOW),
        ).dispatcher

    async def catch_up(self) -> None:
        for event in self._office.desk.events[self._done :]:
            self._done += 1
            await self._dispatcher.dispatch(event)


@pytest.fixture
async def state(tmp_path: Path) -> AsyncIterator[State]:
    opened = await open_state(data_dir=tmp_path, clock=FakeClock(NOW))
    yield opened
    await opened.close()


def pressed(track: str, token: str, user: str, **params: Any) -> dict[str, Any]:
    content = {"cardPrivateData": {"actionIds": [token], "params": params}}
    return {
        **payload("card_callback_http"),
        "outTrackId": track,
        "userId": user,
        "content": json.dumps(content),
    }


def asked(**more: Any) -> dict[str, Any]:
    return {**payload("robot_group_text"), "text": {"content": " How many days?"}, **more}


async def test_a_question_is_answered_and_judged(server: DingTalkServer, state: State) -> None:
    async with office(server) as o:
        bot = Bot(o, state, "You have 25 days. [1]")
        await o.robot(asked())
        await bot.catch_up()

        ((track, answer),) = server.cards.items()
        assert answer.finalized
        assert answer.variables["content"] == "You have 25 days. [1]"
        assert answer.variables["sources"].startswith("[1] ")
        down = json.loads(answer.variables["buttons"])[1]["id"]

        await o.card(pressed(track, down, "bob"))
        await bot.catch_up()
        form_track, form = list(server.cards.items())[1]
        assert form.place == "IM_ROBOT.bob"

        typed = {"reason": {"index": 1, "value": "outdated"}, "correction": "It is 30 now."}
        await o.card(pressed(form_track, form.variables["form_action"], "bob", form=typed))
        await bot.catch_up()

    (verdict,) = await state.verdicts.of(MessageRef(platform="dingtalk", id=track))
    assert isinstance(verdict, Verdict)
    assert (verdict.user.id, verdict.value) == ("bob", -1)
    assert (verdict.reason, verdict.correction) == ("outdated", "It is 30 now.")


async def test_without_a_template_the_answer_is_one_message(
    server: DingTalkServer, state: State
) -> None:
    async with office(server, card_template_id="") as o:
        bot = Bot(o, state, "You have 25 days. [1]")
        address = f"{server.url}{WEBHOOK}?session=s"
        await o.robot(asked(sessionWebhook=address))
        await bot.catch_up()

    (message,) = server.messages
    assert message.via == "webhook"
    assert message.text.startswith("You have 25 days. [1]\n\n[1] ")


async def test_help_is_for_the_one_who_asked(server: DingTalkServer, state: State) -> None:
    async with office(server) as o:
        bot = Bot(o, state, "")
        await o.robot({**payload("robot_group_text"), "text": {"content": " "}})
        await bot.catch_up()

    ((_, card),) = server.cards.items()
    assert card.place == "IM_ROBOT.manager1"
    assert "/deskmate help" in card.variables["content"]
