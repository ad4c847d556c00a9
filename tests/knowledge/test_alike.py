"""Texts that share long runs of characters are found without comparing every two."""

from __future__ import annotations

import time

import numpy as np

from knowledge.alike import RUN, Alike, alike, bare, clusters

EN = RUN["en"]
LEAVE = "employees receive paid vacation days in their first calendar year with us"
VPN = "install the client on your laptop and sign in with the token you were given"


def pairs(texts: list[str], groups: list[int], least: float = 0.6) -> list[tuple[int, int]]:
    return [(found.one, found.other) for found in alike(texts, groups, run=EN, least=least)]


def test_only_texts_of_different_groups_are_held_against_each_other() -> None:
    assert pairs([LEAVE, VPN, LEAVE, LEAVE], [0, 0, 1, 0]) == [(0, 2), (2, 3)]


def test_the_same_text_shares_everything() -> None:
    assert alike([LEAVE, LEAVE], [0, 1], run=EN, least=0.5) == (Alike(one=0, other=1, share=1.0),)


def test_a_text_with_some_words_more_is_still_alike() -> None:
    assert pairs([LEAVE, f"{LEAVE} and may carry over what is left"], [0, 1]) == [(0, 1)]


def test_a_text_shorter_than_a_run_is_alike_to_nothing() -> None:
    assert pairs(["hello", "hello", ""], [0, 1, 2]) == []
    assert pairs([], []) == []


def test_numbers_and_signs_do_not_count() -> None:
    assert bare("员工每年有十五天（15 天）年假。") == bare("员工每年有 10 天 (10天) 年假!")


def test_a_sentence_that_stands_everywhere_is_paired_with_a_few_only() -> None:
    everywhere = pairs([LEAVE] * 500, list(range(500)))

    assert len(everywhere) <= 8 * 500


def test_many_texts_take_seconds_not_minutes() -> None:
    random = np.random.default_rng(7)
    letters = np.array(list("abcdefghij "))
    texts = ["".join(random.choice(letters, 120)) for _ in range(4_000)]
    began_s = time.process_time()

    found = pairs([*texts, texts[17]], [*range(4_000), 4_001])

    assert found == [(17, 4_000)]
    assert time.process_time() - began_s < 10


def test_what_hangs_together_is_one_cluster() -> None:
    assert clusters([(1, 2), (5, 4), (2, 3)]) == ((1, 2, 3), (4, 5))
