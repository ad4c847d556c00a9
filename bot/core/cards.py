"""What the bot shows, as cards: pure functions from meaning to blocks.

Titles, quotes and passages come from documents anybody may have written. What goes into our own
Markdown sentences is escaped here; quotes are one plain line, and renderers escape those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import ceil
from typing import Final

from bot.core.limits import TooMany, Whose
from bot.core.links import own_links
from bot.core.model import (
    Block,
    Button,
    Buttons,
    Card,
    Choice,
    Field,
    Fields,
    Form,
    Markdown,
    MessageRef,
    Progress,
    Source,
    Sources,
)
from bot.core.texts import TEXTS
from bot.core.texts_people import PEOPLE
from knowledge.language import is_foreign
from knowledge.model import Answer, Citation, CuratedAnswer, Hit, Language, Outcome, Passage

VERDICT: Final = "verdict"
VERDICT_REASON: Final = "verdict_reason"
ASK_PERSON: Final = "ask_person"
TAKE_OFFERED: Final = "take_offered"
OPEN_SOURCE: Final = "open_source"
REASONS: Final = ("wrong", "outdated", "incomplete", "other")

_QUOTE_LENGTH: Final = 300
_SUMMARY_LENGTH: Final = 120
_TITLES_SHOWN: Final = 3
_MARKER = re.compile(r"\s?\[\d+\]")
_MARKDOWN_SIGN = re.compile(r"([\\`*_\[\]<>#|~])")


# ── while working ─────────────────────────────────────────────────────────────────────────────


def progress_card(language: Language) -> Card:
    """The first card, shown at once: work is under way."""
    texts = TEXTS[language]
    return Card(
        language=language,
        blocks=(Progress(text=texts.searching),),
        summary=texts.searching,
        streaming=True,
    )


def draft_card(text: str, language: Language, *, place: int | None = None) -> Card:
    """The answer so far; with a place, what the documents say while its asker waits in line."""
    text, texts = own_links(text, ()), TEXTS[language]
    # Not as progress: where a text grows, some platforms show nothing beside it.
    waits = (Markdown(text=texts.in_line.format(place=place)),) if place else ()
    return Card(
        language=language,
        blocks=(Markdown(text=text), *(waits or (Progress(text=texts.writing),))),
        summary=_one_line(text, _SUMMARY_LENGTH),
        streaming=True,
        passing=bool(waits),
    )


# ── answers ───────────────────────────────────────────────────────────────────────────────────


def answer_card(answer: Answer, language: Language) -> Card:
    """An answer with its sources and feedback buttons, or what to do where there is none.

    language: of the card's own words; the question's, even where the answer's text quotes another.
    """
    match answer.outcome:
        case Outcome.UNKNOWN:
            return _unknown_card(answer, language)
        case Outcome.DEGRADED:
            texts = TEXTS[language]
            note = Markdown(text=texts.crowded if answer.crowded else texts.degraded)
            return _known_card(answer, language, note)
        case Outcome.CURATED if answer.similar and answer.curated:
            asked = TEXTS[language].similar.format(question=plain(answer.curated.question))
            return _known_card(answer, language, Markdown(text=asked))
        case Outcome.CURATED | Outcome.GROUNDED:
            return _known_card(answer, language)


def _known_card(answer: Answer, language: Language, *before: Block) -> Card:
    sources = tuple(_source(citation, language) for citation in answer.citations)
    # What a person wrote and verified may lead elsewhere, as to a form; a page or a model may not.
    verified = answer.outcome is Outcome.CURATED
    text = answer.text if verified else own_links(answer.text, answer.citations)
    return Card(
        language=language,
        blocks=(
            *before,
            Markdown(text=text),
            *((Sources(items=sources),) if sources else ()),
            *_verified(answer.curated, language),
            feedback_buttons(language),
        ),
        summary=_one_line(_MARKER.sub("", text), _SUMMARY_LENGTH),
    )


def _verified(curated: CuratedAnswer | None, language: Language) -> tuple[Block, ...]:
    """Who stands for it, and since when."""
    if curated is None:
        return ()
    on = curated.verified_at.date().isoformat()
    said = TEXTS[language].verified.format(name=plain(curated.verified_by), date=on)
    return (Markdown(text=f"✅ {said}"),)


def _unknown_card(answer: Answer, language: Language) -> Card:
    """That it is not known, what was looked for, where to look on, and whom to ask."""
    texts = TEXTS[language]
    sources = tuple(_source(citation, language) for citation in answer.citations)
    titles = _titles(answer.hits, language)
    looked_for = (
        (texts.searched.format(question=plain(answer.standalone)),) if answer.standalone else ()
    )
    nearby = (f"{texts.may_help}\n\n{_bullets(titles)}",) if titles else ()
    said = (*looked_for, texts.unsure) if sources else (texts.unknown, *looked_for, *nearby)
    if is_foreign(answer.standalone):
        said = (texts.two_languages, *said)
    # Where nothing is near, the headings that were found would lead astray.
    near = answer.hits if sources else ()
    return Card(
        language=language,
        blocks=(
            Markdown(text="\n\n".join(said)),
            *((Sources(items=sources),) if sources else ()),
            *_offered(answer.offered, language),
            Markdown(text=_ask_better(near, language)),
            Buttons(items=(_ask_person(language),)),
        ),
        summary=texts.unsure if sources else texts.unknown,
    )


def _offered(offered: Sequence[CuratedAnswer], language: Language) -> tuple[Block, ...]:
    """Questions with a verified answer that may be meant, and a button for each."""
    if not offered:
        return ()
    texts = TEXTS[language]
    questions = "\n".join(
        f"{number}. {plain(_one_line(one.question, _QUOTE_LENGTH))}"
        for number, one in enumerate(offered, start=1)
    )
    buttons = tuple(
        Button(
            name=TAKE_OFFERED,
            label=texts.show_offered.format(number=number),
            values={"curated": one.id},
        )
        for number, one in enumerate(offered, start=1)
    )
    return Markdown(text=f"{texts.offered}\n\n{questions}"), Buttons(items=buttons)


def _ask_better(hits: Sequence[Hit], language: Language) -> str:
    """How the next question may succeed: in the words of the heading that is nearest."""
    # Of the nearest alone: what is further away may speak of the opposite.
    topic = next((heading for hit in hits[:1] for heading in hit.passage.heading_path[-1:]), "")
    if not topic.strip():
        return TEXTS[language].unknown_next
    return TEXTS[language].unknown_name_it.format(topic=plain(topic))


def feedback_buttons(language: Language) -> Buttons:
    """👍, 👎 and the way to a person."""
    texts = TEXTS[language]
    return Buttons(
        items=(
            Button(name=VERDICT, label=texts.helpful, values={"vote": "up"}),
            Button(name=VERDICT, label=texts.not_helpful, values={"vote": "down"}),
            _ask_person(language),
        )
    )


def place_of(heading_path: Sequence[str], page: int | None, language: Language) -> str:
    """Where in a document, ready to read: `Leave › Annual leave · p. 3`."""
    headings = " › ".join(_one_line(heading) for heading in heading_path)
    on_page = "" if page is None else TEXTS[language].page.format(page=page)
    return " · ".join(part for part in (headings, on_page) if part)


def _source(citation: Citation, language: Language) -> Source:
    return Source(
        marker=citation.marker,
        title=_one_line(citation.title),
        uri=citation.uri,
        place=place_of(citation.heading_path, citation.page, language),
        quote=_one_line(citation.quote, _QUOTE_LENGTH),
        passage_id=citation.passage_id,
    )


def _ask_person(language: Language) -> Button:
    return Button(name=ASK_PERSON, label=TEXTS[language].ask_person)


# ── no answer ─────────────────────────────────────────────────────────────────────────────────


def late_card(language: Language) -> Card:
    """The deadline passed; a person may still help."""
    texts = TEXTS[language]
    return _say(texts.late, language, Buttons(items=(_ask_person(language),)))


def busy_card(language: Language) -> Card:
    """The knowledge base does not answer; trying again may help."""
    return _say(TEXTS[language].busy, language)


def error_card(language: Language) -> Card:
    """Something broke; no details, they are in the log."""
    return _say(TEXTS[language].error, language)


def limit_card(refusal: TooMany, language: Language) -> Card:
    """Too many questions; says whose share is used up, and when the next one is welcome."""
    texts = TEXTS[language]
    sentence = {
        Whose.PERSON: texts.limited,
        Whose.CHANNEL: PEOPLE[language].limited_channel,
        Whose.ALL: PEOPLE[language].limited_all,
    }[refusal.whose]
    seconds = max(1, ceil(refusal.wait.total_seconds()))
    return _say(sentence.format(seconds=seconds), language)


def text_only_card(language: Language) -> Card:
    """A picture, file or sticker came without words."""
    return _say(TEXTS[language].text_only, language)


def too_long_card(characters: int, language: Language) -> Card:
    """The question is longer than anybody can answer."""
    return _say(TEXTS[language].too_long.format(characters=characters), language)


def taken_back_card(language: Language) -> Card:
    """The question is gone, and so is its answer."""
    return _say(TEXTS[language].taken_back, language)


# ── sources and feedback ──────────────────────────────────────────────────────────────────────


def passage_card(passage: Passage, language: Language) -> Card:
    """An opened source in full."""
    place = place_of(passage.heading_path, passage.page, language)
    where = (Markdown(text=plain(place)),) if place else ()
    return Card(
        language=language,
        title=_one_line(passage.title),
        blocks=(*where, Markdown(text=passage.text)),
        summary=_one_line(passage.title, _SUMMARY_LENGTH),
    )


def passage_gone_card(language: Language) -> Card:
    """The source is missing or not for these readers; does not say which."""
    return _say(TEXTS[language].passage_gone, language)


def answer_gone_card(language: Language) -> Card:
    """A button was pressed under an answer that is no longer kept."""
    return _say(TEXTS[language].answer_gone, language)


def action_gone_card(language: Language) -> Card:
    """A button was pressed that this version does not know."""
    return _say(TEXTS[language].action_gone, language)


def thanks_card(language: Language, *, with_reason: bool = False) -> Card:
    """A verdict was counted."""
    texts = TEXTS[language]
    return _say(texts.thanks_reason if with_reason else texts.thanks, language)


def reason_card(answer: MessageRef, language: Language) -> Card:
    """Asks what was wrong with an answer; the form carries which answer is meant."""
    texts = TEXTS[language]
    labels = (
        texts.reason_wrong,
        texts.reason_outdated,
        texts.reason_incomplete,
        texts.reason_other,
    )
    choices = tuple(
        Choice(value=value, label=label) for value, label in zip(REASONS, labels, strict=True)
    )
    form = Form(
        name=VERDICT_REASON,
        fields=(
            Field(name="reason", label=texts.reason_label, choices=choices, required=True),
            Field(name="correction", label=texts.correction_label, multiline=True),
        ),
        submit_label=texts.send,
        values={"answer": answer.id},
    )
    return _say(texts.sorry, language, form)


def person_asked_card(language: Language, *, found: bool) -> Card:
    """The question waits for a colleague; `found`: who that is is known."""
    texts = TEXTS[language]
    return _say(texts.person_asked if found else texts.nobody_to_ask, language)


# ── commands ──────────────────────────────────────────────────────────────────────────────────


def help_card(rows: Iterable[tuple[str, str]], language: Language, *, unknown: str = "") -> Card:
    """What the bot can do; `rows` are commands as typed with what each does.

    unknown: a command that does not exist, to say so first.
    """
    texts = TEXTS[language]
    first = texts.command_unknown.format(name=plain(unknown, 40)) + "\n\n" if unknown else ""
    return Card(
        language=language,
        title=texts.help_title,
        blocks=(
            Markdown(text=f"{first}{texts.help_intro}\n\n{texts.help_commands}"),
            Fields(rows=tuple(rows)),
        ),
        summary=texts.help_title,
    )


def refused_card(name: str, language: Language) -> Card:
    """The command exists but not for this person."""
    return _say(TEXTS[language].command_refused.format(name=plain(name, 40)), language)


def said_card(text: str, language: Language) -> Card:
    """One sentence of ours."""
    return _say(text, language)


def fields_card(rows: Iterable[tuple[str, str]], language: Language, *, title: str = "") -> Card:
    """Label–value pairs."""
    shown = tuple((label, _one_line(value)) for label, value in rows)
    summary = title or ", ".join(f"{label}: {value}" for label, value in shown)
    return Card(language=language, title=title, blocks=(Fields(rows=shown),), summary=summary)


# ── words ─────────────────────────────────────────────────────────────────────────────────────


def plain(text: str, length: int = _SUMMARY_LENGTH) -> str:
    """Text on one line that CommonMark shows as it is."""
    return _MARKDOWN_SIGN.sub(r"\\\1", _one_line(text, length))


def in_a_row(names: Iterable[str], language: Language) -> str:
    """Names on one line, with the comma of the language."""
    return ("、" if language == "zh" else ", ").join(names)


def _say(text: str, language: Language, *after: Block) -> Card:
    return Card(
        language=language,
        blocks=(Markdown(text=text), *after),
        summary=_one_line(text, _SUMMARY_LENGTH),
    )


def _titles(hits: Sequence[Hit], language: Language) -> tuple[str, ...]:
    """Of the nearest documents; in the reader's own language, if there are any."""
    passages = [hit.passage for hit in hits if hit.passage.title.strip()]
    own = [passage for passage in passages if passage.language == language]
    return tuple(dict.fromkeys(passage.title for passage in own or passages))[:_TITLES_SHOWN]


def _bullets(titles: Iterable[str]) -> str:
    return "\n".join(f"- {plain(title)}" for title in titles)


def _one_line(text: str, length: int | None = None) -> str:
    line = " ".join(text.split())
    if length is None or len(line) <= length:
        return line
    return line[: length - 1].rstrip() + "…"
