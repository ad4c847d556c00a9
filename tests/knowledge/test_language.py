"""Chinese or English, also where both are mixed."""

from __future__ import annotations

import pytest

from knowledge.language import language_of
from knowledge.model import Language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("VPN怎么连", "zh"),
        ("Kubernetes 怎么安装？", "zh"),
        ("年假 policy", "zh"),
        ("ＶＰＮ怎么连", "zh"),
        ("123？", "zh"),
        ("𠮷野家", "zh"),
        ("How do I connect to the VPN?", "en"),
        ("What does 年假 mean in our handbook?", "en"),
        ("123?", "en"),
        ("", "en"),
    ],
)
def test_the_language_is_that_of_most_words(text: str, language: Language) -> None:
    assert language_of(text) == language
