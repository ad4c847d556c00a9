"""The corpus that speed is measured on holds what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.split import indexed_text
from tests.benchmarks.retrieval import figures, recall, words_of
from tests.benchmarks.speed_corpus import Asked, SpeedCorpus, load_corpus

NOWHERE = Path("no/evaluation/sets")


@pytest.fixture(scope="module")
def corpus() -> SpeedCorpus:
    return load_corpus(1_500, sets=NOWHERE)


def test_without_evaluation_sets_the_sample_handbook_is_asked(corpus: SpeedCorpus) -> None:
    assert len(corpus.passages) == 1_500
    assert 0 < corpus.real < 1_000
    assert len(corpus.questions) > 100


def test_every_size_holds_every_answer(corpus: SpeedCorpus) -> None:
    small = {one.id for one in corpus.first(corpus.real).passages}

    assert all(one.gold <= small for one in corpus.questions)


def test_the_same_seed_gives_the_same_corpus(corpus: SpeedCorpus) -> None:
    assert load_corpus(1_500, sets=NOWHERE).digest() == corpus.digest()
    assert load_corpus(1_500, sets=NOWHERE, seed=2).digest() != corpus.digest()


def test_no_made_passage_has_a_sentence_of_an_answer(corpus: SpeedCorpus) -> None:
    gold = {id_ for one in corpus.questions for id_ in one.gold}
    others = {indexed_text(one) for one in corpus.passages if one.id not in gold}

    for parts in corpus.made.values():
        assert all(any(part in text for text in others) for part in parts)


def test_a_question_is_found_where_any_of_its_passages_is_among_the_first() -> None:
    asked = [
        Asked(text="one", gold=frozenset({"a", "b"})),
        Asked(text="two", gold=frozenset({"c"})),
    ]
    hits = [["x", "b"], ["x", "y"]]

    assert recall(hits, asked, 1) == 0.0
    assert recall(hits, asked, 2) == 0.5


def test_several_rounds_give_the_median_of_their_percentiles() -> None:
    ran = {
        "passages": 10,
        "ingest_s": 2.0,
        "ingest_embedder_s": 1.5,
        "ms": [[1.0] * 5, [3.0] * 5, [100.0] * 5],
        "hits": [["a"]],
        "processor_ms": 1.0,
        "embed_ms": 1.0,
        "memory_mb": 1,
        "peak_mb": 1,
        "versions": {},
        "load": [0.0, 0.0],
    }

    found = figures(ran, [Asked(text="one", gold=frozenset({"a"}))])

    assert found["p95_ms"] == 3.0
    assert found["passages_per_s"] == 5.0
    assert found["embedder_share"] == 0.75


def test_peers_get_chinese_cut_into_words_and_english_as_it_is() -> None:
    assert words_of("年假有几天") != "年假有几天"
    assert words_of("How many days") == "How many days"
