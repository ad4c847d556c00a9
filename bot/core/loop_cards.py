"""The cards of the knowledge loop: what is asked of experts and reviewers, and what they taught."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.core.cards import in_a_row, place_of, plain, said_card
from bot.core.charts import bars
from bot.core.model import (
    Ask,
    Block,
    Button,
    Buttons,
    Card,
    CaseResult,
    EvalRun,
    Field,
    Fields,
    Form,
    Gap,
    Markdown,
    Proposal,
)
from bot.core.texts import TEXTS, Texts
from bot.core.texts_mining import MINING
from knowledge.model import EVERYONE, CuratedAnswer, Language

EXPERT_ANSWER: Final = "expert_answer"
NOT_MINE: Final = "not_mine"
GAP_CLOSE: Final = "gap_close"
GAP_OPEN: Final = "gap_open"
TEACH: Final = "teach"
UNDO: Final = "teach_undo"
FORGET: Final = "forget"
PROPOSAL_ACCEPT: Final = "proposal_accept"
PROPOSAL_EDIT: Final = "proposal_edit"
PROPOSAL_REJECT: Final = "proposal_reject"

_QUESTIONS_SHOWN = 5
_GAPS_SHOWN = 8
_TEXT_SHOWN = 1_500


# ── experts ───────────────────────────────────────────────────────────────────────────────────


def expert_card(gap: Gap, language: Language, *, again: bool = False, forms: bool = True) -> Card:
    """Asks somebody who should know; `again` reminds them.

    forms: text can be typed into cards there; else it says how to answer by a command.
    """
    texts = TEXTS[language]
    first = texts.expert_reminder if again else texts.expert_intro
    said = (first.format(count=len(gap.asks)), _questions(gap.wordings))
    titles = dict.fromkeys(near.title for near in gap.found)
    found = in_a_row(map(plain, titles), language)
    rows = ((texts.expert_found, found),) if found else ()
    return Card(
        language=language,
        title=texts.expert_title,
        blocks=(
            Markdown(text="\n\n".join(said)),
            Fields(rows=(*rows, (texts.readers, _readers(gap.readers, texts)))),
            _answer_form(gap, texts) if forms else _answer_command(gap, texts),
            Buttons(
                items=(
                    Button(name=NOT_MINE, label=texts.not_mine, values={"gap": gap.id}),
                    Button(name=GAP_CLOSE, label=texts.close_gap, values={"gap": gap.id}),
                )
            ),
        ),
        summary=f"{texts.expert_title}: {plain(gap.question)}",
    )


def _answer_form(gap: Gap, texts: Texts) -> Form:
    answer = Field(name="answer", label=texts.answer_label, multiline=True, required=True)
    return Form(
        name=EXPERT_ANSWER,
        fields=(answer,),
        submit_label=texts.send,
        values={"gap": gap.id},
    )


def _answer_command(gap: Gap, texts: Texts) -> Markdown:
    """To be copied and filled in; it closes the gap as the form does."""
    question = gap.question.replace("|", "/").replace("`", "'")
    return Markdown(text=f"{texts.answer_by_command}\n\n`/deskmate teach {question} | …`")


def told_card(ask: Ask, answer: Card) -> Card:
    """An answer that comes after the question was asked long ago."""
    texts = TEXTS[ask.language]
    asked = texts.told.format(
        name=plain(ask.user.name or ask.user.id), question=plain(ask.question)
    )
    return replace(answer, blocks=(Markdown(text=asked), *answer.blocks))


# ── teaching ──────────────────────────────────────────────────────────────────────────────────


def teach_card(language: Language, *, question: str = "", answer: str = "") -> Card:
    """A form for a question and its answer."""
    texts = TEXTS[language]
    form = Form(
        name=TEACH,
        fields=(
            Field(name="question", label=texts.question_label, required=True),
            Field(name="answer", label=texts.answer_label, multiline=True, required=True),
        ),
        submit_label=texts.send,
    )
    given = (Markdown(text=f"**{plain(question)}**\n\n{answer}"),) if question or answer else ()
    return Card(
        language=language,
        title=texts.teach_title,
        blocks=(*given, form),
        summary=texts.teach_title,
    )


def taught_card(answer: CuratedAnswer, language: Language, *, told: int = 0) -> Card:
    """An answer is verified from now on; how to take that back."""
    texts = TEXTS[language]
    sentence = texts.taught_told.format(count=told) if told else texts.taught
    undo = Button(name=UNDO, label=texts.undo, values={"answer": answer.id})
    return Card(
        language=language,
        blocks=(
            Markdown(text=sentence),
            *_shown(answer.question, answer.text),
            Fields(rows=((texts.readers, _readers(answer.audience, texts)),)),
            Buttons(items=(undo,)),
        ),
        summary=sentence,
    )


def forgotten_card(answer: CuratedAnswer, language: Language) -> Card:
    """An answer is no longer given; how to take that back."""
    texts = TEXTS[language]
    undo = Button(name=UNDO, label=texts.undo, values={"answer": answer.id})
    said = Markdown(text=texts.forgotten.format(question=plain(answer.question)))
    return Card(language=language, blocks=(said, Buttons(items=(undo,))), summary=plain(said.text))


def forget_card(answers: Sequence[CuratedAnswer], language: Language) -> Card:
    """Which of these verified answers is meant."""
    texts = TEXTS[language]
    blocks: list[Block] = [Markdown(text=texts.forget_which)]
    for answer in answers[:_QUESTIONS_SHOWN]:
        button = Button(
            name=FORGET, label=texts.forget_it, values={"answer": answer.id}, style="danger"
        )
        blocks += [*_shown(answer.question, answer.text), Buttons(items=(button,))]
    return Card(language=language, blocks=tuple(blocks), summary=texts.forget_which)


# ── review ────────────────────────────────────────────────────────────────────────────────────


def gaps_card(gaps: Sequence[Gap], language: Language) -> Card:
    """What nobody could answer, the most asked first."""
    texts = TEXTS[language]
    if not gaps:
        return said_card(texts.gaps_none, language)
    blocks: list[Block] = [Markdown(text=texts.gaps_intro.format(count=len(gaps)))]
    for gap in gaps[:_GAPS_SHOWN]:
        people = len({ask.user.key for ask in gap.asks})
        asked = texts.gap_row.format(asks=len(gap.asks), people=people, state=_state(gap, texts))
        blocks += [
            Markdown(text=f"**{plain(gap.question)}**\n{asked}"),
            Buttons(
                items=(
                    Button(name=GAP_OPEN, label=texts.answer_it, values={"gap": gap.id}),
                    Button(name=GAP_CLOSE, label=texts.close_gap, values={"gap": gap.id}),
                )
            ),
        ]
    return Card(language=language, title=texts.gaps_title, blocks=tuple(blocks))


def proposal_card(proposal: Proposal, language: Language, *, waiting: int) -> Card:
    """One proposal to decide about."""
    texts = TEXTS[language]
    values = {"proposal": proposal.id}
    kind = {
        "expert": texts.proposal_expert,
        "correction": texts.proposal_correction,
        "promotion": texts.proposal_promotion,
        "import": texts.proposal_import,
        "mined": texts.proposal_mined,
        "thread": MINING[language].proposal_thread,
        "doubted": texts.proposal_doubted,
        "wording": texts.proposal_wording,
    }[proposal.kind]
    rows = (
        (texts.proposal_kind, kind),
        (texts.proposal_by, proposal.by_name or proposal.by),
        (texts.readers, _readers(proposal.audience, texts)),
        (texts.sources, in_a_row(_places(proposal, language), language)),
        (texts.wordings, " · ".join(map(plain, proposal.wordings[:_QUESTIONS_SHOWN]))),
    )
    return Card(
        language=language,
        title=texts.review_title.format(count=waiting),
        blocks=(
            *_shown(proposal.question, proposal.text),
            Fields(rows=tuple(row for row in rows if row[1])),
            Buttons(
                items=(
                    Button(
                        name=PROPOSAL_ACCEPT, label=texts.accept, values=values, style="primary"
                    ),
                    Button(name=PROPOSAL_REJECT, label=texts.reject, values=values, style="danger"),
                )
            ),
            Form(
                name=PROPOSAL_EDIT,
                fields=(
                    Field(name="answer", label=texts.edit_label, multiline=True, required=True),
                ),
                submit_label=texts.accept_edited,
                values=values,
            ),
        ),
        summary=plain(proposal.question),
    )


# ── the test set ──────────────────────────────────────────────────────────────────────────────


def eval_card(runs: Sequence[EvalRun], language: Language) -> Card:
    """The last of these runs beside the one before it."""
    texts, now = TEXTS[language], runs[-1]
    before = runs[-2] if len(runs) > 1 else now
    rows = (
        (texts.eval_right, _figure(now, before, "right")),
        (texts.eval_refused, _figure(now, before, "refused")),
        (texts.eval_wrong, _figure(now, before, "wrong")),
        (texts.eval_chart, _chart([run.share("right") for run in runs])),
    )
    was = {case: before.results.get(case, result) for case, result in now.results.items()}
    changed = [case for case, result in now.results.items() if was[case] != result]
    better = [case for case in changed if now.results[case] == "right"]
    worse = [case for case in changed if was[case] == "right"]
    return Card(
        language=language,
        title=texts.eval_title.format(count=len(now.results)),
        blocks=(
            Fields(rows=rows),
            *_cases(texts.eval_better, better, now),
            *_cases(texts.eval_worse, worse, now),
            Markdown(text=texts.eval_note),
        ),
        summary=f"{texts.eval_right}: {_figure(now, before, 'right')}",
    )


def _figure(now: EvalRun, before: EvalRun, result: CaseResult) -> str:
    count = list(now.results.values()).count(result)
    step = count - list(before.results.values()).count(result)
    return f"{count} ({step:+d})" if step else str(count)


def _chart(shares: Sequence[float]) -> str:
    """A bar a run, oldest first, and the last one's share in words."""
    return f"{bars(shares)} {shares[-1]:.0%}"


