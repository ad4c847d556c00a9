"""The card of a change that is held back: what it changes, and what it would make worse."""

from __future__ import annotations

from typing import Final

from bot.core.cards import plain
from bot.core.loop_cards import eval_card
from bot.core.model import Button, Buttons, Card, Fields, GateTrial, HeldPart, Markdown
from bot.core.texts_loop import LOOP_TEXTS, LoopTexts
from knowledge.model import Language

GATE_LET: Final = "gate_let"
GATE_KEEP: Final = "gate_keep"

_PARTS: Final[tuple[HeldPart, ...]] = ("documents", "model", "threshold")
_LONGEST = 300


def gate_card(trial: GateTrial, language: Language) -> Card:
    """What administrators decide about."""
    texts = LOOP_TEXTS[language]
    values = {"change": trial.id}
    return Card(
        language=language,
        title=texts.gate_title,
        blocks=(
            Markdown(text=texts.gate_intro),
            Fields(rows=_what(trial, texts)),
            *eval_card((trial.before, trial.after), language).blocks,
            Buttons(
                items=(
                    Button(name=GATE_KEEP, label=texts.gate_keep, values=values, style="primary"),
                    Button(name=GATE_LET, label=texts.gate_let, values=values, style="danger"),
                )
            ),
        ),
        summary=texts.gate_title,
    )


def _what(trial: GateTrial, texts: LoopTexts) -> tuple[tuple[str, str], ...]:
    labels: dict[HeldPart, str] = {
        "documents": texts.gate_documents,
        "model": texts.gate_model,
        "threshold": texts.gate_threshold,
    }
    changed = [part for part in _PARTS if part in trial.what]
    return tuple((labels[part], plain(trial.what[part], _LONGEST)) for part in changed)
