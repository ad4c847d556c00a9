"""People who ask: events of three platforms, in direct talks, groups and threads."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, TypeAlias

from tests.simulators import dingtalk, feishu, slack

VERIFICATION_TOKEN: Final = "a-verification-token"
ENCRYPT_KEY: Final = "an-encrypt-key"

_ASK_AGAIN: Final = tuple(timedelta(minutes=1) for _ in range(10))
"""How often DingTalk repeats what was not acknowledged is not documented: here each minute."""

Request: TypeAlias = tuple[bytes, dict[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One event on its way to us, again and again until it is acknowledged.

    payload: what a frame would bring.
    seal: makes the request for a moment; the number counts the tries before.
    again_after: pauses between the tries.
    """

    platform: str
    path: str
    payload: dict[str, Any]
    seal: Callable[[datetime, int], Request]
    again_after: tuple[timedelta, ...]


@dataclass(slots=True, kw_only=True)
class Question:
    """A message somebody wrote.

    place: where its answer has to appear.
    lane: messages with the same one are answered in the order they were taken.
    wanted: somebody waits for an answer; otherwise there must be none.
    sent_at_s, acked_at_s: the first time it was posted, and the first time that was acknowledged.
    """

    case: str
    platform: str
    lane: str
    place: str
    envelopes: Sequence[Envelope]
    wanted: bool = True
    sent_at_s: float | None = None
    acked_at_s: float | None = None


class People(Protocol):
    """Everybody on one platform."""

    def ask(self, case: str, at: datetime, *, wanted: bool = True) -> Question:
        """Somebody writes a message that names this case, to us or, if not wanted, to others."""
        ...


@dataclass
class SlackPeople:
    """Mentions come twice, as `app_mention` and as `message`, under two event ids."""

    simulator: slack.SlackSimulator
    chance: random.Random
    places: int = 8
    threads: list[tuple[str, str]] = field(default_factory=list)

    def ask(self, case: str, at: datetime, *, wanted: bool = True) -> Question:
        """In a direct talk, as a new thread of a channel, or in a thread there is."""
        kind = self.chance.choice(("direct", "channel", "thread")) if wanted else "channel"
        thread = ""
        if kind == "direct":
            channel = f"D{self.chance.randrange(self.places)}"
        elif kind == "thread" and self.threads:
            channel, thread = self.chance.choice(self.threads[-self.places :])
        else:
            channel = f"C{self.chance.randrange(self.places)}"
        user = f"U{self.chance.randrange(200)}"
        ts = self.simulator.write(_words(case), channel=channel, thread_ts=thread, user=user)
        inner = {
            "channel": channel,
            "channel_type": "im" if kind == "direct" else "channel",
            "user": user,
            "ts": ts,
            **({"thread_ts": thread} if thread else {}),
            "text": f"<@{slack.BOT_USER}> {_words(case)}" if wanted else _words(case),
        }
        if kind != "direct":
            thread = thread or ts
            if wanted:
                self.threads.append((channel, thread))
        mentioned = wanted and kind != "direct"
        kinds = ["message", "app_mention"] if mentioned else ["message"]
        self.chance.shuffle(kinds)
        return Question(
            case=case,
            platform="slack",
            lane=f"slack:{channel}:{thread}",
            place=f"{channel}:{thread}",
            wanted=wanted,
            envelopes=[
                _slack_envelope({**inner, "type": kind}, f"Ev{case}{kind}") for kind in kinds
            ],
        )


def _slack_envelope(inner: dict[str, Any], event_id: str) -> Envelope:
    payload = {
        "type": "event_callback",
        "team_id": slack.TEAM,
        "api_app_id": slack.APP,
        "event_id": event_id,
        "event": inner,
    }

    def seal(at: datetime, tries: int) -> Request:
        raw, headers = slack.signed(payload, at=at)
        again = {"X-Slack-Retry-Num": str(tries), "X-Slack-Retry-Reason": "http_timeout"}
        return raw, headers | (again if tries else {})

    # The simulator counts from the first try, an envelope from the last.
    first, second, third = slack.REDELIVERED_AFTER
    pauses = (first, second - first, third - second)
    return Envelope(
        platform="slack",
        path="/slack/events",
        payload=payload,
        seal=seal,
        again_after=pauses,
    )


