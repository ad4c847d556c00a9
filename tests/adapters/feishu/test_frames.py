"""Events through a long connection, with the official client at our end of it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from types import ModuleType
from typing import Any

import pytest

from adapters.feishu.api import Api
from adapters.feishu.frames import LongConnection
from adapters.feishu.receiving import Receiving
from adapters.http import Http
from bot.core.errors import ChannelUnavailable, IntakeFull
from bot.core.texts import EN
from tests.adapters.feishu.desk import NOW, Core, Desk, desk_on, settings
from tests.adapters.feishu.house import asked, sample
from tests.simulators.feishu import FeishuSimulator


@pytest.fixture
async def desk(
    simulator: FeishuSimulator, lark: Callable[[str], ModuleType]
) -> AsyncIterator[Desk]:
    """A channel with an open long connection."""
    lark("lark_oapi.ws.client")
    async with desk_on(simulator, mode="websocket") as one:
        await one.feishu.start()
        await asyncio.to_thread(simulator.wait_connected)
        yield one


async def acknowledged(pushed: Future[dict[str, Any]]) -> dict[str, Any]:
    return await asyncio.wait_for(asyncio.wrap_future(pushed), 10)


async def test_an_event_is_stored_before_its_frame_is_acknowledged(desk: Desk) -> None:
    desk.core.gate = asyncio.Event()
    pushed = desk.simulator.push(asked())
    await asyncio.sleep(0.1)
    assert not pushed.done()

    desk.core.gate.set()

    assert await acknowledged(pushed) == {"code": 200, "data": None}
    assert len(desk.core.taken) == 1


async def test_a_click_gets_its_toast_through_the_connection(desk: Desk) -> None:
    ack = await acknowledged(desk.simulator.push(sample("card_button")))

    assert ack["code"] == 200
    assert ack["data"]["toast"]["i18n"]["en_us"] == EN.noted


async def test_a_full_intake_acknowledges_nothing_but_clicks(desk: Desk) -> None:
    desk.core.failure = IntakeFull("full")

    message = await acknowledged(desk.simulator.push(asked()))
    click = await acknowledged(desk.simulator.push(sample("card_button")))

    assert message["code"] == 500
    assert click["data"]["toast"]["type"] == "error"


async def test_an_event_that_is_not_stored_in_time_is_not_acknowledged(
    simulator: FeishuSimulator, lark: Callable[[str], ModuleType]
) -> None:
    lark("lark_oapi.ws.client")
    core, http, known = Core(gate=asyncio.Event()), Http(), settings(simulator.origin)
    connection = LongConnection(
        api=Api(
            http=http,
            origin=known.origin,
            app_id=known.app_id,
            app_secret=known.app_secret,
        ),
        settings=known,
        receiving=Receiving(settings=known, clock=lambda: NOW),
        accept=core.accept,
        stored_within_s=0.05,
    )
    connection.start()
    await asyncio.to_thread(simulator.wait_connected)

    ack = await acknowledged(simulator.push(asked()))

    assert ack["code"] == 500
    await connection.close()
    await http.close()


async def test_t14_the_same_event_by_socket_and_by_request_is_one_event(
    simulator: FeishuSimulator, desk: Desk
) -> None:
    question = asked()
    async with desk_on(simulator, core=desk.core) as over_http:
        await over_http.post(question)
        await acknowledged(simulator.push(question))

    assert len(desk.core.taken) == 1


async def test_t17_what_makes_no_sense_is_acknowledged(desk: Desk) -> None:
    landed = sample("message_p2p")
    landed["header"]["event_type"] = "moon.landed_v1"

    for senseless in ({}, landed, asked(message_id=""), {"header": []}):
        ack = await acknowledged(desk.simulator.push(senseless))
        assert ack == {"code": 200, "data": None}

    assert desk.core.taken == []


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
async def test_t28_an_event_in_parts_is_put_together_in_any_order(
    desk: Desk, order: tuple[int, ...]
) -> None:
    ack = await acknowledged(desk.simulator.push(asked("年假有几天？"), parts=3, order=order))

    assert ack["code"] == 200
    assert [event.text for event in desk.core.taken] == ["年假有几天？"]


async def test_t28_an_event_with_a_part_missing_harms_no_other(desk: Desk) -> None:
    lost = desk.simulator.push(asked("lost"), parts=3, order=(0, 2))

    await acknowledged(desk.simulator.push(asked("whole")))

    assert not lost.done()
    assert [event.text for event in desk.core.taken] == ["whole"]


async def test_t27_a_connection_that_breaks_is_opened_again(desk: Desk) -> None:
    question = asked()
    await acknowledged(desk.simulator.push(question))

    desk.simulator.hang_up()
    await asyncio.to_thread(desk.simulator.wait_connected)
    await acknowledged(desk.simulator.push(question))
    await acknowledged(desk.simulator.push(asked()))

    assert len(desk.core.taken) == 2
    await desk.feishu.ping()


async def test_t27_a_connection_that_is_refused_is_tried_again(
    simulator: FeishuSimulator, lark: Callable[[str], ModuleType]
) -> None:
    lark("lark_oapi.ws.client")
    too_many = {
        "handshake-status": "514",
        "handshake-msg": "too many connections",
        "handshake-autherrcode": "1000040350",
    }
    simulator.fail("GET /ws", headers=too_many)
    async with desk_on(simulator, mode="websocket") as desk:
        await desk.feishu.start()

        await asyncio.to_thread(simulator.wait_connected)

        assert (await acknowledged(simulator.push(asked())))["code"] == 200


async def test_t27_an_address_that_does_not_come_is_asked_for_again(
    simulator: FeishuSimulator, lark: Callable[[str], ModuleType]
) -> None:
    lark("lark_oapi.ws.client")
    simulator.fail("POST /callback/.*", status=200, body={"code": 0, "data": {}})
    async with desk_on(simulator, mode="websocket") as desk:
        await desk.feishu.start()
        with pytest.raises(ChannelUnavailable, match="no long connection"):
            await desk.feishu.ping()

        await asyncio.to_thread(simulator.wait_connected)


async def test_t27_a_close_takes_less_than_five_seconds_whatever_goes_on(desk: Desk) -> None:
    desk.core.gate = asyncio.Event()
    desk.simulator.push(asked())
    await asyncio.sleep(0.05)

    began = time.monotonic()
    await desk.feishu.close()

    assert time.monotonic() - began < 5
    assert "feishu-frames" not in [thread.name for thread in threading.enumerate()]


async def test_a_close_does_not_wait_for_an_address(
    simulator: FeishuSimulator, lark: Callable[[str], ModuleType]
) -> None:
    lark("lark_oapi.ws.client")
    simulator.fail("POST /callback/.*", delay_s=10)
    async with desk_on(simulator, mode="websocket") as desk:
        await desk.feishu.start()
        while "POST /callback/ws/endpoint" not in simulator.calls:  # noqa: ASYNC110 -- a thread's
            await asyncio.sleep(0.01)

        began = time.monotonic()
        await desk.feishu.close()

        assert time.monotonic() - began < 5


async def test_with_a_long_connection_nothing_is_mounted(desk: Desk) -> None:
    assert desk.feishu.routes() == ()


def test_the_sdk_is_imported_only_for_a_long_connection() -> None:
    code = (
        "import sys, adapters.feishu.channel; "
        "sys.exit(any(name.startswith('lark_oapi') for name in sys.modules))"
    )

    ended = subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603 -- our own words
    assert ended.returncode == 0
