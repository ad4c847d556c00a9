"""Employees and an owner in a simulated Slack workspace, with the whole bot behind it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from adapters.slack.channel import PATH
from bot.app import App, build_app
from bot.core.loop_cards import EXPERT_ANSWER
from bot.core.model import AnswerRecord, MessageRef
from bot.core.ports import Knowledge
from bot.settings import AccessSettings, LimitSettings, Settings, StorageSettings
from bot.stores.state import utc_now
from tests.adapters.slack.workspace import envelope, slack_settings
from tests.benchmarks.loop_topics import same_words
from tests.simulators.slack import APP, BOT_USER, TEAM, Shown, SlackSimulator, signed
from tests.stories.bots import until

OWNER = "UOWNER"
_OWNERS_DESK = f"D{OWNER}"
_CHANNELS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer as somebody sees it, and as the bot keeps it."""

    shown: Shown
    record: AnswerRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertCard:
    """What the owner was asked. question: the first of those on the card."""

    shown: Shown
    question: str


@dataclass
class Office:
    """The workspace, reached as Slack and its people reach it."""

    simulator: SlackSimulator
    app: App
    client: TestClient[web.Request, web.Application]
    _numbers: Callable[[], int] = field(default_factory=lambda: count(1).__next__)
    _read: set[str] = field(default_factory=set)

    async def ask(self, text: str, *, user: str) -> Given:
        """Somebody mentions the bot in a channel; its answer in the thread."""
        channel = f"C{self._numbers() % _CHANNELS}"
        ts = self.simulator.write(text, channel=channel, user=user)
        said = {
            "type": "app_mention",
            "channel": channel,
            "channel_type": "channel",
            "user": user,
            "ts": ts,
            "text": f"<@{BOT_USER}> {text}",
        }
        await self._post(envelope(said, event_id=f"Ev{self._numbers()}"))
        await self.idle()
        shown = next(one for one in self.simulator.shown(channel) if one.thread_ts == ts)
        record = await self.app.state.answers.find(_ref(shown))
        assert record is not None, "an answer that is not kept"
        return Given(shown=shown, record=record)

    async def press(self, shown: Shown, name: str, *, user: str, **values: str) -> None:
        """Somebody presses the button of this name that carries these values."""
        button = next(b for b in shown.buttons if _named(b, name) and _carries(b, values))
        await self._press(shown, {**button, "block_id": "buttons"}, user=user)
        await self.idle()

    def unread(self) -> list[ExpertCard]:
        """The cards the owner has not answered yet, oldest first."""
        cards = [one for one in self.simulator.shown(_OWNERS_DESK) if _asks(one)]
        return [
            ExpertCard(shown=one, question=_first_quoted(one.words))
            for one in cards
            if one.ts not in self._read
        ]

    async def reply(self, card: ExpertCard, text: str) -> None:
        """The owner fills in the card's form and sends it; it may still be under way after that."""
        self._read.add(card.shown.ts)
        row = next(one for one in card.shown.blocks if _sends(one))
        field_ = next(
            one for one in card.shown.blocks if one.get("block_id") == f"{row['block_id']}:answer"
        )
        typed = {"type": "plain_text_input", "value": text}
        inputs = {field_["block_id"]: {field_["element"]["action_id"]: typed}}
        button = {**row["elements"][0], "block_id": row["block_id"]}
        await self._press(card.shown, button, user=OWNER, state={"values": inputs})

    async def idle(self) -> None:
        """Wait until the bot has done everything."""
        await until(lambda: self.app.intake.pending == 0, within_s=120.0)

    async def _press(self, shown: Shown, button: Mapping[str, Any], **more: Any) -> None:
        user = more.pop("user")
        thread = {"thread_ts": shown.thread_ts} if shown.thread_ts else {}
        message = {"ts": shown.ts, **thread}
        payload = {
            "type": "block_actions",
            "team": {"id": TEAM},
            "api_app_id": APP,
            "user": {"id": user, "name": user.lower()},
            "channel": {"id": shown.channel},
            "container": {"type": "message", "message_ts": shown.ts, "channel_id": shown.channel}
            | thread,
            "message": message,
            "trigger_id": f"{self._numbers()}.1",
            # By the clock on the wall: votes fade, and one of 1970 would count nothing.
            "actions": [{**button, "action_ts": f"{utc_now().timestamp():.6f}"}],
            **more,
        }
        await self._post(payload, form=True)

    async def _post(self, payload: dict[str, Any], *, form: bool = False) -> None:
        raw, headers = signed(payload, at=utc_now(), form=form)
        async with self.client.post(PATH, data=raw, headers=headers) as response:
            assert response.status == 200, await response.text()


@asynccontextmanager
async def office(folder: Path, knowledge: Knowledge) -> AsyncIterator[Office]:
    """The bot as it is shipped, in a workspace with one owner; its database is in the folder."""
    with SlackSimulator.running() as simulator:
        settings = Settings(
            storage=StorageSettings(data_dir=folder),
            slack=slack_settings(simulator),
            access=AccessSettings(admins=(f"slack:{OWNER}",)),
            limits=LimitSettings(questions_per_minute=1_000_000),
        )
        async with (
            build_app(settings, knowledge=knowledge) as app,
            TestClient(TestServer(app.web)) as client,
        ):
            yield Office(simulator=simulator, app=app, client=client)


def _ref(shown: Shown) -> MessageRef:
    return MessageRef(platform="slack", id=f"{shown.channel}:{shown.ts}")


def _named(button: Mapping[str, Any], name: str) -> bool:
    found: str = button["action_id"]
    return found.rpartition(":")[0] == name


def _carries(button: Mapping[str, Any], values: Mapping[str, str]) -> bool:
    carried = json.loads(button["value"])
    return all(carried.get(name) == value for name, value in values.items())


def _sends(block: Mapping[str, Any]) -> bool:
    return block["type"] == "actions" and _named(block["elements"][0], EXPERT_ANSWER)


def _asks(shown: Shown) -> bool:
    return any(_sends(block) for block in shown.blocks)


def _first_quoted(words: str) -> str:
    lines = [line for line in words.splitlines() if line.startswith(">")]
    return same_words(lines[0])
