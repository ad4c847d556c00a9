"""`deskmate serve`: every enabled platform, until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import errno
import logging
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Final

from bot.app import App, build_app, run_until_stopped
from bot.asked import Answering, Requests
from bot.background import again, meanwhile
from bot.backup import passages_as_asked
from bot.choices import Chosen, read_choices
from bot.cli.options import Subcommands, add_config, open_shelf, settings_of
from bot.lasting import keep_what_is_loaded
from bot.platforms import enabled_sections
from bot.reindexing import reindex_as_asked
from bot.serving import Serving, open_serving
from bot.settings import Settings, SettingsInvalid
from bot.steering import ServedSteering
from bot.telemetry.logs import configure_logging
from bot.telemetry.telemetry import open_telemetry
from knowledge.errors import KnowledgeError
from knowledge.steps import Steps

log = logging.getLogger(__name__)

_NOT_OURS: Final = (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES)
"""An address that somebody else has, that this machine does not have, or that takes root."""


def add_to(subcommands: Subcommands) -> None:
    """Describe the command."""
    parser = subcommands.add_parser("serve", help="run every enabled platform until SIGTERM")
    add_config(parser)
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C, then finish what was begun."""
    settings = settings_of(arguments)
    configure_logging(level=logging.getLevelName(logging.INFO), as_json=True, stream=sys.stderr)
    chosen, shelf = await read_choices(settings), open_shelf()
    if chosen != Chosen():
        log.info("choices_stand", extra={"model": chosen.model, "threshold": chosen.threshold})
    async with (
        open_telemetry(settings.telemetry) as telemetry,
        open_serving(settings, shelf, chosen=chosen, steps=telemetry.steps) as serving,
    ):
        serving.steered_by(ServedSteering(serving, shelf))
        requests = Requests(settings.storage.data_dir)
        asked = Answering(
            requests,
            {
                "reindex": partial(reindex_as_asked, serving),
                "passages": partial(passages_as_asked, serving, requests),
            },
        )
        pings = {"store": serving.ping_store, "model": serving.ping_model}
        playground = settings.playground if settings.playground.enabled else None
        async with (
            build_app(
                settings,
                knowledge=serving.for_core(),
                playground=playground,
                pings=pings,
                telemetry=telemetry,
            ) as app,
            _warming(serving),
            _repeating("following_passages", serving.look, telemetry.steps, every_s=5.0),
            _repeating("answering_commands", asked.look, telemetry.steps, every_s=2.0),
        ):
            await _until_stopped(app, settings)
    return 0


async def _until_stopped(app: App, settings: Settings) -> None:
    """Serve where the configuration says.

    Raises:
        SettingsInvalid: that address cannot be used.
    """
    if not settings.playground.enabled and not enabled_sections(settings):
        log.warning("no_platform_enabled")
    host, port = settings.server.host, settings.server.port
    try:
        await run_until_stopped(app, host, port)
    except OSError as error:
        if error.errno not in _NOT_OURS:
            raise
        why = os.strerror(error.errno).lower()
        raise SettingsInvalid(f"[server] {host}:{port}: {why}; choose another") from error


def _repeating(
    name: str, work: Callable[[], Awaitable[object]], steps: Steps, *, every_s: float
) -> AbstractAsyncContextManager[None]:
    return meanwhile(name, again(name, work, steps, every_s=every_s), steps)


@asynccontextmanager
async def _warming(serving: Serving) -> AsyncIterator[None]:
    """Load the models beside serving: neither platforms nor the start have to wait for that.

    A question that comes before they are loaded waits for them.
    """
    warming = asyncio.create_task(_warm(serving), name="warming")
    try:
        yield
    finally:
        warming.cancel()
        await asyncio.wait({warming})


async def _warm(serving: Serving) -> None:
    try:
        await serving.warm()
    except KnowledgeError as error:
        log.error("warming_failed", extra={"reason": str(error)})  # noqa: TRY400 - one line says it
    else:
        keep_what_is_loaded()
        log.info("warm")
