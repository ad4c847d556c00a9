"""The simulated platforms as a person knows them: how to write there, and what is seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from adapters.registry import Section
from bot.core.model import User
from tests.adapters.dingtalk import desk as dingtalk
from tests.adapters.dingtalk.recorded import payload as dingtalk_payload
from tests.adapters.feishu import desk as feishu
from tests.adapters.feishu.house import again, asked
from tests.adapters.slack import workspace as slack
from tests.adapters.slack.payloads import payload as slack_payload
from tests.simulators.dingtalk import (
    WEBHOOK,
    DingTalkServer,
    ShownCard,
    ShownMessage,
    robot_headers,
)
from tests.simulators.feishu import FeishuSimulator, Message, callback
from tests.simulators.slack import BOT_USER, Shown, SlackSimulator, signed

NOW = dingtalk.NOW

_numbers = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A signed request of a platform."""

    path: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A message of the bot.

    buttons: their labels. grows: more of it is coming. only_for: nobody else can read it.
    """

    words: str
    buttons: Sequence[str]
    grows: bool
    only_for: str


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A platform with one group in it, and one person who asks there.

    section: what an operator writes into the configuration.
    asks: a message to the bot, in each of the ways the platform may deliver it.
    commands: a command, in each of the ways it can be given; each is a message of its own.
    seen: what the bot wrote, oldest first.
    in_thread: somebody asks, a colleague answers and the person likes it; then a message to the bot
        from this person in the same thread, if there are such things.
    """

    section: Section
    person: User
    asks: Callable[[str], Sequence[Letter]]
    commands: Callable[[str], Sequence[Letter]]
    seen: Callable[[], Sequence[Seen]]
    in_thread: Callable[[str, str, str], Letter]

    @property
    def platform(self) -> str:
        return self.person.platform

    def question(self, text: str) -> Letter:
        """A message to the bot, as it usually comes."""
        return self.asks(text)[0]


# ── the platforms ─────────────────────────────────────────────────────────────────────────────


@contextmanager
def on_slack() -> Iterator[Stage]:
    """A channel; a mention comes as two events, and a command also as a slash command."""
    with SlackSimulator.running() as simulator:

        def letter(payload: dict[str, Any]) -> Letter:
            body, headers = signed(payload, at=NOW)
            return Letter(path="/slack/events", body=body, headers=headers)

        def asks(text: str) -> Sequence[Letter]:
            ts = simulator.write(text)
            inner = {"channel": "C1", "channel_type": "channel", "user": "U1", "ts": ts}
            said = {**inner, "text": f"<@{BOT_USER}> {text}"}
            return [
                letter(slack.envelope({**said, "type": kind}, event_id=f"Ev{kind}{ts}"))
                for kind in ("message", "app_mention")
            ]

        def in_thread(question: str, reply: str, text: str) -> Letter:
            root = simulator.write(question, user="U2")
            simulator.react(simulator.write(reply, user="U3", thread_ts=root), "+1", "U1")
            simulator.people["U2"] = {"name": "ada", "real_name": "Ada"}
            ts = simulator.write(f"<@{BOT_USER}> {text}", thread_ts=root)
            said = {"channel": "C1", "channel_type": "channel", "user": "U1", "ts": ts}
            inner = {**said, "thread_ts": root, "text": f"<@{BOT_USER}> {text}"}
            return letter(slack.envelope({**inner, "type": "app_mention"}, event_id=f"Ev{ts}"))

        def commands(name: str) -> Sequence[Letter]:
            typed = {"command": "/deskmate", "text": name, "trigger_id": f"1.{next(_numbers)}"}
            slash = {**slack_payload("slash_command_form"), **typed}
            return [letter(slash), asks(f"/deskmate {name}")[0]]

        yield Stage(
            section=slack.slack_settings(simulator),
            person=User(platform="slack", id="U1"),
            asks=asks,
            commands=commands,
            seen=lambda: [
                _on_slack(one) for one in simulator.messages.values() if one.user == BOT_USER
            ],
            in_thread=in_thread,
        )


