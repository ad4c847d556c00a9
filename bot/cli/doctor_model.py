"""`deskmate doctor` on a model server: does it answer, and can it judge?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final, Literal

from bot.cli.finding import Finding
from bot.deciders import judge_of
from bot.egress import open_guard
from bot.engines import choose_generator, embedders_of, runs_here
from bot.settings import Settings
from knowledge.confidence import load_model
from knowledge.errors import EngineRefused, EngineUnavailable, KnowledgeError
from knowledge.judge import last_draft
from knowledge.model import Draft, Prompt, Turn
from knowledge.weights import Shelf

_PATIENCE_S: Final = 30.0
_PROBE: Final = Prompt(
    turns=(Turn(speaker="user", text="Is two more than one? Reply only yes or no."),),
    max_tokens=1,
    choices=("yes", "no"),
    passages=(),
)
"""Nothing of the company's; its guard, where there is one, still writes down that it left."""


async def model_server(settings: Settings) -> AsyncIterator[Finding]:
    """Whether the configured server writes, and whether it tells what a judgement needs."""
    generation = settings.generation
    if runs_here(generation) or generation.engine == "extractive":
        return
    try:
        said = await _asked(settings)
    except (EngineUnavailable, TimeoutError) as error:
        to_do = "start the server, wait until its model is loaded, or mend [generation] base_url"
        yield _finding("error", str(error) or "the model server does not answer in time", to_do)
    except EngineRefused as error:
        to_do = "mend [generation] base_url, model or api_key: see docs/how-to/model-server.md"
        yield _finding("error", str(error), to_do)
    except KnowledgeError as error:
        yield _finding("error", str(error), "mend [egress] or [storage]")
    else:
        yield _finding("ok", f"the server writes as {generation.model or 'its only model'}")
        yield _judging(settings, said)


async def _asked(settings: Settings) -> Draft:
    async with open_guard(settings) as guard, asyncio.timeout(_PATIENCE_S):
        # A server needs no weights here, so no shelf is looked at.
        generator = choose_generator(settings.generation, Shelf(Path()), guard=guard)
        try:
            return await last_draft(generator, _PROBE)
        finally:
            await generator.close()


def _judging(settings: Settings, said: Draft) -> Finding:
    if not settings.answering.judge:
        return _finding("ok", "[answering] judge is off: the search decides alone what is answered")
    if not said.chances:
        found = "it tells no log probabilities, so it does not judge: the search decides alone"
        return _finding("warning", found, "see docs/how-to/model-server.md")
    fitted = load_model(embedders_of(settings.knowledge)).judges
    if judge_of(settings) not in fitted:
        found = "its judgement was not measured, so it does not judge: the search decides alone"
        return _finding("ok", f"{found}; measured: {', '.join(sorted(fitted)) or 'none'}")
    return _finding("ok", "it tells log probabilities, and judges where the search is in doubt")


def _finding(level: Literal["ok", "warning", "error"], found: str, to_do: str = "") -> Finding:
    return Finding(part="model server", level=level, found=found, to_do=to_do)
