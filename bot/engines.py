"""The engines that a configuration names, and what they are built of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from bot.egress import Guard
from knowledge.engines.bm25 import Bm25, load_dictionary
from knowledge.engines.cross_encoder import CrossEncoder
from knowledge.engines.limited import Room
from knowledge.engines.one_form import OneForm, OneFormByToken
from knowledge.engines.registry import GenerationChoice, build_generator
from knowledge.errors import DocumentUnreadable
from knowledge.models import CATALOGUE, DEFAULT_EMBEDDERS, DEFAULT_GENERATOR
from knowledge.ports import Embedder, Generator, Reranker, SparseEncoder
from knowledge.settings import GenerationSettings, KnowledgeSettings
from knowledge.steps import UNTOLD, Steps
from knowledge.weights import Shelf


def embedders_of(settings: KnowledgeSettings) -> str:
    """The name of the chosen embedders: `e5-small+use-…`."""
    return settings.embedding_model or "+".join(DEFAULT_EMBEDDERS)


def has_token_vectors(settings: KnowledgeSettings) -> bool:
    """Whether a store of this configuration has a vector a token too."""
    return settings.late_interaction and settings.embedding_model != "use-multilingual"


def runs_here(settings: GenerationSettings) -> bool:
    """Whether the configured language model is one of this machine."""
    return settings.engine in ("auto", "ctransformers", "llamacpp") and not settings.base_url


def build_embedders(settings: KnowledgeSettings, shelf: Shelf) -> tuple[Embedder, ...]:
    """The configured embedders; nothing is loaded before the first text."""
    from knowledge.engines.e5 import E5
    from knowledge.engines.use import Use

    chosen = (settings.embedding_model,) if settings.embedding_model else DEFAULT_EMBEDDERS

    def build(name: str) -> Embedder:
        folder = shelf.path(name)
        if name == "use-multilingual":
            return OneForm(Use(folder))
        return OneFormByToken(E5(folder)) if settings.late_interaction else OneForm(E5(folder))

    return tuple(build(name) for name in chosen)


def build_sparse(settings: KnowledgeSettings) -> tuple[SparseEncoder, ...]:
    """BM25 with the company's own words.

    Raises:
        DocumentUnreadable: the dictionary is missing or no UTF-8 text.
    """
    if settings.dictionary is None:
        return (Bm25(),)
    try:
        return (Bm25(load_dictionary(settings.dictionary)),)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DocumentUnreadable(str(settings.dictionary), reason) from error
    except UnicodeDecodeError as error:
        raise DocumentUnreadable(str(settings.dictionary), "save it as UTF-8") from error


def build_reranker(settings: KnowledgeSettings) -> Reranker | None:
    """The cross-encoder, where one is configured.

    Raises:
        ModelError: there is none in the folder.
    """
    return None if settings.reranker is None else CrossEncoder(settings.reranker)


def choose_generator(
    settings: GenerationSettings,
    shelf: Shelf,
    *,
    guard: Guard | None = None,
    steps: Steps = UNTOLD,
) -> Generator:
    """The configured language model; nothing is loaded before the first prompt.

    guard: what one outside the house is asked through.

    Raises:
        ModelError: its weights are missing or wrong.
    """
    local = runs_here(settings)
    name = settings.model or (DEFAULT_GENERATOR if local else "")
    return build_generator(
        GenerationChoice(
            engine=settings.engine,
            model=Path(name).stem if local and name not in CATALOGUE else name,
            path=shelf.path(name) if local else None,
            base_url=settings.base_url,
            api_key=settings.api_key.get_secret_value(),
            threads=settings.threads or None,
            context_tokens=settings.context_tokens,
            guard=guard,
            steps=steps,
            room=Room(
                concurrent=settings.concurrent,
                waiting=settings.waiting,
                each=settings.waiting_each,
                longest_wait_s=settings.longest_wait_s,
            ),
        )
    )


EngineBuilder: TypeAlias = Callable[[KnowledgeSettings, Shelf], tuple[Embedder, ...]]
"""The embedders that settings name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """What embeds, built of the weights on a shelf."""

    shelf: Shelf
    build: EngineBuilder = build_embedders

    def of(self, settings: KnowledgeSettings) -> tuple[Embedder, ...]:
        """The embedders that settings name."""
        return self.build(settings, self.shelf)
