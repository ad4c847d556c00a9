"""Chinese or English, also where both are mixed."""

from __future__ import annotations

import pytest

from knowledge.language import is_foreign, language_of
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


@pytest.mark.parametrize(
    "text",
    [
        "Wie viele Urlaubstage habe ich in Berlin?",
        "Wo kann ich mein Passwort ändern?",
        "¿Cuántos días de vacaciones tengo?",
        "Combien de jours de congé est-ce que nous avons pour un mariage ? Je dois savoir",
        "有給休暇は何日ありますか",
        "휴가는 며칠인가요?",
    ],
)
def test_a_third_language_is_noticed(text: str) -> None:
    assert is_foreign(text)


@pytest.mark.parametrize(
    "text",
    [
        "How many days of leave do I have in Berlin?",
        "德国的 Kündigungsfrist 是多久",
        "Who signs the Betriebsvereinbarung?",
        "年假有几天？",
        "Is der Spiegel in the library?",
        "Los Angeles or Las Vegas?",
        "VPN",
        "",
    ],
)
def test_a_foreign_word_makes_no_third_language(text: str) -> None:
    assert not is_foreign(text)
