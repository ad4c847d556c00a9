from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.dingtalk.actions import button_token, decode_action
from adapters.dingtalk.codec import Ours
from adapters.dingtalk.payload import PayloadForeign, PayloadMalformed
from bot.core.model import CardAction
from tests.adapters.dingtalk.recorded import payload

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


def decode(sample: dict[str, Any], clicked_at_ms: str = "1700000000000") -> CardAction | None:
    return decode_action(
        sample, ours=Ours(corp_id="dingcorp"), received_at=NOW, clicked_at_ms=clicked_at_ms
    )


def pressed(content: object, *, at_ms: str = "1700000000000", **changes: Any) -> CardAction:
    sample = {**payload("card_callback_http"), "content": json.dumps(content), **changes}
    action = decode(sample, at_ms)
    assert action is not None
    return action


def press(token: str, *, at_ms: str = "1700000000000") -> CardAction:
    return pressed({"cardPrivateData": {"actionIds": [token], "params": {}}}, at_ms=at_ms)


NAMES = st.from_regex(r"[a-z_]{1,40}", fullmatch=True)
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60)


@given(name=NAMES, values=st.dictionaries(NAMES, TEXT, max_size=6))
def test_a_button_keeps_its_values_through_token_and_decode(
    name: str, values: dict[str, str]
) -> None:
    action = press(button_token(name, values))

    assert (action.name, action.values) == (name, values)


def test_the_token_may_come_as_a_parameter_as_well() -> None:
    token = button_token("verdict", {"vote": "up"})

    action = pressed({"cardPrivateData": {"actionIds": ["7"], "params": {"button": token}}})

    assert (action.name, action.values) == ("verdict", {"vote": "up"})


def test_parameters_outside_the_private_part_count() -> None:
    action = pressed({"actionIds": ["verdict"], "params": {"vote": "down"}})

    assert (action.name, action.values) == ("verdict", {"vote": "down"})


def test_a_form_brings_its_own_values_and_what_was_typed() -> None:
    token = button_token("verdict_reason", {"answer": "dm1"})
    typed = {"reason": {"index": 1, "value": "outdated"}, "correction": "三天"}

    action = pressed({"cardPrivateData": {"actionIds": [token], "params": {"form": typed}}})

    assert action.name == "verdict_reason"
    assert action.values == {"answer": "dm1", "reason": "outdated", "correction": "三天"}


def test_the_same_press_delivered_twice_has_the_same_key() -> None:
    assert press("verdict?vote=up").keys == press("verdict?vote=up", at_ms="1700000000999").keys


def test_another_press_has_another_key() -> None:
    first = press("verdict?vote=up")

    assert first.keys != press("verdict?vote=down").keys
    assert first.keys != press("verdict?vote=up", at_ms="1700000001000").keys


def test_up_then_down_then_up_are_three_presses() -> None:
    votes = [("up", "1700000000000"), ("down", "1700000002000"), ("up", "1700000004000")]

    keys = {press(f"verdict?vote={vote}", at_ms=at_ms).keys for vote, at_ms in votes}

    assert len(keys) == 3


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({}, ("", False)),
        ({"spaceType": "im", "spaceId": "cidG"}, ("cidG", False)),
        ({"openSpaceId": "dtv1.card//IM_GROUP.cid.=="}, ("cid.==", False)),
        ({"openSpaceId": "dtv1.card//IM_ROBOT.manager1"}, ("manager1", True)),
    ],
)
def test_the_place_is_told_where_the_callback_knows_it(
    place: dict[str, str], expected: tuple[str, bool]
) -> None:
    sample = {**payload("card_callback_http"), **place}

    action = decode(sample)

    assert action is not None
    assert (action.conversation.id, action.conversation.direct) == expected


@pytest.mark.parametrize("content", ["", "{", "[]", "7", None, 7, []])
def test_content_that_is_no_object_is_malformed(content: object) -> None:
    with pytest.raises(PayloadMalformed):
        decode({**payload("card_callback_http"), "content": content})


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"cardPrivateData": {}},
        {"cardPrivateData": []},
        {"cardPrivateData": {"actionIds": []}},
        {"cardPrivateData": {"actionIds": ["x?" + "&".join(f"a{n}=1" for n in range(100))]}},
    ],
)
def test_a_press_without_a_name_is_nothing(content: object) -> None:
    assert decode({**payload("card_callback_http"), "content": json.dumps(content)}) is None


def test_values_are_bounded() -> None:
    params = {f"field{number}": "x" * 10_000 for number in range(100)}

    action = pressed({"cardPrivateData": {"actionIds": ["n" * 500], "params": params}})

    assert len(action.name) == 64
    assert len(action.values) == 32
    assert {len(value) for value in action.values.values()} == {4_000}


def test_another_organisation_is_foreign() -> None:
    with pytest.raises(PayloadForeign):
        decode({**payload("card_callback_http"), "corpId": "other"})


def test_a_frame_is_known_by_its_delivery_too() -> None:
    action = decode_action(
        payload("card_callback_stream_data"),
        ours=Ours(),
        received_at=NOW,
        clicked_at_ms="",
        frame_id="6c7d_1",
    )

    assert action is not None
    assert action.keys[1] == "frame:6c7d_1"
