"""Which platforms there are, and how each is built; one that is not used is not imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeAlias

from aiohttp import web

from adapters.dingtalk.settings import DingTalkSettings
from adapters.feishu.settings import FeishuSettings
from adapters.ingress import Accept
from adapters.slack.settings import SlackSettings
from bot.core.ports import Channel, Clock


class Platform(Channel, Protocol):
    """A channel that also brings its messages in."""

    def routes(self) -> Sequence[web.RouteDef]:
        """Where its requests arrive; none where it uses a socket."""
        ...

    async def start(self) -> None:
        """Learn who we are and, where it uses a socket, begin to connect; back when we know it.

        That may never be where the platform is away: it is asked until the call is cancelled.
        Meanwhile events come in and cards go out as far as they can.

        Raises:
            ChannelRefused: the platform does not know these credentials.
        """
        ...

    async def lacking(self) -> Sequence[str]:
        """What the bot was not granted and needs, in the platform's own words; () if it cannot say.

        Raises:
            ChannelError: the platform does not know us, or does not answer.
        """
        ...


class Section(Protocol):
    """A platform's part of the configuration."""

    @property
    def enabled(self) -> bool:
        """Whether to speak on it."""
        ...

    @property
    def missing(self) -> tuple[str, ...]:
        """The keys that it needs and that say nothing."""
        ...


Build: TypeAlias = Callable[..., Platform]
"""Takes a platform's section, `accept` and `clock`."""


def build_slack(settings: SlackSettings, *, accept: Accept, clock: Clock) -> Platform:
    """Slack."""
    from adapters.slack.channel import Slack

    return Slack(settings=settings, accept=accept, clock=clock)


def build_feishu(settings: FeishuSettings, *, accept: Accept, clock: Clock) -> Platform:
    """Feishu."""
    from adapters.feishu.channel import Feishu

    return Feishu(settings=settings, accept=accept, clock=clock)


def build_dingtalk(settings: DingTalkSettings, *, accept: Accept, clock: Clock) -> Platform:
    """DingTalk."""
    from adapters.dingtalk.channel import DingTalk

    return DingTalk(settings=settings, accept=accept, clock=clock)


PLATFORMS: Mapping[str, Build] = {
    "slack": build_slack,
    "feishu": build_feishu,
    "dingtalk": build_dingtalk,
}
"""By the name of their section in the configuration."""
