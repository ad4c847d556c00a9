from __future__ import annotations

import json
from pathlib import Path

import pytest

from knowledge.errors import CorpusInvalid
from knowledge.evaluate import (
    GoldPassages,
    Labelled,
    Prediction,
    ReferencePassage,
    judge,
    load_gold,
)
from knowledge.model import Citation, Hit, Outcome, Passage

LEAVE = "Staff receive twelve paid vacation days in the second year of their work with us."
MORE = "Days that are left at the end of March are lost unless the manager agreed before."


def passage(text: str, *, document_id: str = "leave", id_: str = "leave#7") -> Passage:
    return Passage(id=id_, document_id=document_id, title="", uri="", language="en", text=text)


def gold(*, uncut: bool = False) -> GoldPassages:
    places = {
        "leave#0": ReferencePassage(document_id="leave", text=LEAVE),
        "leave#1": ReferencePassage(document_id="leave", text=MORE),
    }
    return GoldPassages(places, uncut=uncut)


def asked(gold_passage: str = "leave#0", *, answers: tuple[str, ...] = ()) -> Labelled:
    return Labelled(
        id="q",
        text="?",
        gold_document_ids=frozenset({"leave"}),
        gold_passage_ids=frozenset({gold_passage}),
        answers=answers,
    )


def test_a_piece_of_the_gold_passage_counts() -> None:
    assert gold().holds(passage("Staff receive twelve paid vacation days"), {"leave#0"})


def test_a_larger_passage_around_the_gold_one_counts() -> None:
    assert gold().holds(passage(f"{MORE} {LEAVE} {MORE * 3}"), {"leave#0"})


def test_another_passage_of_the_document_does_not_count() -> None:
    assert not gold().holds(passage(MORE), {"leave#0"})


def test_the_same_words_in_another_document_do_not_count() -> None:
    assert not gold().holds(passage(LEAVE, document_id="travel"), {"leave#0"})


def test_our_own_ids_mean_nothing_where_we_cut_the_documents() -> None:
    assert not gold().holds(passage(MORE, id_="leave#0"), {"leave#0"})


def test_ids_decide_where_the_corpus_was_taken_over_uncut() -> None:
    assert gold(uncut=True).holds(passage(MORE, id_="leave#0"), {"leave#0"})
    assert not gold(uncut=True).holds(passage(LEAVE, id_="leave#1"), {"leave#0"})


def test_passages_rank_among_all_hits() -> None:
    hits = tuple(Hit(passage=passage(text), score=1.0) for text in (MORE, MORE, LEAVE))

    found = judge(asked(), Prediction(id="q", hits=hits), gold())

    assert (found.document_rank, found.passage_rank) == (1, 3)


def test_gold_passages_that_nobody_knows_are_not_looked_for() -> None:
    found = judge(asked("leave#9"), Prediction(id="q"), gold())

    assert not found.has_gold_passage


def test_an_answer_that_cites_the_place_of_the_gold_passage_is_right_in_other_words() -> None:
    one = asked(answers=("a long explanation in words of its own " * 4,))
    cited = Citation(marker=1, passage_id="a", document_id="leave", title="", uri="", quote="q")

    def said(text: str) -> Prediction:
        return Prediction(
            id="q",
            hits=(Hit(passage=passage(text, id_="a"), score=1.0),),
            outcome=Outcome.GROUNDED,
            text="Twelve.",
            citations=(cited,),
        )

    assert not judge(one, said(LEAVE), gold()).wrong
    assert judge(one, said(MORE), gold()).wrong


def test_reference_passages_are_read_from_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "passages.jsonl"
    lines = [
        {"passage_id": "a#0", "doc_id": "a", "text": "one", "heading_path": []},
        {"doc_id": "a", "text": "no id"},
    ]
    path.write_text("\n".join(map(json.dumps, lines)) + "\n\n", encoding="utf-8")

    found = load_gold(path, uncut=False)

    assert found.by_id == {"a#0": ReferencePassage(document_id="a", text="one")}


@pytest.mark.parametrize("line", ["{", "[]", '{"doc_id": "a"}', '{"text": "a", "doc_id": 3}'])
def test_a_bad_line_of_reference_passages_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "passages.jsonl"
    path.write_text(line, encoding="utf-8")

    with pytest.raises(CorpusInvalid) as caught:
        load_gold(path, uncut=False)

    assert caught.value.line == 1
