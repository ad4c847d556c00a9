"""What the configuration says of token vectors reaches all that hangs on it."""

from __future__ import annotations

import pytest

from bot.deciders import deciders_of
from bot.engines import has_token_vectors
from bot.settings import Settings
from knowledge.settings import KnowledgeSettings


@pytest.mark.parametrize(
    ("knowledge", "stored"),
    [
        (KnowledgeSettings(), True),
        (KnowledgeSettings(late_interaction=False), False),
        (KnowledgeSettings(embedding_model="e5-small"), True),
        (KnowledgeSettings(embedding_model="use-multilingual"), False),
    ],
)
def test_they_are_stored_unless_turned_off_or_no_embedder_tells_them(
    knowledge: KnowledgeSettings, stored: bool
) -> None:
    assert has_token_vectors(knowledge) is stored


def test_a_threshold_fitted_without_them_is_not_taken_with_them() -> None:
    without = Settings(knowledge=KnowledgeSettings(late_interaction=False))

    assert deciders_of(Settings()) != deciders_of(without)
