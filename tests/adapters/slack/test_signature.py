from __future__ import annotations

import pytest
from multidict import CIMultiDict, CIMultiDictProxy
from pydantic import SecretStr
from slack_sdk.signature import SignatureVerifier

from adapters.ingress import RequestRefused
from adapters.slack.signature import SIGNATURE, TIMESTAMP, sign, verify

SECRET = SecretStr("a-signing-secret")
NOW = 1_700_000_000
BODY = b'{"type":"event_callback"}'


def headers(*, timestamp: str = str(NOW), signature: str | None = None) -> CIMultiDictProxy[str]:
    signature = sign(BODY, timestamp, secret=SECRET) if signature is None else signature
    return CIMultiDictProxy(CIMultiDict({TIMESTAMP: timestamp, SIGNATURE: signature}))


def refusal(found: CIMultiDictProxy[str], raw: bytes = BODY, secret: SecretStr = SECRET) -> int:
    with pytest.raises(RequestRefused) as refused:
        verify(raw, found, secret=secret, now_s=NOW)
    return refused.value.status


def test_what_slacks_own_library_signs_is_believed() -> None:
    theirs = SignatureVerifier("a-signing-secret").generate_signature(timestamp=str(NOW), body=BODY)
    assert theirs is not None

    verify(BODY, headers(signature=theirs), secret=SECRET, now_s=NOW)


def test_another_secret_or_another_body_is_not_believed() -> None:
    forged = sign(BODY, str(NOW), secret=SecretStr("another"))

    assert refusal(headers(signature=forged)) == 401
    assert refusal(headers(), raw=BODY + b" ") == 401


@pytest.mark.parametrize("timestamp", ["abc", "", "1e9", "-1", "1" * 20, "１７００", "1.5"])
def test_a_timestamp_that_is_no_number_is_not_believed(timestamp: str) -> None:
    assert refusal(headers(timestamp=timestamp)) == 401


@pytest.mark.parametrize(("age_s", "believed"), [(300, True), (301, False), (-301, False)])
def test_the_window_is_five_minutes_both_ways(age_s: int, believed: bool) -> None:
    found = headers(timestamp=str(NOW - age_s))

    if believed:
        verify(BODY, found, secret=SECRET, now_s=NOW)
    else:
        assert refusal(found) == 401


@pytest.mark.parametrize("signature", ["", "v0=é", "v0=\udcff", "v0="])
def test_a_senseless_signature_is_refused_and_breaks_nothing(signature: str) -> None:
    assert refusal(headers(signature=signature)) == 401


def test_a_header_that_stands_there_twice_counts_as_none() -> None:
    doubled = CIMultiDict(headers())
    doubled.add(SIGNATURE, doubled[SIGNATURE])

    assert refusal(CIMultiDictProxy(doubled)) == 401


def test_without_a_secret_nothing_is_believed() -> None:
    signature = sign(BODY, str(NOW), secret=SecretStr(""))

    assert refusal(headers(signature=signature), secret=SecretStr("")) == 401
