"""What configuration and choices come to, as a way to serve; and how two ways differ."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass

from bot.choices import Chosen
from bot.core.model import HeldPart
from bot.deciders import Fitted, deciders_of, policy_of
from bot.engines import embedders_of, has_token_vectors
from bot.knowledge_base import KnowledgeBase
from bot.settings import Settings
from bot.ways import Place, Way
from knowledge.confidence import load_model
from knowledge.model import EVERYONE
from knowledge.settings import GenerationSettings

_TITLES_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """What is configured, and what was chosen instead.

    plain: settings without any choice. settings: with what was chosen.
    way: the one that these name, wherever passages lie.
    """

    plain: Settings
    chosen: Chosen
    settings: Settings
    way: Way

    def at(self, place: Place) -> Way:
        """The way that is named, with passages in this place."""
        return self.way.at(place)


async def configured(plain: Settings, chosen: Chosen, fitted: Fitted) -> Configured:
    """What settings come to with these choices.

    Raises:
        CalibrationUnreadable, StoreUnavailable: the fitted threshold cannot be read.
    """
    settings = chosen_settings(plain, chosen)
    way = await configured_way(settings, fitted)
    return Configured(plain=plain, chosen=chosen, settings=settings, way=way)


def chosen_settings(settings: Settings, chosen: Chosen) -> Settings:
    """What is configured with what was chosen instead.

    A model elsewhere is chosen by configuration only, with its address and key; and a threshold
    fits nothing but what it was chosen for.
    """
    if chosen.model and not is_elsewhere(settings.generation):
        model = {"engine": "auto", "model": chosen.model}
        generation = settings.generation.model_copy(update=model)
        settings = settings.model_copy(update={"generation": generation})
    if chosen.threshold is not None and chosen.deciders == deciders_of(settings):
        least = {"least_confidence": chosen.threshold}
        answering = settings.answering.model_copy(update=least)
        settings = settings.model_copy(update={"answering": answering})
    return settings


def is_elsewhere(generation: GenerationSettings) -> bool:
    """Whether the configured language model is not one of this machine."""
    return generation.engine == "openai" or bool(generation.base_url)


async def configured_way(settings: Settings, fitted: Fitted) -> Way:
    """The way that these settings name, wherever passages lie.

    Raises:
        CalibrationUnreadable, StoreUnavailable: the fitted threshold cannot be read.
    """
    embedders, generation = embedders_of(settings.knowledge), settings.generation
    shipped = await asyncio.to_thread(load_model, embedders)
    policy = await policy_of(settings, shipped, fitted)
    return Way(
        embedders=embedders,
        late=has_token_vectors(settings.knowledge),
        engine=generation.engine,
        model=generation.model,
        base_url=generation.base_url,
        judge=settings.answering.judge,
        least_confidence=policy.least_confidence,
    )


def settings_for(settings: Settings, way: Way) -> Settings:
    """These settings, with the model and the threshold of a way."""
    model = {"engine": way.engine, "model": way.model, "base_url": way.base_url}
    when = {"judge": way.judge, "least_confidence": way.least_confidence}
    return settings.model_copy(
        update={
            "generation": settings.generation.model_copy(update=model),
            "answering": settings.answering.model_copy(update=when),
        }
    )


def model_of(way: Way) -> tuple[str, str, str]:
    """The language model of a way; equal where it is the same."""
    return way.engine, way.model, way.base_url


def with_model_of(way: Way, other: Way) -> Way:
    """A way with the language model of another."""
    engine, model, base_url = model_of(other)
    return way.model_copy(update={"engine": engine, "model": model, "base_url": base_url})


def change_id(one: Way, other: Way, number: int) -> str:
    """The name of a change; other for every other change."""
    parts = f"{one.model_dump_json()}\n{other.model_dump_json()}\n{number}"
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


async def what_changes(
    one: KnowledgeBase, other: KnowledgeBase, before: Way, after: Way
) -> dict[HeldPart, str]:
    """What a change changes, and how, to be read."""
    found: dict[HeldPart, str] = {}
    if before.place != after.place:
        found["documents"] = await _documents(one, other)
    models = [_model(one, before), _model(other, after)]
    if models[0] != models[1]:
        found["model"] = " → ".join(models)
    if before.least_confidence != after.least_confidence:
        found["threshold"] = f"{before.least_confidence:.3f} → {after.least_confidence:.3f}"
    return found


def _model(knowledge: KnowledgeBase, way: Way) -> str:
    return f"{knowledge.generator.name}{' + judge' if way.judge else ''}"


async def _documents(one: KnowledgeBase, other: KnowledgeBase) -> str:
    """How many came, changed and went, and what some are called that everybody may read."""
    old, new = await one.store.documents(), await other.store.documents()
    came, gone = new.keys() - old.keys(), old.keys() - new.keys()
    changed = {id_ for id_ in new.keys() & old.keys() if new[id_].digest != old[id_].digest}
    named = [known[id_] for id_ in came | gone | changed for known in (old, new) if id_ in known]
    secret = {document.id for document in named if EVERYONE not in document.audience}
    titles = sorted({document.title for document in named if document.id not in secret})
    shown = ", ".join(titles[:_TITLES_SHOWN]) + ("…" if len(titles) > _TITLES_SHOWN else "")
    return f"+{len(came)} ~{len(changed)} −{len(gone)}: {shown}"
