"""Calls to the platforms that fail, also after they were carried out; connections that break."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.simulators import dingtalk
from tests.simulators.dingtalk import DingTalkServer
from tests.simulators.feishu import FeishuSimulator
from tests.simulators.slack import Fault, SlackSimulator

_SLACK_METHODS = (
    "chat.startStream",
    "chat.appendStream",
    "chat.stopStream",
    "chat.postMessage",
    "chat.update",
)
_FEISHU_CALLS = (
    r"POST im/v1/messages/([^/]+)/reply",
    r"PATCH im/v1/messages/([^/]+)",
    r"POST cardkit/v1/cards",
    r"PUT cardkit/v1/cards/([^/]+)",
    r"PUT cardkit/v1/cards/([^/]+)/elements/([^/]+)/content",
    r"PATCH cardkit/v1/cards/([^/]+)/settings",
)
_DINGTALK_PATHS = (dingtalk.CREATE, dingtalk.UPDATE, dingtalk.STREAMING)

_DISCONNECT = {
    "specVersion": "1.0",
    "type": "SYSTEM",
    "headers": {"topic": "disconnect", "messageId": "bye", "contentType": "application/json"},
    "data": "{}",
}


@dataclass
class Mischief:
    """Lets the next call of a kind, or a connection, fail: which and how is chosen by chance."""

    slack: SlackSimulator
    feishu: FeishuSimulator
    dingtalk: DingTalkServer
    chance: random.Random

    def plan_one(self) -> None:
        """One more call will fail, or all tokens are forgotten."""
        self.chance.choice((self._slack, self._feishu, self._dingtalk))()

    async def cut_one(self) -> None:
        """A connection breaks, or its end is asked for; the next may not come at the first try."""
        await self.chance.choice((self._cut_slack, self._cut_feishu, self._cut_dingtalk))()

    async def _cut_slack(self) -> None:
        if self.chance.random() < 0.5:
            self.slack.fault("apps.connections.open", Fault(how="broken"))
        self.chance.choice((self.slack.hang_up, self.slack.disconnect))()

    async def _cut_feishu(self) -> None:
        if self.chance.random() < 0.5:
            self.feishu.fail("POST /callback/ws/endpoint", status=500)
        self.feishu.drop_connections()

    async def _cut_dingtalk(self) -> None:
        if self.chance.random() < 0.5:
            self.dingtalk.fail(dingtalk.OPEN, dingtalk.Fault(status=503))
        if self.chance.random() < 0.5:
            await self.dingtalk.drop_connections()
        else:
            await self.dingtalk.push(_DISCONNECT)

    def _slack(self) -> None:
        done = self.chance.random() < 0.5
        fault = self.chance.choice(
            (
                Fault(how="busy", retry_after="1"),
                Fault(how="broken", done=done),
                Fault(how="silent", done=done),
                Fault(how="html", done=done),
            )
        )
        self.slack.fault(self.chance.choice(_SLACK_METHODS), fault)

    def _feishu(self) -> None:
        if self.chance.random() < 0.1:
            self.feishu.forget_tokens()
            return
        fault = self.chance.choice(({"status": 500}, {"status": 0}, {"status": 429}))
        after = fault["status"] != 429 and self.chance.random() < 0.5
        self.feishu.fail(self.chance.choice(_FEISHU_CALLS), after=after, **fault)

    def _dingtalk(self) -> None:
        if self.chance.random() < 0.1:
            self.dingtalk.forget_tokens()
            return
        done = self.chance.random() < 0.5
        fault = self.chance.choice(
            (
                dingtalk.Fault(status=500, accepted=done),
                dingtalk.Fault(dropped=True, accepted=done),
                dingtalk.Fault(status=429, headers={"Retry-After": "1"}),
            )
        )
        self.dingtalk.fail(self.chance.choice(_DINGTALK_PATHS), fault)
