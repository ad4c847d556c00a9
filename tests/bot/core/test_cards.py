"""Cards say what they mean, and documents cannot speak through them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.cards import (
    answer_card,
    draft_card,
    fields_card,
    help_card,
    limit_card,
    passage_card,
    place_of,
    plain,
    progress_card,
    reason_card,
    thanks_card,
)
from bot.core.limits import TooMany, Whose
from bot.core.model import Buttons, Fields, Form, Markdown, MessageRef, Progress, Sources
from bot.core.texts import EN, ZH
from bot.core.texts_people import PEOPLE
from knowledge.model import Answer, CuratedAnswer, Hit, Outcome, Question
from tests.fakes_core import PASSAGE, START, grounded, unknown, words

QUESTION = Question(text="How many days?", language="en")


def test_an_answer_has_its_text_its_sources_and_three_buttons() -> None:
    card = answer_card(grounded(QUESTION), "en")

    text, sources, buttons = card.blocks
    assert text == Markdown(text="Fifteen days. [1]")
    assert isinstance(sources, Sources)
    assert sources.items[0].passage_id == PASSAGE.id
    assert isinstance(buttons, Buttons)
    assert [button.values for button in buttons.items] == [{"vote": "up"}, {"vote": "down"}, {}]


def test_the_summary_is_one_line_without_markers() -> None:
    card = answer_card(grounded(QUESTION, "Fifteen\ndays. [1] Really. [2]"), "en")

    assert card.summary == "Fifteen days. Really."


def test_a_quote_is_one_plain_line_of_bounded_length() -> None:
    answer = grounded(QUESTION)
    long = replace(answer.citations[0], quote="many\n\n# words " * 100)

    sources = answer_card(replace(answer, citations=(long,)), "en").blocks[1]

    assert isinstance(sources, Sources)
    assert "\n" not in sources.items[0].quote
    assert 290 < len(sources.items[0].quote) <= 300


def test_an_answer_without_sources_shows_no_empty_list() -> None:
    answer = replace(grounded(QUESTION), outcome=Outcome.CURATED, citations=())

    assert [type(block) for block in answer_card(answer, "en").blocks] == [Markdown, Buttons]


def test_a_degraded_answer_says_whose_words_these_are() -> None:
    card = answer_card(replace(grounded(QUESTION), outcome=Outcome.DEGRADED), "zh")

    assert card.blocks[0] == Markdown(text=ZH.degraded)


def test_an_answer_degraded_by_a_crowd_says_so() -> None:
    crowded = replace(grounded(QUESTION), outcome=Outcome.DEGRADED, crowded=True)

    assert answer_card(crowded, "zh").blocks[0] == Markdown(text=ZH.crowded)


def test_a_verified_answer_says_who_stands_for_it_and_a_similar_one_what_it_answers() -> None:
    verified = CuratedAnswer(
        id="1",
        question="Days in *Berlin*?",
        text="Ten.",
        language="en",
        verified_by="Eve",
        verified_at=START,
    )
    sure = replace(
        grounded(QUESTION, "Ten."), outcome=Outcome.CURATED, curated=verified, citations=()
    )

    plainly = words(answer_card(sure, "en"))
    with_its_question = words(answer_card(replace(sure, similar=True), "zh"))

    by_eve = EN.verified.format(name="Eve", date="2025-03-03")
    assert plainly == f"Ten.\n✅ {by_eve}"
    assert r"Days in \*Berlin\*?" in with_its_question


def test_an_unknown_names_each_title_once_and_at_most_three() -> None:
    titles = ["Leave", "Leave", " ", "Travel", "Pay", "Gym"]
    hits = tuple(Hit(passage=replace(PASSAGE, title=title), score=1.0) for title in titles)

    card = answer_card(replace(unknown(QUESTION), hits=hits), "en")

    assert "- Leave\n- Travel\n- Pay\n" in words(card)
    assert "Gym" not in words(card)


def test_an_unknown_with_nothing_near_does_not_promise_help() -> None:
    card = answer_card(replace(unknown(QUESTION), hits=()), "en")

    assert EN.may_help not in words(card)
    assert EN.unknown_next in words(card)


def test_an_unsure_answer_shows_quotes_to_look_at_and_asks_for_no_verdict() -> None:
    places = replace(unknown(QUESTION), citations=grounded(QUESTION).citations)

    card = answer_card(places, "en")

    assert EN.unsure in words(card)
    assert EN.may_help not in words(card)
    (sources,) = (block for block in card.blocks if isinstance(block, Sources))
    assert sources.items[0].passage_id == PASSAGE.id
    (buttons,) = (block for block in card.blocks if isinstance(block, Buttons))
    assert [button.label for button in buttons.items] == [EN.ask_person]


def test_an_unsure_answer_says_what_was_looked_for_and_how_to_ask_better() -> None:
    hit = Hit(passage=replace(PASSAGE, heading_path=("Leave", "Parental *leave*")), score=1.0)
    citations = grounded(QUESTION).citations
    answer = replace(
        unknown(QUESTION), hits=(hit,), citations=citations, standalone="days of *baby* leave"
    )

    text = words(answer_card(answer, "en"))

    assert "I looked for “days of \\*baby\\* leave”." in text
    assert "“Parental \\*leave\\*”" in text


def test_a_better_question_is_never_taken_from_what_is_further_away() -> None:
    nearest = Hit(passage=replace(PASSAGE, heading_path=()), score=2.0)
    further = Hit(passage=replace(PASSAGE, heading_path=("Bereavement",)), score=1.0)
    citations = grounded(QUESTION).citations
    answer = replace(unknown(QUESTION), hits=(nearest, further), citations=citations)

    text = words(answer_card(answer, "en"))

    assert "Bereavement" not in text
    assert EN.unknown_next in text


def test_the_nearest_documents_are_named_in_the_readers_language() -> None:
    pages = [("离职", "zh"), ("Leaving", "en"), ("年假", "zh")]
    hits = tuple(
        Hit(passage=replace(PASSAGE, title=title, language=language), score=1.0)
        for title, language in pages
    )
    chinese = tuple(hit for hit in hits if hit.passage.language == "zh")

    both = words(answer_card(replace(unknown(QUESTION), hits=hits), "en"))
    foreign = words(answer_card(replace(unknown(QUESTION), hits=chinese), "en"))

    assert "- Leaving" in both
    assert "离职" not in both
    assert "- 离职\n- 年假" in foreign


def test_who_asks_in_a_third_language_is_told_which_two_are_understood() -> None:
    german = replace(unknown(QUESTION), standalone="Wie viele Urlaubstage habe ich?")

    assert EN.two_languages in words(answer_card(german, "en"))
    assert EN.two_languages not in words(answer_card(unknown(QUESTION), "en"))


def test_a_documents_title_cannot_become_markup() -> None:
    title = "[win](http://evil)\n# *now* `x`"
    hit = Hit(passage=replace(PASSAGE, title=title), score=1.0)

    text = words(answer_card(replace(unknown(QUESTION), hits=(hit,)), "en"))

    assert "- \\[win\\](http://evil) \\# \\*now\\* \\`x\\`" in text


def test_a_place_is_headings_and_page() -> None:
    assert place_of(("Leave", "Annual leave"), 3, "en") == "Leave › Annual leave · p. 3"
    assert place_of(("休假",), 3, "zh") == "休假 · 第 3 页"
    assert place_of((), 3, "en") == "p. 3"
    assert place_of((), None, "en") == ""


def test_progress_and_drafts_say_that_more_is_coming() -> None:
    first, draft = progress_card("zh"), draft_card("十五", "zh")

    assert first.streaming
    assert draft.streaming
    assert draft.blocks == (Markdown(text="十五"), Progress(text=ZH.writing))


def test_a_draft_in_line_says_its_place_where_every_platform_shows_it() -> None:
    waiting = draft_card("Fifteen days.", "en", place=2)

    assert waiting.blocks == (
        Markdown(text="Fifteen days."),
        Markdown(text=EN.in_line.format(place=2)),
    )
    assert waiting.streaming
    assert waiting.passing
    assert draft_card("Fifteen days.", "en", place=0) == draft_card("Fifteen days.", "en")


@pytest.mark.parametrize(("wait", "seconds"), [(0.1, 1), (12.01, 13), (60, 60)])
def test_a_limit_says_when_to_come_back(wait: float, seconds: int) -> None:
    said = {
        Whose.PERSON: EN.limited,
        Whose.CHANNEL: PEOPLE["en"].limited_channel,
        Whose.ALL: PEOPLE["en"].limited_all,
    }
    for whose, sentence in said.items():
        refusal = TooMany(wait=timedelta(seconds=wait), first=True, whose=whose)

        assert words(limit_card(refusal, "en")) == sentence.format(seconds=seconds)


def test_an_opened_source_shows_where_it_stands_and_its_words() -> None:
    card = passage_card(PASSAGE, "en")

    assert card.title == "Leave"
    assert words(card) == f"Annual leave · p. 3\n{PASSAGE.text}"


def test_an_opened_source_without_a_place_shows_its_words_alone() -> None:
    card = passage_card(replace(PASSAGE, heading_path=(), page=None), "en")

    assert words(card) == PASSAGE.text


def test_the_form_knows_which_answer_it_is_about() -> None:
    card = reason_card(MessageRef(platform="fake", id="m7"), "en")

    form = card.blocks[-1]
    assert isinstance(form, Form)
    assert form.values == {"answer": "m7"}
    reasons, _ = form.fields
    assert [choice.value for choice in reasons.choices] == [
        "wrong",
        "outdated",
        "incomplete",
        "other",
    ]


def test_thanks_for_a_reason_differ() -> None:
    assert words(thanks_card("en")) == EN.thanks
    assert words(thanks_card("en", with_reason=True)) == EN.thanks_reason


def test_the_help_says_first_what_it_did_not_understand() -> None:
    card = help_card([("/deskmate help", "show this")], "en", unknown="*boom*")

    assert words(card).startswith(EN.command_unknown.format(name="\\*boom\\*"))
    assert card.blocks[-1] == Fields(rows=(("/deskmate help", "show this"),))


def test_fields_are_summed_up_in_one_line() -> None:
    assert fields_card([("Id", "a\nb")], "en").summary == "Id: a b"


def test_plain_text_is_cut_where_it_is_too_long() -> None:
    assert plain("word " * 100, 20) == "word word word word…"


def test_every_outcome_has_a_card() -> None:
    for outcome in Outcome:
        answer = Answer(outcome=outcome, text="t", language="en", confidence=0.5)
        assert answer_card(answer, "en").summary
