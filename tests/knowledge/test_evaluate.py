from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import pytest

from knowledge.errors import CorpusInvalid
from knowledge.evaluate import (
    Engagement,
    Labelled,
    answering,
    engaging,
    evaluate,
    load_questions,
    retrieving,
)
from knowledge.model import Answer, Citation, Hit, Outcome, Passage, Question, Tokens

SETS = Path(__file__).parents[2] / "../shared/eval"


def hit(document_id: str, text: str = "text") -> Hit:
    passage = Passage(
        id=f"{document_id}#0",
        document_id=document_id,
        title=document_id,
        uri="",
        language="en",
        text=text,
    )
    return Hit(passage=passage, score=0.5)


def citation(document_id: str, passage_id: str = "") -> Citation:
    return Citation(
        marker=1, passage_id=passage_id, document_id=document_id, title="", uri="", quote="q"
    )


def asked(id_: str, *, gold: str = "", answers: Sequence[str] = (), answerable: bool = True,
          engage: bool | None = None) -> Labelled:  # fmt: skip
    return Labelled(
        id=id_,
        text=f"question {id_}",
        gold_document_ids=frozenset({gold} - {""}),
        answers=tuple(answers),
        answerable=answerable,
        engage=engage,
    )


def finds(**found: str) -> Callable[[Question], Awaitable[Sequence[Hit]]]:
    """A retriever that finds, for the question ending in a name, the documents in its letters."""

    async def retrieve(question: Question) -> tuple[Hit, ...]:
        return tuple(hit(document_id) for document_id in found[question.text.split()[-1]])

    return retrieve


def says(**said: Answer) -> Callable[[Question], Awaitable[Answer]]:
    async def answer(question: Question) -> Answer:
        return said[question.text.split()[-1]]

    return answer


def grounded(text: str, *citations: Citation) -> Answer:
    return Answer(
        outcome=Outcome.GROUNDED,
        text=text,
        language="en",
        confidence=0.9,
        citations=citations,
        hits=(hit("a"),),
        tokens=Tokens(prompt=100, completion=10),
    )


UNKNOWN = Answer(outcome=Outcome.UNKNOWN, text="", language="en", confidence=0.1)


def ticking(*seconds: float) -> Callable[[], float]:
    ticks: Iterator[float] = iter(seconds)
    return lambda: next(ticks)


def write(path: Path, *lines: object) -> Path:
    path.write_text(
        "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines),
        encoding="utf-8",
    )
    return path


# ── reading a set ─────────────────────────────────────────────────────────────────────────────


def test_a_question_is_read_with_its_gold_labels(tmp_path: Path) -> None:
    line = {"id": "q1", "question": "几天年假？", "language": "zh", "gold_doc_ids": ["leave"],
            "gold_passage_ids": ["leave#1"], "answers": ["五天", 5], "answerable": True,
            "some_other_field": {}}  # fmt: skip

    (one,) = load_questions(write(tmp_path / "qa.jsonl", line, ""))

    assert (one.id, one.text, one.language) == ("q1", "几天年假？", "zh")
    assert one.gold_document_ids == {"leave"}
    assert one.gold_passage_ids == {"leave#1"}
    assert one.answers == ("五天", "5")


def test_a_chat_line_is_read_with_its_context(tmp_path: Path) -> None:
    context = ["a", {"sender": "x", "message": "b"}, {"message": "c"}]
    line = {"id": 7, "message": "hi", "context": context, "engage": None}

    (one,) = load_questions(write(tmp_path / "chat.jsonl", line))

    assert (one.id, one.text, one.engage) == ("7", "hi", None)
    assert one.context == ("a", "x: b", "c")


def test_a_gold_answer_that_a_spreadsheet_left_empty_is_dropped(tmp_path: Path) -> None:
    line = '{"id": "1", "question": "q", "answers": [NaN, "yes"]}'

    assert load_questions(write(tmp_path / "qa.jsonl", line))[0].answers == ("yes",)


def test_an_empty_question_stays_in_the_set(tmp_path: Path) -> None:
    assert len(load_questions(write(tmp_path / "qa.jsonl", {"id": "1", "question": ""}))) == 1


