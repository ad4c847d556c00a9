"""The platforms a configuration names: chosen, started, and asked who reads."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from adapters.registry import Platform, Section
from bot.core.errors import ChannelRefused
from bot.core.memberships import Remembered
from bot.core.ports import Channel, TellsMembers
from bot.settings import Settings, SettingsInvalid
from bot.settings_environment import PREFIX
from bot.web import Ping

log = logging.getLogger(__name__)


def platform_sections(settings: Settings) -> Mapping[str, Section]:
    """Each platform's part of the configuration, by its name."""
    return {"slack": settings.slack, "feishu": settings.feishu, "dingtalk": settings.dingtalk}


def enabled_sections(settings: Settings) -> Mapping[str, Section]:
    """The sections of the platforms to speak on.

    Raises:
        SettingsInvalid: some lack a key; a line for each of them.
    """
    sections = platform_sections(settings)
    enabled = {name: section for name, section in sections.items() if section.enabled}
    lacking = [
        f"[{name}] is enabled but says nothing for {', '.join(section.missing)}; "
        f"set it there, or as {PREFIX}{name.upper()}__{section.missing[0].upper()}"
        for name, section in enabled.items()
        if section.missing
    ]
    if lacking:
        raise SettingsInvalid("\n".join(lacking))
    return enabled


def pings_of(channels: Mapping[str, Channel]) -> Mapping[str, Ping]:
    """How each is asked whether it answers."""
    return {name: channel.ping for name, channel in channels.items()}


def memberships_of(settings: Settings, channels: Mapping[str, Channel]) -> Mapping[str, Remembered]:
    """Who reads where, by the platforms that tell."""
    fresh = timedelta(seconds=settings.access.members_fresh_s)
    return {
        name: Remembered(channel.membership, fresh=fresh)
        for name, channel in channels.items()
        if isinstance(channel, TellsMembers)
    }


@asynccontextmanager
async def starting(platforms: Mapping[str, Platform], start_s: float) -> AsyncIterator[None]:
    """Start platforms. One that is away must not keep the others from being served.

    Raises:
        SettingsInvalid: a platform refused us at once; where it does later, that is only logged.
    """
    tasks = [
        asyncio.create_task(platform.start(), name=name) for name, platform in platforms.items()
    ]
    try:
        if tasks:
            await asyncio.wait(tasks, timeout=start_s)
        for task in tasks:
            if task.done():
                _started(task)
            else:
                log.warning("platform_late", extra={"platform": task.get_name()})
                task.add_done_callback(_tell_failure)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _started(task: asyncio.Task[None]) -> None:
    try:
        task.result()
    except ChannelRefused as error:
        name = task.get_name()
        sentence = f"[{name}] is refused by the platform: {error.code}"
        raise SettingsInvalid(f"{sentence}; see docs/how-to/connect-{name}.md") from error


def _tell_failure(task: asyncio.Task[None]) -> None:
    """Nobody waits for it any more; /readyz shows the same."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        log.error("platform_not_started", extra={"platform": task.get_name()}, exc_info=error)
