"""What a model or a page says leads to its sources and nowhere else."""

from __future__ import annotations

import pytest

from bot.core.cards import answer_card, draft_card
from bot.core.links import own_links
from bot.core.model import Markdown
from knowledge.model import Answer, Citation, Outcome

PAGE = "https://wiki.example/leave"


def cited(quote: str = "Ask in the portal.") -> tuple[Citation, ...]:
    return (
        Citation(
            marker=1, passage_id="leave#0", document_id="leave", title="", uri=PAGE, quote=quote
        ),
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"See [the page]({PAGE}) [1].", f"See [the page]({PAGE}) [1]."),
        ("See [the page](https://evil.example/x) [1].", "See the page [1]."),
        ("See ![the page](https://evil.example/?q=secret).", "See the page."),
        (f"![p]({PAGE})", "p"),
        ("[1](https://evil.example)", "[1]"),
        ("[x](javascript:alert(1))", "x"),
        ("[x](data:text/html;base64,AAAA)", "x"),
        ("Go to https://evil.example/login.", "Go to `https://evil.example/login`."),
        ("Go to <https://evil.example/login>", "Go to `https://evil.example/login`"),
        ("请打开www.evil.example。", "请打开`www.evil.example`。"),
        ("请打开 http://evil.example/登录，谢谢", "请打开 `http://evil.example/登录`，谢谢"),
        ("Text.\n[page]: https://evil.example\nMore [page].", "Text.\n\nMore [page]."),
        ("`https://evil.example`", "`https://evil.example`"),
        ("No link at all [1].", "No link at all [1]."),
    ],
)
def test_only_sources_are_linked(text: str, shown: str) -> None:
    assert own_links(text, cited()) == shown


def test_an_address_that_the_source_names_is_shown_to_be_read_first() -> None:
    quote = "Apply at [the portal](https://portal.example/form) or https://portal.example."

    text = "[the portal](https://portal.example/form), https://portal.example"
    shown = own_links(text, cited(quote))

    assert shown == "the portal (https://portal.example/form), https://portal.example"


def said(outcome: Outcome) -> str:
    answer = Answer(
        outcome=outcome,
        text="Sign in [here](https://evil.example) [1].",
        language="en",
        confidence=0.9,
        citations=cited(),
    )
    (text,) = [
        block.text
        for block in answer_card(answer, "en").blocks
        if isinstance(block, Markdown) and "Sign in" in block.text
    ]
    return text


def test_the_card_of_an_answer_leads_nowhere_else() -> None:
    assert said(Outcome.GROUNDED) == "Sign in here [1]."
    assert said(Outcome.DEGRADED) == "Sign in here [1]."


def test_what_a_person_verified_may_lead_elsewhere() -> None:
    assert said(Outcome.CURATED) == "Sign in [here](https://evil.example) [1]."


def test_a_growing_answer_leads_nowhere() -> None:
    card = draft_card("Sign in [here](https://evil.example).", "en")

    assert card.blocks[0] == Markdown(text="Sign in here.")