def test_several_ways_to_say_an_answer_are_several_answers(tmp_path: Path) -> None:
    line = {"id": "1", "question": "q", "answers": [["5", "five"], "V"]}

    assert load_questions(write(tmp_path / "qa.jsonl", line))[0].answers == ("5", "five", "V")


def test_questions_that_need_their_page_can_be_left_out(tmp_path: Path) -> None:
    lines = [{"id": str(n), "question": "q", "self_contained": n == 1} for n in range(3)]
    path = write(tmp_path / "qa.jsonl", *lines)

    assert [one.id for one in load_questions(path, self_contained_only=True)] == ["1"]
    assert len(load_questions(path)) == 3


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"question": "q"}',
        '{"id": "1"}',
        '{"id": "1", "question": "q", "language": "fr"}',
        '{"id": "1", "question": "q", "answers": "yes"}',
        '{"id": "1", "question": "q", "answers": [{}]}',
        '{"id": "1", "question": "q", "answerable": "yes"}',
    ],
)
def test_a_bad_line_is_named_by_its_number(tmp_path: Path, line: str) -> None:
    path = write(tmp_path / "qa.jsonl", {"id": "0", "question": "q"}, line)

    with pytest.raises(CorpusInvalid) as caught:
        load_questions(path)

    assert caught.value.line == 2


# ── retrieval ─────────────────────────────────────────────────────────────────────────────────


async def test_recall_counts_different_documents() -> None:
    questions = [asked("x", gold="b"), asked("y", gold="a"), asked("z", gold="q")]

    result = await evaluate(questions, retrieving(finds(x="aaab", y="ab", z="ab")))

    assert result.figures["recall@1"] == pytest.approx(1 / 3, abs=1e-4)
    assert result.figures["recall@5"] == pytest.approx(2 / 3, abs=1e-4)
    assert result.figures["mrr@10"] == pytest.approx(0.5, abs=1e-4)


async def test_questions_without_gold_documents_do_not_count_for_recall() -> None:
    questions = [asked("x", gold="a"), asked("y"), asked("z", gold="b", answerable=False)]

    result = await evaluate(questions, retrieving(finds(x="a", y="a", z="a")))

    assert result.figures["n"] == 3
    assert result.figures["n_with_gold"] == 1
    assert result.figures["recall@1"] == 1.0


async def test_the_interval_of_recall_is_reported() -> None:
    result = await evaluate([asked("x", gold="a")], retrieving(finds(x="a")))

    assert result.figures["recall@1_interval"] == [0.2065, 1.0]


async def test_times_are_those_of_each_question() -> None:
    questions = [asked("x", gold="a"), asked("y", gold="a")]

    result = await evaluate(
        questions,
        retrieving(finds(x="a", y="a")),
        clock_s=ticking(0.0, 0.010, 1.0, 1.030),
    )

    assert (result.figures["p50_ms"], result.figures["p99_ms"]) == (10.0, 30.0)


async def test_progress_is_told_after_each_question() -> None:
    told: list[tuple[int, int]] = []

    await evaluate(
        [asked("x"), asked("y")],
        retrieving(finds(x="a", y="a")),
        progress=lambda done, total: told.append((done, total)),
    )

    assert told == [(1, 2), (2, 2)]


async def test_an_empty_set_is_all_zeros() -> None:
    result = await evaluate([], retrieving(finds()))

    assert result.figures["n"] == 0
    assert result.figures["recall@5"] == 0.0


# ── answers ───────────────────────────────────────────────────────────────────────────────────


async def answered(*pairs: tuple[Labelled, Answer]) -> dict[str, object]:
    said = {one.id: answer for one, answer in pairs}
    result = await evaluate([one for one, _ in pairs], answering(says(**said)))
    return dict(result.figures)