@dataclass
class FeishuPeople:
    """Encrypted and signed; in a group each question begins a thread."""

    chance: random.Random
    places: int = 8
    threads: list[tuple[str, str]] = field(default_factory=list)

    def ask(self, case: str, at: datetime, *, wanted: bool = True) -> Question:
        """In a direct talk, in a group, or under an earlier message of a group."""
        kind = self.chance.choice(("direct", "group", "thread")) if wanted else "group"
        message_id, root = f"om_{case}", ""
        person = self.chance.randrange(self.places)
        if kind == "direct":
            chat, lane = f"oc_p{person}", f"feishu:oc_p{person}:"
        elif kind == "thread" and self.threads:
            chat, root = self.chance.choice(self.threads[-self.places :])
            lane = f"feishu:{chat}:{root}"
        else:
            chat = f"oc_g{person}"
            lane = f"feishu:{chat}:{message_id}"
            if wanted:
                self.threads.append((chat, message_id))
        mention = {"key": "@_user_1", "id": {"open_id": feishu.BOT_OPEN_ID}, "name": "Deskmate"}
        message = {
            "message_id": message_id,
            "chat_id": chat,
            "chat_type": "p2p" if kind == "direct" else "group",
            "message_type": "text",
            "content": json.dumps({"text": f"@_user_1 {_words(case)}" if wanted else _words(case)}),
            **({"mentions": [mention]} if wanted else {}),
            **({"root_id": root, "parent_id": root} if root else {}),
        }
        sender = {"sender_type": "user", "sender_id": {"open_id": f"ou_{person}"}}
        return Question(
            case=case,
            platform="feishu",
            lane=lane,
            place=message_id,
            wanted=wanted,
            envelopes=[_feishu_envelope({"sender": sender, "message": message}, f"ev-{case}")],
        )


def _feishu_envelope(event: dict[str, Any], event_id: str) -> Envelope:
    header = {
        "event_id": event_id,
        "event_type": "im.message.receive_v1",
        "token": VERIFICATION_TOKEN,
        "app_id": feishu.APP_ID,
        "tenant_key": "tk",
    }
    payload = {"schema": "2.0", "header": header, "event": event}
    return Envelope(
        platform="feishu",
        path="/feishu/events",
        payload=payload,
        seal=lambda at, _: feishu.callback(payload, ENCRYPT_KEY, at=at.timestamp()),
        again_after=feishu.REDELIVERED_AFTER,
    )


@dataclass
class DingTalkPeople:
    """Direct talks and groups; there are no threads."""

    simulator: dingtalk.DingTalkServer
    chance: random.Random
    places: int = 16

    def ask(self, case: str, at: datetime, *, wanted: bool = True) -> Question:
        """In a direct talk or in a group."""
        direct = wanted and self.chance.random() < 0.5
        person, group = f"staff{self.chance.randrange(self.places)}", ""
        if not direct:
            group = f"cid{self.chance.randrange(self.places)}=="
        us = "$:us"
        payload = {
            "msgId": f"msg{case}==",
            "msgtype": "text",
            "text": {"content": f" {_words(case)}"},
            "conversationType": "1" if direct else "2",
            "conversationId": group or f"cid-of-{person}",
            "senderId": f"$:{person}",
            "senderStaffId": person,
            "senderNick": "Ann",
            "chatbotUserId": us,
            "chatbotCorpId": "dingcorp",
            "robotCode": dingtalk.CLIENT_ID,
            "atUsers": [{"dingtalkId": us}] if wanted and not direct else [],
            "sessionWebhook": f"{self.simulator.url}{dingtalk.WEBHOOK}?session={group or person}",
            "sessionWebhookExpiredTime": int((at.timestamp() + 5_400) * 1_000),
        }
        raw = json.dumps(payload).encode()
        kind = {"Content-Type": "application/json"}
        return Question(
            case=case,
            platform="dingtalk",
            lane=f"dingtalk:{group or person}:",
            place=group or person,
            wanted=wanted,
            envelopes=[
                Envelope(
                    platform="dingtalk",
                    path="/dingtalk/robot",
                    payload=payload,
                    seal=lambda at, _: (raw, {**dingtalk.robot_headers(at), **kind}),
                    again_after=_ASK_AGAIN,
                )
            ],
        )


def _words(case: str) -> str:
    number = int(case[4:-1])
    if number % 3 == 0:
        return f"编号 {case} 的员工年假有几天？"
    return f"How many days of leave does {case} grant?"