def _on_slack(shown: Shown) -> Seen:
    return Seen(
        words="\n".join([shown.words, json.dumps(shown.blocks, ensure_ascii=False)]),
        buttons=[button["text"]["text"] for button in shown.buttons],
        grows=shown.growing,
        only_for=shown.only_for,
    )


@contextmanager
def on_feishu() -> Iterator[Stage]:
    """A group; what comes again comes under another event id."""
    with FeishuSimulator.running() as simulator:

        def letter(payload: dict[str, Any]) -> Letter:
            body, headers = callback(payload, feishu.KEY, at=NOW.timestamp())
            return Letter(path="/feishu/events", body=body, headers=headers)

        def asks(text: str) -> Sequence[Letter]:
            payload = asked(f"@_user_1 {text}", name="message_group_mention")
            return [letter(payload), letter(again(payload))]

        def in_thread(question: str, reply: str, text: str) -> Letter:
            for name, writer, said in (("om_r", "阿达", question), ("om_s", "阿宝", reply)):
                simulator.inbox[name] = {
                    "message_id": name,
                    "thread_id": "omt_1",
                    "msg_type": "text",
                    "create_time": "1700000000000",
                    "sender": {"id": f"ou_{name}", "sender_type": "user", "sender_name": writer},
                    "body": {"content": json.dumps({"text": said})},
                }
            simulator.reactions["om_s"] = [("ou_ann", "THUMBSUP")]
            order = {"root_id": "om_r", "parent_id": "om_s", "thread_id": "omt_1"}
            return letter(asked(f"@_user_1 {text}", name="message_group_mention", **order))

        yield Stage(
            section=feishu.settings(simulator.origin),
            person=User(platform="feishu", id="ou_ann"),
            asks=asks,
            commands=lambda name: [asks(f"/deskmate {name}")[0]],
            seen=lambda: [_on_feishu(one) for one in simulator.shown],
            in_thread=in_thread,
        )


def _on_feishu(message: Message) -> Seen:
    return Seen(
        words=message.text,
        buttons=[one["text"]["content"] for one in _tagged("button", message.card.json)],
        grows=message.card.streaming,
        only_for=message.place if message.place.startswith("ou_") else "",
    )


def _tagged(tag: str, value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.get("tag") == tag:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _tagged(tag, inner)


@contextmanager
def on_dingtalk(**settings: str) -> Iterator[Stage]:
    """A group with AI cards; what comes again is the same."""
    with DingTalkServer() as server:

        def asks(text: str) -> Sequence[Letter]:
            said = {
                **dingtalk_payload("robot_group_text"),
                "msgId": f"msg{next(_numbers)}==",
                "sessionWebhook": f"{server.url}{WEBHOOK}?session=s",
                "text": {"content": f" {text}"},
            }
            headers = {**robot_headers(NOW), "Content-Type": "application/json"}
            letter = Letter(path="/dingtalk/robot", body=json.dumps(said).encode(), headers=headers)
            return [letter, letter]

        yield Stage(
            section=dingtalk.settings(server, **settings),
            person=User(platform="dingtalk", id="manager1"),
            asks=asks,
            commands=lambda name: [asks(f"/deskmate {name}")[0]],
            seen=lambda: [
                *(_as_card(card) for card in server.cards.values()),
                *(_as_message(message) for message in server.messages),
            ],
            in_thread=lambda _question, _reply, text: asks(text)[0],
        )
        assert server.failures == []


def on_dingtalk_without_cards() -> AbstractContextManager[Stage]:
    """The same group, where no card template is known: answers are messages that never change."""
    return on_dingtalk(card_template_id="")


def _as_message(message: ShownMessage) -> Seen:
    only_for = message.place if message.via == "direct" else ""
    return Seen(words=message.text, buttons=(), grows=False, only_for=only_for)


def _as_card(card: ShownCard) -> Seen:
    space, _, place = card.place.partition(".")
    return Seen(
        words="\n".join([card.variables["content"], card.variables.get("sources", "")]),
        buttons=[one["text"] for one in json.loads(card.variables.get("buttons") or "[]")],
        grows=card.variables["flowStatus"] != "3",
        only_for=place if space == "IM_ROBOT" else "",
    )