async def test_answers_refusals_and_errors_are_counted() -> None:
    figures = await answered(
        (asked("right", answers=["five days"]), grounded("It is five days [1].")),
        (asked("wrong", answers=["ten days"]), grounded("It is five days [1].")),
        (asked("missed", answers=["ten days"]), UNKNOWN),
        (asked("invented", answerable=False), grounded("It is five days.")),
        (asked("refused", answerable=False), UNKNOWN),
    )

    assert (figures["answered"], figures["refused"]) == (3, 2)
    assert figures["coverage"] == pytest.approx(2 / 3, abs=1e-4)
    assert figures["wrong_answer_rate"] == pytest.approx(2 / 3, abs=1e-4)
    assert figures["refusal_precision"] == figures["refusal_recall"] == figures["refusal_f1"] == 0.5


async def test_tokens_are_added_up() -> None:
    figures = await answered(
        (asked("x", answers=["five"]), grounded("five")),
        (asked("y", answers=["five"]), grounded("five")),
    )

    assert (figures["prompt_tokens"], figures["completion_tokens"]) == (200, 20)


async def test_without_gold_answers_a_cited_gold_document_is_right() -> None:
    figures = await answered(
        (asked("x", gold="leave"), grounded("Five.", citation("leave"))),
        (asked("y", gold="leave"), grounded("Five.", citation("travel"))),
    )

    assert figures["wrong_answers"] == 1


async def test_an_explanation_that_cites_the_gold_passage_is_right_in_other_words() -> None:
    one = Labelled(
        id="x",
        text="question x",
        gold_passage_ids=frozenset({"law#10"}),
        answers=("a long explanation in words of its own " * 4,),
    )

    figures = await answered((one, grounded("The contract is written.", citation("law", "law#10"))))

    assert figures["wrong_answers"] == 0


async def test_a_fact_must_be_said_even_if_the_gold_passage_is_cited() -> None:
    one = Labelled(
        id="x", text="question x", gold_passage_ids=frozenset({"law#10"}), answers=("ten days",)
    )

    figures = await answered((one, grounded("Five days.", citation("law", "law#10"))))

    assert figures["wrong_answers"] == 1


# ── manners ───────────────────────────────────────────────────────────────────────────────────


async def test_messages_that_nobody_could_label_are_left_out() -> None:
    questions = [
        asked("yes", engage=True),
        asked("no", engage=False),
        asked("missed", engage=True),
        asked("unclear"),
    ]

    async def engage(one: Labelled) -> Engagement:
        return Engagement(engage=one.id in ("yes", "no"), confidence=0.7, hits=(hit("a"),))

    result = await evaluate(questions, engaging(engage))

    assert result.figures["n"] == 3
    assert result.figures["engaged"] == 2
    assert result.figures["engage_precision"] == result.figures["engage_recall"] == 0.5
    assert json.loads(next(result.lines()))["engage"] is True


# ── predictions ───────────────────────────────────────────────────────────────────────────────


async def test_a_prediction_line_of_retrieval_has_ten_hits_at_most() -> None:
    result = await evaluate([asked("x")], retrieving(finds(x="abcdefghijkl")))

    line = json.loads(next(result.lines()))

    assert set(line) == {"id", "hits", "ms"}
    assert [found["document_id"] for found in line["hits"]] == list("abcdefghij")
    assert set(line["hits"][0]) == {"document_id", "text", "score"}


async def test_a_prediction_line_of_an_answer_has_its_text_and_citations() -> None:
    said = {"x": grounded("年假五天 [1]。", citation("leave", "leave#1"))}

    result = await evaluate([asked("x")], answering(says(**said)))

    (raw,) = result.lines()
    line = json.loads(raw)
    assert "年假五天" in raw
    assert (line["outcome"], line["confidence"]) == ("grounded", 0.9)
    assert line["citations"][0]["passage_id"] == "leave#1"


async def test_the_figures_name_their_mode() -> None:
    result = await evaluate([asked("x")], retrieving(finds(x="a")))

    assert json.loads(json.dumps(result.as_json()))["mode"] == "retrieve"


@pytest.mark.shared
@pytest.mark.parametrize("name", ["qa/en_tts_handbook", "qa/zh_law_lecoqa", "chat/irc_en"])
def test_the_evaluation_sets_are_readable(name: str) -> None:
    path = SETS / f"{name}.jsonl"
    if not path.exists():
        pytest.skip("no evaluation sets beside the project")

    assert len(load_questions(path)) > 50
