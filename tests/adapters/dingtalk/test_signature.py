from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from adapters.dingtalk.signature import card_signed, event_signed, fresh, robot_signed
from tests.adapters.dingtalk.recorded import payload
from tests.simulators.dingtalk import card_headers, robot_headers

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
SECRET = SecretStr("app-secret")


def robot(headers: dict[str, str], *, secret: SecretStr = SECRET, now: datetime = NOW) -> bool:
    return robot_signed(secret, timestamp=headers["timestamp"], sign=headers["sign"], now=now)


def card(headers: dict[str, str], *, secret: SecretStr = SECRET) -> bool:
    return card_signed(
        secret,
        timestamp=headers["x-ddpaas-signature-timestamp"],
        sign=headers["x-ddpaas-signature"],
        now=NOW,
    )


def test_what_the_secret_signed_is_accepted() -> None:
    assert robot(robot_headers(NOW))
    assert card(card_headers(NOW))


def test_what_another_secret_signed_is_not() -> None:
    assert not robot(robot_headers(NOW, secret="other"))
    assert not card(card_headers(NOW, secret="other"))


def test_without_a_secret_nobody_can_sign() -> None:
    assert not robot(robot_headers(NOW, secret=""), secret=SecretStr(""))
    assert not card(card_headers(NOW, secret=""), secret=SecretStr(""))
    assert not event_signed(SecretStr(""), parts=("1", "n", "e"), sign="")


@pytest.mark.parametrize("minutes", [-60, -5, 0, 5, 60])
def test_an_hour_in_either_direction_is_fresh(minutes: int) -> None:
    assert robot(robot_headers(NOW), now=NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize("seconds", [-3601, 3601])
def test_more_than_an_hour_is_stale(seconds: int) -> None:
    assert not robot(robot_headers(NOW), now=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("timestamp", ["abc", "", "1e9", "-1", "9" * 20, "１２３", "1 ", "\ud800"])
def test_a_senseless_time_is_never_fresh(timestamp: str) -> None:
    assert not fresh(timestamp, NOW)
    assert not robot_signed(SECRET, timestamp=timestamp, sign="x", now=NOW)


@pytest.mark.parametrize("sign", ["", "签名", "\udcff", "A" * 10_000])
def test_a_senseless_signature_is_refused(sign: str) -> None:
    headers = robot_headers(NOW)

    assert not robot({**headers, "sign": sign})


def test_the_official_vector_of_event_callbacks_is_accepted() -> None:
    vector = payload("event_callback_encrypted")
    query = vector["query"]
    parts = (query["timestamp"], query["nonce"], vector["body"]["encrypt"])

    assert event_signed(SecretStr(vector["token"]), parts=parts, sign=query["msg_signature"])
    assert not event_signed(SecretStr("other"), parts=parts, sign=query["msg_signature"])
