"""What decides whether is answered: the embedders, the judge and the threshold."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from bot.engines import embedders_of, has_token_vectors, runs_here
from bot.settings import Settings
from knowledge.answer import Policy
from knowledge.budget import Threshold
from knowledge.confidence import EvidenceModel
from knowledge.models import CATALOGUE, DEFAULT_GENERATOR

log = logging.getLogger(__name__)

Fitted: TypeAlias = Callable[[str], Awaitable[Threshold | None]]
"""The threshold that was fitted for these deciders, if one was."""


def judge_of(settings: Settings) -> str:
    """The language model that may judge, by catalogue name; empty where none may.

    On a server only what is served under such a name: its operator says that it is that model.
    """
    generation = settings.generation
    if not settings.answering.judge or generation.engine == "extractive":
        return ""
    if runs_here(generation):
        return generation.model or DEFAULT_GENERATOR
    return generation.model if generation.model in CATALOGUE else ""


def deciders_of(settings: Settings) -> str:
    """Everything a confidence comes from: a threshold fits no other choice."""
    late = "late" if has_token_vectors(settings.knowledge) else ""
    return "+".join(filter(None, (embedders_of(settings.knowledge), late, judge_of(settings))))


async def policy_of(settings: Settings, shipped: EvidenceModel, fitted: Fitted) -> Policy:
    """When to answer: as configured, else as fitted on the company's questions, else as shipped.

    Raises:
        CalibrationUnreadable, StoreUnavailable: the fitted threshold cannot be read.
    """
    answering = settings.answering
    if answering.least_confidence is not None:
        return Policy(least_confidence=answering.least_confidence)
    found = await fitted(deciders_of(settings))
    if found is not None and found.max_wrong_rate <= answering.max_wrong_rate:
        return Policy(least_confidence=found.least_confidence)
    if found is not None:
        log.warning("calibration_ignored", extra={"fitted_for": found.max_wrong_rate})
    return Policy(least_confidence=shipped.least_confidence)