def _cases(label: str, cases: Sequence[str], run: EvalRun) -> tuple[Block, ...]:
    if not cases:
        return ()
    listed = "\n".join(f"- {plain(run.questions[case])}" for case in cases[:_QUESTIONS_SHOWN])
    return (Markdown(text=f"**{label}**\n\n{listed}"),)


# ── words ─────────────────────────────────────────────────────────────────────────────────────


def _shown(question: str, text: str) -> tuple[Block, ...]:
    shown = text if len(text) <= _TEXT_SHOWN else text[: _TEXT_SHOWN - 1] + "…"
    return Markdown(text=f"**{plain(question)}**"), Markdown(text=shown)


def _questions(wordings: Sequence[str]) -> str:
    return "\n".join(f"> {plain(wording, 300)}" for wording in wordings[:_QUESTIONS_SHOWN])


def _readers(audience: frozenset[str], texts: Texts) -> str:
    return texts.everybody if EVERYONE in audience else ", ".join(sorted(audience))


def _state(gap: Gap, texts: Texts) -> str:
    return texts.gap_asked.format(name=gap.asked[-1]) if gap.asked else texts.gap_open


def _places(proposal: Proposal, language: Language) -> tuple[str, ...]:
    places = (
        " › ".join(
            part
            for part in (cited.title, place_of(cited.heading_path, cited.page, language))
            if part
        )
        for cited in proposal.citations
    )
    return tuple(dict.fromkeys(places))
