"""Whatever order verdicts arrive in, the same ones stand, and they add up to the same."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.model import Grounds, MessageRef, User, Verdict
from bot.stores.state import open_state
from bot.stores.wire import dump
from bot.stores.words import words
from tests.fakes_core import START

ANSWERS = ("m1", "m2")
PEOPLE = ("ada", "bob", "eve")
PASSAGES = ("p1", "p2", "p3")
RESTART = "restart"


def verdict(
    answer: str,
    person: str,
    value: Literal[-1, 0, 1],
    minute: int,
    withdraws: Literal[-1, 0, 1] = 0,
) -> Verdict:
    return Verdict(
        ref=MessageRef(platform="fake", id=answer),
        user=User(platform="fake", id=person),
        value=value,
        given_at=START + timedelta(minutes=minute),
        withdraws=0 if value else withdraws,
    )


def grounds(answer: str) -> Grounds:
    """Both answers cite p1, each another one besides; only the first is curated."""
    if answer == "m1":
        return Grounds(question="How many?", passages=("p1", "p2"), curated="c@1")
    return Grounds(question="How long?", passages=("p1", "p3"))


verdicts = st.lists(
    st.builds(
        verdict,
        st.sampled_from(ANSWERS),
        st.sampled_from(PEOPLE),
        st.sampled_from((-1, 0, 1)),
        st.integers(0, 3),  # few, so that many are given at the same moment
        st.sampled_from((-1, 0, 1)),
    ),
    max_size=10,
)


async def _outcome(folder: Path, said: Sequence[Verdict | str]) -> tuple[object, ...]:
    state = await open_state(data_dir=folder)
    for one in said:
        if isinstance(one, Verdict):
            await state.verdicts.give(one, grounds=grounds(one.ref.id))
        else:
            await state.close()
            state = await open_state(data_dir=folder)
    refs = [MessageRef(platform="fake", id=answer) for answer in ANSWERS]
    standing = tuple([await state.verdicts.of(ref) for ref in refs])
    votes = sorted((vote.id, vote.value) for vote in await state.votes.since(0) if vote.value)
    found = (
        standing,
        await state.verdicts.tallies(PASSAGES),
        await state.verdicts.people("c@1"),
        votes,
    )
    await state.close()
    return found


def outcome(said: Sequence[Verdict | str]) -> tuple[object, ...]:
    with TemporaryDirectory() as folder:
        return asyncio.run(_outcome(Path(folder), said))


@settings(max_examples=40, deadline=None)
@given(verdicts, st.randoms(use_true_random=False), st.integers(0, 10), st.integers(0, 3))
def test_any_order_with_duplicates_and_restarts_comes_to_the_same(
    said: list[Verdict], random: st.DrawFn, restart_at: int, again: int
) -> None:
    arrived: list[Verdict | str] = [*said, *said[:again]]
    random.shuffle(arrived)
    arrived.insert(restart_at, RESTART)

    assert outcome(arrived) == outcome(said)


@settings(max_examples=40, deadline=None)
@given(verdicts)
def test_the_statistics_are_the_sum_of_the_standing_verdicts(said: list[Verdict]) -> None:
    standing, tallies, _, _ = outcome(said)

    for passage, tally in tallies.items():
        values = [
            one.value
            for of_answer in standing
            for one in of_answer
            if passage in grounds(one.ref.id).passages
        ]
        assert (tally.helpful, tally.not_helpful) == (values.count(1), values.count(-1))


def test_taking_back_one_word_leaves_the_contrary_whichever_arrives_first() -> None:
    up, down = verdict("m1", "ada", 1, 0), verdict("m1", "ada", -1, 1)
    back = verdict("m1", "ada", 0, 2, withdraws=1)

    for said in permutations((up, down, back)):
        (standing, *_), *_ = outcome(said)
        assert standing == (down,)


@pytest.mark.parametrize(
    ("one", "other", "stands"), [(1, -1, -1), (1, 0, None), (-1, 0, None), (1, 1, 1)]
)
def test_two_words_of_one_moment_come_to_the_same_in_both_orders(
    one: Literal[-1, 0, 1], other: Literal[-1, 0, 1], stands: int | None
) -> None:
    said = (verdict("m1", "ada", one, 0), verdict("m1", "ada", other, 0))

    assert outcome(said) == outcome(said[::-1])
    (standing, *_), *_ = outcome(said)
    assert [word.value for word in standing] == ([stands] if stands else [])


def test_a_verdict_that_was_stored_before_withdrawals_were_kept_apart_is_read() -> None:
    up, down = verdict("m1", "ada", 1, 0), verdict("m1", "ada", -1, 1)

    assert words(dump(up)).standing == up
    assert words(dump(up)).plus(down).standing == down
    assert words(dump(verdict("m1", "ada", 0, 1))).plus(up).standing is None
    assert words(None).standing is None
