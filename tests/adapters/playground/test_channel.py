from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from adapters.playground.channel import Playground
from adapters.playground.codec import card_ref, conversation
from adapters.playground.settings import PlaygroundSettings
from bot.core.errors import ChannelRefused, StateUnavailable
from bot.core.model import (
    Button,
    Buttons,
    Card,
    Conversation,
    Event,
    Field,
    Form,
    Markdown,
    MessageRef,
    Reply,
)
from tests.adapters.playground.desk import ScriptedDesk
from tests.adapters.playground.handbook import LEAVE_ZH, PASSAGES, SCRIPTS

ROOM = "conversation-0001"
START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def reply(
    text: str, *, key: str = "k1", room: str = ROOM, answers: MessageRef | None = None
) -> Reply:
    card = Card(
        language="en",
        blocks=(
            Markdown(text=text),
            Buttons(items=(Button(name="verdict", label="👍", values={"vote": "up"}),)),
        ),
    )
    return Reply(key=key, conversation=conversation(room), card=card, answers=answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    playground: Playground
    desk: ScriptedDesk
    client: TestClient[web.Request, web.Application]

    async def post(self, path: str, body: object, **headers: str) -> ClientResponse:
        return await self.client.post(f"/playground/{path}", json=body, headers=headers)

    async def ask(self, text: str, post_id: str = "post-0001") -> ClientResponse:
        return await self.post("messages", {"conversation": ROOM, "id": post_id, "text": text})

    @asynccontextmanager
    async def follow(self, room: str = ROOM, **headers: str) -> AsyncIterator[Lines]:
        url = f"/playground/stream?conversation={room}"
        async with self.client.get(url, headers=headers) as response:
            assert response.status == 200
            yield Lines(response)


class Lines:
    """The events of one stream, as a browser reads them."""

    def __init__(self, response: ClientResponse) -> None:
        self._response = response

    async def next(self) -> tuple[str, str, str]:
        """Event name, id and data."""
        fields: dict[str, str] = {}
        async for line in self._response.content:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif "data" in fields:
                return fields["event"], fields.get("id", ""), fields["data"]
        return "", "", ""

    async def entry(self) -> dict[str, object]:
        event, _, shown = await self.next()
        assert event == "entry"
        return dict(json.loads(shown))

    async def text(self) -> str:
        return text_of(await self.entry())


def text_of(entry: dict[str, object]) -> str:
    """The first words of a card, or what was said."""
    if entry["kind"] == "said":
        return str(entry["text"])
    return str(json.loads(json.dumps(entry["card"]))["blocks"][0]["nodes"][0][2][0])


@asynccontextmanager
async def serving(
    settings: PlaygroundSettings | None = None, *, start: datetime = START
) -> AsyncIterator[Site]:
    desk = ScriptedDesk(scripts=SCRIPTS, passages=PASSAGES)
    playground = Playground(
        settings=settings or PlaygroundSettings(), accept=desk.accept, clock=lambda: start
    )
    app = web.Application()
    app.add_routes(playground.routes())
    async with TestClient(TestServer(app)) as client:
        yield Site(playground=playground, desk=desk, client=client)
        await playground.close()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving() as started:
        yield started


# ── the channel ─────────────────────────────────────────────────────────────────────────────────


async def test_the_same_reply_key_shows_one_message(site: Site):
    first = await site.playground.send(reply("first"))
    second = await site.playground.send(reply("second"))

    async with site.follow() as lines:
        assert await lines.text() == "first"
        await site.playground.send(reply("other", key="k2"))
        assert await lines.text() == "other"
    assert first == second == card_ref(ROOM, "k1")


async def test_an_update_replaces_the_card_in_place(site: Site):
    ref = await site.playground.send(reply("draft"))
    async with site.follow() as lines:
        shown = await lines.entry()
        await site.playground.update(ref, reply("final"))
        changed = await lines.entry()

    assert text_of(changed) == "final"
    assert (changed["ref"], changed["position"]) == (shown["ref"], shown["position"])


async def test_a_card_from_before_a_restart_is_shown_anew(site: Site):
    await site.playground.update(card_ref(ROOM, "old"), reply("resumed", key="old"))

    async with site.follow() as lines:
        assert await lines.text() == "resumed"


ANN = Conversation(platform="playground", id="local", direct=True)
ASKED = Card(
    language="en",
    blocks=(
        Form(
            name="answer_gap",
            fields=(Field(name="answer", label="Your answer", multiline=True),),
            submit_label="Send",
            values={"gap": "g1"},
        ),
    ),
)


async def test_a_person_who_is_not_there_yet_finds_the_card_when_they_open_the_page(site: Site):
    ref = await site.playground.send(Reply(key="gap/g1", conversation=ANN, card=ASKED))
    await site.playground.send(Reply(key="gap/g1", conversation=ANN, card=ASKED))
    await site.playground.send(reply("in the tab", key="k2"))

    async with site.follow() as lines:
        first, second = await lines.entry(), await lines.entry()

    assert first["ref"] == ref.id
    assert text_of(second) == "in the tab"


async def test_a_form_the_person_was_sent_is_answered_in_their_tab(site: Site):
    ref = await site.playground.send(Reply(key="gap/g1", conversation=ANN, card=ASKED))

    values = {"gap": "g1", "answer": "Ten days."}
    body = {"conversation": ROOM, "id": "post-0001", "ref": ref.id, "name": "answer_gap"}
    response = await site.post("actions", {**body, "values": values})

    assert response.status == 202
    (action,) = site.desk.actions("answer_gap")
    assert (action.ref, action.values) == (ref, values)
    assert action.conversation == conversation(ROOM)
    assert action.user.id == ANN.id


async def test_a_card_for_the_person_is_replaced_though_it_was_answered_in_a_tab(site: Site):
    ref = await site.playground.send(Reply(key="gap/g1", conversation=ANN, card=ASKED))
    await site.playground.update(ref, reply("Thank you", key="gap/g1"))

    async with site.follow("another-tab-00001") as lines:
        shown = await lines.entry()

    assert (shown["ref"], text_of(shown)) == (ref.id, "Thank you")


async def test_nobody_else_can_be_written_to(site: Site):
    bob = Conversation(platform="playground", id="bob", direct=True)

    with pytest.raises(ChannelRefused, match="no_such_person"):
        await site.playground.send(Reply(key="k", conversation=bob, card=ASKED))


async def test_it_is_always_ready_and_edits_quickly(site: Site):
    await site.playground.ping()

    assert site.playground.platform == "playground"
    assert site.playground.capabilities.edits
    assert site.playground.capabilities.draft_interval.total_seconds() < 0.2


# ── the stream ──────────────────────────────────────────────────────────────────────────────────


async def test_a_reconnect_gets_what_it_missed_and_no_more(site: Site):
    await site.playground.send(reply("seen", key="k1"))
    async with site.follow() as lines:
        _, last_id, _ = await lines.next()
    await site.playground.send(reply("missed", key="k2"))

    async with site.follow(**{"Last-Event-ID": last_id}) as lines:
        assert await lines.text() == "missed"


async def test_a_page_that_was_open_across_a_restart_goes_on(site: Site):
    await site.playground.send(reply("before"))
    async with site.follow() as lines:
        _, last_id, _ = await lines.next()

    async with serving(start=START.replace(hour=10)) as restarted:
        await restarted.playground.send(reply("after"))
        async with restarted.follow(**{"Last-Event-ID": last_id}) as lines:
            assert await lines.text() == "after"


@pytest.mark.parametrize("last_id", ["", "x", "-1", "²", "9" * 30])
async def test_a_last_id_that_is_none_of_ours_means_from_the_start(site: Site, last_id: str):
    await site.playground.send(reply("all"))

    async with site.follow(**{"Last-Event-ID": last_id}) as lines:
        assert await lines.text() == "all"


async def test_another_conversation_sees_nothing_of_this_one(site: Site):
    await site.playground.send(reply("mine"))
    await site.playground.send(reply("theirs", room="conversation-0002"))

    async with site.follow("conversation-0002") as lines:
        assert await lines.text() == "theirs"


async def test_a_silent_stream_gives_a_sign_of_life():
    async with serving(PlaygroundSettings(heartbeat_s=0.001)) as site, site.follow() as lines:
        assert b": here\n" in [await lines._response.content.readline() for _ in range(3)]


async def test_a_stream_ends_when_the_server_stops(site: Site):
    async with site.follow() as lines:
        await site.playground.close()

        assert await lines.next() == ("ended", "", "stopping")
        assert await lines.next() == ("", "", "")


async def test_past_the_limit_the_oldest_stream_makes_room():
    async with (
        serving(PlaygroundSettings(max_streams=1)) as site,
        site.follow() as first,
        site.follow() as second,
    ):
        assert await first.next() == ("ended", "", "replaced")
        await site.playground.send(reply("hello"))
        assert await second.text() == "hello"


async def test_a_page_that_went_away_frees_its_place():
    async with serving(PlaygroundSettings(max_streams=1, heartbeat_s=0.001)) as site:
        for _ in range(3):
            async with site.follow():
                pass
        async with site.follow() as lines:
            await site.playground.send(reply("hello"))
            assert await lines.text() == "hello"


@pytest.mark.parametrize("room", ["", "short", "a" * 65, "conversation%2F0001x"])
async def test_a_stream_needs_a_conversation(site: Site, room: str):
    response = await site.client.get(f"/playground/stream?conversation={room}")

    assert response.status == 400


# ── posts ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_question_is_taken_shown_and_answered(site: Site):
    async with site.desk.working(site.playground), site.follow() as lines:
        response = await site.ask(LEAVE_ZH)
        await site.desk.waiting.join()
        entries = {
            str(entry["kind"]): entry for entry in [await lines.entry(), await lines.entry()]
        }

    assert response.status == 202
    assert entries["said"]["text"] == LEAVE_ZH
    assert entries["said"]["ref"] == (await response.json())["ref"]
    assert entries["card"]["answers"] == entries["said"]["ref"]
    assert int(str(entries["said"]["position"])) < int(str(entries["card"]["position"]))


async def test_a_question_posted_twice_is_asked_once(site: Site):
    first = await site.ask("hello")
    second = await site.ask("hello")

    assert (first.status, second.status) == (202, 202)
    assert await first.json() == await second.json()
    assert len(site.desk.events) == 1


async def test_a_full_intake_says_busy_and_nothing_is_shown(site: Site):
    site.desk.full = True

    refused = await site.ask("hello")

    assert (refused.status, await refused.json()) == (503, {"error": "busy"})
    site.desk.full = False
    assert (await site.ask("hello")).status == 202


async def test_a_store_that_is_down_says_unavailable():
    async def accept(_: Event) -> bool:
        raise StateUnavailable("postgres at 10.0.0.7 refused")

    app = web.Application()
    app.add_routes(Playground(settings=PlaygroundSettings(), accept=accept).routes())
    async with TestClient(TestServer(app)) as client:
        response = await client.post(
            "/playground/messages", json={"conversation": ROOM, "id": "post-0001", "text": "hi"}
        )

        assert (response.status, await response.json()) == (503, {"error": "unavailable"})


async def test_an_opened_source_goes_beside_the_thread_and_thanks_go_into_it(site: Site):
    async with site.desk.working(site.playground), site.follow() as lines:
        ref = await site.playground.send(reply("answer"))
        await lines.next()
        post = {"conversation": ROOM, "ref": ref.id}
        source = {"name": "open_source", "values": {"passage_id": "handbook_zh#leave-1"}}
        await site.post("actions", {**post, "id": "post-0001", **source})
        passage = await lines.entry()
        await site.post(
            "actions", {**post, "id": "post-0002", "name": "verdict", "values": {"vote": "up"}}
        )
        thanks = [await lines.entry(), await lines.entry()]

    assert passage["pane"] == "side"
    assert {entry.get("pane") for entry in thanks} == {"thread"}


async def test_a_pressed_button_is_still_pressed_after_a_reload(site: Site):
    ref = await site.playground.send(reply("answer"))
    post = {"conversation": ROOM, "ref": ref.id}
    await site.post(
        "actions", {**post, "id": "post-0001", "name": "verdict", "values": {"vote": "up"}}
    )
    async with site.follow() as lines:
        assert (await lines.entry())["pressed"] == {"verdict": {"vote": "up"}}

    taken_back = {**post, "id": "post-0002", "emoji": "up", "withdrawn": True}
    assert (await site.post("reactions", taken_back)).status == 202

    async with site.follow() as lines:
        assert (await lines.entry())["pressed"] == {"verdict": {}}
    assert [reaction.withdrawn for reaction in site.desk.reactions()] == [True]


async def test_a_thumb_given_by_reaction_counts_as_pressed(site: Site):
    ref = await site.playground.send(reply("answer"))
    post = {"conversation": ROOM, "ref": ref.id, "id": "post-0001", "emoji": "down"}
    await site.post("reactions", post)
    await site.post("reactions", post)

    async with site.follow() as lines:
        assert (await lines.entry())["pressed"] == {"verdict": {"vote": "down"}}
    assert len(site.desk.reactions()) == 1


# ── who may talk ────────────────────────────────────────────────────────────────────────────────


async def test_a_post_from_another_page_is_refused(site: Site):
    body = {"conversation": ROOM, "id": "post-0001", "text": "hi"}

    assert (await site.post("messages", body, Origin="https://evil.example")).status == 403
    assert (await site.post("messages", body, **{"Sec-Fetch-Site": "cross-site"})).status == 403
    stream = await site.client.get(
        f"/playground/stream?conversation={ROOM}", headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert stream.status == 403
    assert site.desk.events == []


@pytest.mark.parametrize("path", ["/", "/playground/app.js", "/playground/stream"])
async def test_a_foreign_host_name_is_refused_everywhere(site: Site, path: str):
    response = await site.client.get(path, headers={"Host": "evil.example"})

    assert response.status == 421
    assert await response.json() == {"error": "wrong_host"}


async def test_a_configured_host_name_is_let_in():
    settings = PlaygroundSettings(allowed_hosts=("desk.example",))
    async with serving(settings) as site:
        assert (await site.client.get("/", headers={"Host": "desk.example"})).status == 200
        assert (await site.client.get("/")).status == 421


async def test_only_json_is_read(site: Site):
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        response = await site.client.post(
            "/playground/messages", data=b"{}", headers={"Content-Type": content_type}
        )
        assert response.status == 415


async def test_a_body_past_the_limit_is_not_read_to_its_end():
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"x" * 1_024

    async with serving(PlaygroundSettings(max_body_bytes=4_096)) as site:
        response = await site.client.post(
            "/playground/messages", data=endless(), headers={"Content-Type": "application/json"}
        )

        assert (response.status, await response.json()) == (413, {"error": "too_long"})


async def test_every_answer_carries_the_security_headers(site: Site):
    answers = [
        await site.client.get("/"),
        await site.client.get("/playground/app.js"),
        await site.ask("hello"),
        await site.ask(""),
    ]
    async with site.client.get(f"/playground/stream?conversation={ROOM}") as stream:
        answers.append(stream)

    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


# ── the page ────────────────────────────────────────────────────────────────────────────────────


async def test_the_page_carries_its_settings_as_text_only():
    settings = PlaygroundSettings(examples_en=("<script>\"'&",), knows_zh=("员工手册",))
    async with serving(settings) as site:
        page = await (await site.client.get("/")).text()

    assert "员工手册" in page
    assert '<script>"' not in page
    assert "&lt;script&gt;" in page
    assert "{{" not in page


async def test_the_page_asks_nobody_else_for_anything(site: Site):
    for path in ("/", "/playground/style.css", "/playground/app.js", "/playground/view.js"):
        text = await (await site.client.get(path)).text()

        assert "http://" not in text
        assert "https://" not in text
        assert "innerHTML" not in text
