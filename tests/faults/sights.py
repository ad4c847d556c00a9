"""What users see in the simulators, the same for every platform."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.faults.server import ANSWERED, CASE
from tests.simulators.dingtalk import DingTalkServer
from tests.simulators.feishu import FeishuSimulator
from tests.simulators.slack import BOT_USER, SlackSimulator


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A message of the bot.

    cases: the questions its words name. grows: the platform shows it as unfinished.
    """

    platform: str
    place: str
    words: str
    grows: bool

    @property
    def cases(self) -> frozenset[str]:
        return frozenset(found[0] for found in CASE.finditer(self.words))

    @property
    def answered(self) -> bool:
        """It is a whole answer, and stays so."""
        return not self.grows and ANSWERED in self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class Onlooker:
    """Sees every message on the three platforms, oldest first."""

    slack: SlackSimulator
    feishu: FeishuSimulator
    dingtalk: DingTalkServer

    def look(self) -> Sequence[Sight]:
        """Everything that is shown now."""
        return [*self._slack(), *self._feishu(), *self._dingtalk()]

    @property
    def messages(self) -> int:
        """How many messages there are by now, of the bot and of people."""
        told = len(self.dingtalk.cards) + len(self.dingtalk.messages)
        return len(self.slack.messages) + len(self.feishu.messages) + told

    @property
    def failures(self) -> Sequence[str]:
        """What we sent and the platforms would not put up with."""
        return [*self.slack.failures, *self.feishu.failures, *self.dingtalk.failures]

    def _slack(self) -> Iterable[Sight]:
        for message in tuple(self.slack.messages.values()):
            if message.user == BOT_USER:
                yield Sight(
                    platform="slack",
                    place=f"{message.channel}:{message.thread_ts}",
                    words=message.words,
                    grows=message.growing,
                )

    def _feishu(self) -> Iterable[Sight]:
        for message in tuple(self.feishu.messages.values()):
            yield Sight(
                platform="feishu",
                place=message.parent or message.place,
                words=message.text,
                grows=message.card.streaming,
            )

    def _dingtalk(self) -> Iterable[Sight]:
        for card in tuple(self.dingtalk.cards.values()):
            yield Sight(
                platform="dingtalk",
                place=card.place.partition(".")[2],
                words=card.variables["content"],
                grows=card.variables["flowStatus"] != "3",
            )
        for message in tuple(self.dingtalk.messages):
            yield Sight(platform="dingtalk", place=message.place, words=message.text, grows=False)
