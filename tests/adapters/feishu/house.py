"""A whole bot on a simulated Feishu: requests in, a real database, cards out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application

from adapters.feishu.channel import Feishu
from adapters.ingress import Accept
from bot.core.intake import Intake
from bot.core.model import Event
from bot.stores.state import State, open_state
from tests.adapters.feishu.desk import KEY, NOW, settings
from tests.fakes_core import FakeClock, ScriptedAnswerer, build_core, knows
from tests.simulators.feishu import FeishuSimulator, Message, callback

PAYLOADS = Path(__file__).parents[2] / "golden" / "feishu" / "payloads"
_numbers = count(1)


def sample(name: str, **event: Any) -> dict[str, Any]:
    """A payload Feishu sends, under an event id and of a moment of its own, with parts of it
    replaced.
    """
    payload = json.loads((PAYLOADS / f"{name}.json").read_text())
    number = next(_numbers)
    moment = str(1_700_000_000_000 + number)
    payload["header"] |= {"event_id": f"ev_{number}", "create_time": moment}
    if "action_time" in payload["event"]:
        payload["event"]["action_time"] = moment
    payload["event"] |= event
    return payload


def asked(text: str = "How many days?", *, name: str = "message_p2p", **message: Any) -> Any:
    """A message somebody writes, with an id of its own."""
    payload = sample(name)
    known = {"message_id": f"om_q{next(_numbers)}", "content": json.dumps({"text": text})}
    payload["event"]["message"] |= known | message
    return payload


def again(payload: Any) -> Any:
    """The same message under another event id."""
    copy = deepcopy(payload)
    copy["header"]["event_id"] = f"ev_{next(_numbers)}"
    return copy


def pressed(message: Message, value: Any, **event: Any) -> Any:
    """Somebody presses a button of a card."""
    context = {"open_message_id": message.id, "open_chat_id": "oc_grp"}
    action = {"tag": "button", "value": value}
    return sample("card_button", **{"context": context, "action": action, **event})


@dataclass
class House:
    """The parts a test looks at."""

    feishu: Feishu
    intake: Intake
    answerer: ScriptedAnswerer
    state: State
    clock: FakeClock
    simulator: FeishuSimulator
    client: TestClient[Any, Any]

    async def post(self, payload: Any, *, path: str = "/feishu/events") -> ClientResponse:
        """Deliver a callback."""
        raw, headers = callback(payload, KEY, at=self.clock().timestamp())
        return await self.client.post(path, data=raw, headers=headers)

    async def hear(self, *payloads: Any) -> list[Message]:
        """Deliver callbacks at once, and let everything be done; what users see then."""
        responses = await asyncio.gather(*(self.post(payload) for payload in payloads))
        assert {response.status for response in responses} == {200}
        await self.settle()
        return self.simulator.shown

    async def settle(self) -> None:
        """Return when nothing is left to do."""
        async with asyncio.timeout(10):
            while self.intake.pending:  # noqa: ASYNC110 -- the intake tells nobody
                await asyncio.sleep(0.002)


def _later(intake: Callable[[], Intake]) -> Accept:
    """The channel is made before the intake whose events it brings."""

    async def accept(event: Event) -> bool:
        return await intake().accept(event)

    return accept


@asynccontextmanager
async def house_on(
    simulator: FeishuSimulator,
    folder: Path,
    *,
    answerer: ScriptedAnswerer | None = None,
    clock: FakeClock | None = None,
    start: bool = True,
) -> AsyncIterator[House]:
    """A bot that runs until the end; its database stays in the folder."""
    clock = clock or FakeClock(NOW)
    state = await open_state(data_dir=folder, clock=clock)
    answerer = answerer or knows()
    seconds = count()  # nobody waits for a pace here
    feishu = Feishu(
        settings=settings(simulator.origin),
        accept=_later(lambda: intake),
        clock=clock,
        now=lambda: next(seconds),
        sleep=lambda _seconds: asyncio.sleep(0),
    )
    core = build_core(stores=state, channel=feishu, answerer=answerer, clock=clock)
    intake = Intake(state.inbox, core.dispatcher.dispatch, clock=clock)
    await intake.start()
    if start:
        await feishu.start()
    app = Application()
    app.add_routes(feishu.routes())
    async with TestClient(TestServer(app)) as client:
        yield House(feishu, intake, answerer, state, clock, simulator, client)
    await intake.drain(5)
    await feishu.close()
    await state.close()
