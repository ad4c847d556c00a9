from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.fuse import (
    Ranking,
    best_first,
    distribution_based,
    reciprocal_rank,
    standard_scores,
)

EQUAL = {"dense": 1.0, "words": 1.0}


def test_places_alone_decide_in_reciprocal_rank_fusion() -> None:
    rankings = {"dense": [("a", 0.9), ("b", 0.1)], "words": [("b", 12.0), ("a", 11.9)]}

    fused = reciprocal_rank(rankings, EQUAL)

    assert fused["a"] == fused["b"] == pytest.approx(1 / 61 + 1 / 62)


def test_a_heavier_ranking_decides() -> None:
    rankings = {"dense": [("a", 0.9), ("b", 0.1)], "words": [("b", 12.0), ("a", 11.9)]}

    fused = reciprocal_rank(rankings, {"dense": 1.0, "words": 0.5})

    assert best_first(fused) == ["a", "b"]


@pytest.mark.parametrize("merge", [reciprocal_rank, distribution_based, standard_scores])
def test_a_ranking_without_a_weight_takes_no_part(merge: object) -> None:
    rankings = {"dense": [("a", 0.9), ("b", 0.8)], "words": [("b", 9.0), ("a", 1.0)]}
    alone = {"dense": rankings["dense"]}

    assert callable(merge)
    assert best_first(merge(rankings, {"dense": 1.0})) == best_first(merge(alone, EQUAL))


@pytest.mark.parametrize("merge", [distribution_based, standard_scores])
def test_what_a_ranking_lacks_is_no_better_than_its_last(merge: object) -> None:
    rankings = {"dense": [("a", 0.9), ("b", 0.5)], "words": [("c", 3.0), ("b", 1.0)]}

    assert callable(merge)
    fused = merge(rankings, {"dense": 1.0, "words": 0.01})

    assert best_first(fused)[0] == "a"
    assert fused["c"] == pytest.approx(fused["b"], abs=0.05)


def test_only_standard_scores_tell_how_far_ahead_the_first_is() -> None:
    crowd = [(f"p{n:03}", 1.0 - n / 1000) for n in range(80)]
    rankings: dict[str, Ranking] = {"dense": [("far", 3.0), *crowd]}
    farther: dict[str, Ranking] = {"dense": [("far", 9.0), *crowd]}

    assert distribution_based(rankings, EQUAL)["far"] == distribution_based(farther, EQUAL)["far"]
    assert standard_scores(rankings, EQUAL)["far"] > 3.0


def test_scores_that_are_all_alike_say_nothing() -> None:
    rankings: dict[str, Ranking] = {"dense": [("a", 1.0), ("b", 1.0)], "words": [("b", 2.0)]}

    assert set(standard_scores(rankings, EQUAL).values()) == {0.0}


def test_nothing_found_is_nothing_fused() -> None:
    assert standard_scores({"dense": []}, EQUAL) == {}


def test_equal_scores_are_ordered_by_id() -> None:
    assert best_first({"b": 1.0, "c": 2.0, "a": 1.0}) == ["c", "a", "b"]


SCORES = st.floats(-100, 100).map(lambda score: round(score, 3))
RANKINGS = st.dictionaries(
    st.sampled_from(["dense", "words"]),
    st.dictionaries(st.sampled_from("abcdef"), SCORES).map(
        lambda found: sorted(found.items(), key=lambda pair: -pair[1])
    ),
)


@given(RANKINGS)
def test_every_passage_that_was_found_is_in_the_merged_ranking(
    rankings: dict[str, Ranking],
) -> None:
    found = {id_ for ranking in rankings.values() for id_, _ in ranking}

    for merge in (reciprocal_rank, distribution_based, standard_scores):
        assert set(merge(rankings, EQUAL)) == found
