from __future__ import annotations

from typing import get_args

import pytest

from bot.core.model import Block, Markdown
from tests.golden.gallery import GALLERY


@pytest.mark.parametrize("kind", get_args(Block), ids=lambda kind: kind.__name__)
def test_every_kind_of_block_is_in_the_gallery(kind: type) -> None:
    assert any(isinstance(block, kind) for card in GALLERY.values() for block in card.blocks)


def test_the_long_answer_is_as_long_as_it_says() -> None:
    texts = [b.text for b in GALLERY["answer_of_60_kb"].blocks if isinstance(b, Markdown)]

    assert len(texts[0].encode()) >= 60_000
