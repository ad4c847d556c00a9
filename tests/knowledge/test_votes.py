"""What votes do to a ranking, and what they never do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.model import Probe, Vote
from knowledge.votes import Votes, Weighing
from tests.fakes_votes import NOW, Compass, MemoryLog, direction

W = Weighing()

amounts = st.floats(0.0, 1e6)


def asking(text: str) -> Probe:
    return Probe(dense={"e5": direction(text)}, sparse={})


def prior(log: MemoryLog, embedder: Compass | None = None) -> Votes:
    return Votes(log, embedder=embedder or Compass(), clock=lambda: NOW)


def vote(value: int, *, by: str = "ada", days: float = 0.0) -> Vote:
    return Vote(
        number=1,
        id=f"{by} {value} {days}",
        voter=by,
        passage_id="p",
        question="leave",
        value=1 if value > 0 else -1,
        given_at=NOW - timedelta(days=days),
    )


# ── the model ─────────────────────────────────────────────────────────────────────────────────


@given(amounts, amounts)
def test_no_number_of_votes_moves_a_score_further_than_the_bound(up: float, down: float) -> None:
    assert -W.most <= W.step(up, down) <= W.most


@given(amounts, amounts)
def test_praise_and_blame_count_alike(up: float, down: float) -> None:
    assert W.step(up, down) == -W.step(down, up)
    assert W.step(up, up) == 0.0


@given(amounts, amounts, st.floats(0.0, 100.0))
def test_more_praise_never_lowers_a_score(up: float, down: float, more: float) -> None:
    assert W.step(up + more, down) >= W.step(up, down)
    assert W.step(up, down + more) <= W.step(up, down)


def test_two_angry_clicks_do_not_undo_five_thanks() -> None:
    assert W.step(5, 2) > 0
    assert abs(W.step(0, 2)) < 0.5 * W.most


@given(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0))
def test_the_nearer_the_question_the_more_its_votes_count(one: float, other: float) -> None:
    low, high = W.nearness(np.array(sorted((one, other))))

    assert 0.0 <= low <= high <= 1.0


def test_votes_for_another_topic_count_exactly_nothing() -> None:
    assert W.nearness(np.array([-1.0, 0.5, W.far])).tolist() == [0.0, 0.0, 0.0]
    assert W.nearness(np.array([W.near, 1.0])).tolist() == [1.0, 1.0]


def test_a_vote_counts_half_after_its_half_life() -> None:
    assert W.freshness(W.half_life) == pytest.approx(0.5)
    assert W.freshness(-W.half_life) == 1.0


voted = st.lists(
    st.tuples(
        st.sampled_from("abcd"), st.sampled_from((-1, 1)), st.floats(0, 400), st.floats(0, 1)
    ),
    max_size=12,
)


@given(voted, st.randoms(use_true_random=False))
def test_the_order_of_votes_changes_nothing(
    said: list[tuple[str, int, float, float]], random: Random
) -> None:
    votes = [(vote(value, by=by, days=days), near) for by, value, days, near in said]
    shuffled = random.sample(votes, len(votes))

    assert W.shift(shuffled, NOW) == W.shift(votes, NOW)


@given(voted)
def test_votes_of_the_other_kind_move_it_the_other_way(
    said: list[tuple[str, int, float, float]],
) -> None:
    votes = [(vote(value, by=by, days=days), near) for by, value, days, near in said]
    contrary = [(replace(one, value=-one.value), near) for one, near in votes]

    assert W.shift(contrary, NOW) == pytest.approx(-W.shift(votes, NOW))


@given(st.integers(1, 200))
def test_however_often_one_person_clicks_it_is_one_vote(clicks: int) -> None:
    assert W.shift([(vote(-1, days=0), 1.0)] * clicks, NOW) == W.step(0, 1)


# ── what is known ─────────────────────────────────────────────────────────────────────────────


async def test_a_vote_counts_for_the_next_question_of_the_same_kind() -> None:
    log = MemoryLog()
    votes = prior(log)
    scores = {"a": 1.0, "b": 0.9}
    assert await votes.moved(scores, asking("leave")) == scores

    log.cast("b", 1)

    assert await votes.moved(scores, asking("leave 3")) == {"a": 1.0, "b": 0.9 + W.step(1, 0)}


async def test_another_topic_keeps_its_scores_to_the_last_digit() -> None:
    log = MemoryLog()
    for person in "abcdef":
        log.cast("b", -1, by=person)

    assert await prior(log).moved({"b": 0.1 + 0.2}, asking("travel")) == {"b": 0.1 + 0.2}


async def test_a_withdrawn_vote_counts_no_more() -> None:
    log = MemoryLog()
    votes = prior(log)
    log.cast("b", 1)
    await votes.moved({"b": 1.0}, asking("leave"))

    log.cast("b", 0)

    assert await votes.moved({"b": 1.0}, asking("leave")) == {"b": 1.0}


async def test_a_passage_that_is_gone_stays_gone() -> None:
    log = MemoryLog()
    log.cast("gone", 1)

    assert await prior(log).moved({"b": 1.0}, asking("leave")) == {"b": 1.0}


async def test_nothing_is_read_again_while_nothing_changes() -> None:
    log, compass = MemoryLog(), Compass()
    votes = prior(log, compass)
    log.cast("b", 1)

    for _ in range(5):
        await votes.moved({"b": 1.0}, asking("leave"))

    assert (log.reads, compass.read) == (1, ["leave"])


async def test_votes_that_cannot_be_read_move_nothing() -> None:
    log = MemoryLog(away=True)

    assert await prior(log).moved({"b": 1.0}, asking("leave")) == {"b": 1.0}


async def test_no_question_waits_for_many_others_to_be_read() -> None:
    log, compass = MemoryLog(), Compass()
    votes = prior(log, compass)
    for number in range(2_000):
        log.cast("b", 1, question=f"travel {number}")
    log.cast("b", 1, question="leave")

    first = await votes.moved({"b": 1.0}, asking("leave"))

    assert len(compass.read) < 20
    assert first == {"b": 1.0 + W.step(1, 0)}
    await votes.learn()
    assert len(compass.read) == 2_001
    assert (await votes.moved({"b": 1.0}, asking("travel 7")))["b"] > 1.0
