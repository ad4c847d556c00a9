"""Only what Feishu wrote now gets in; Feishu's own SDK is the judge of what it writes."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from adapters.feishu.envelope import Secrets, challenge_of, open_request
from adapters.feishu.signature import WINDOW_S, decrypt
from adapters.ingress import RequestRefused
from tests.simulators.feishu import seal, signature_headers

KEY = "an encrypt key"
TOKEN = "my-verif-token"
NOW = 1_700_000_000.0
EVENT = {"schema": "2.0", "header": {"event_id": "ev", "token": TOKEN}, "event": {}}

SEALED = Secrets(verification_token=TOKEN, encrypt_key=KEY)
PLAIN = Secrets(verification_token=TOKEN)


def sealed(payload: object, key: str = KEY) -> bytes:
    return json.dumps({"encrypt": seal(json.dumps(payload).encode(), key)}).encode()


def headers(
    raw: bytes, *, at: float | str = NOW, key: str = KEY, **more: str
) -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(CIMultiDict(signature_headers(raw, key, at=at) | more))


NO_HEADERS: CIMultiDictProxy[str] = CIMultiDictProxy(CIMultiDict())


def refused(open_: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(RequestRefused) as caught:
        open_()
    return caught.value.status, caught.value.code


def outcome(open_: Callable[[], object]) -> tuple[int, str] | None:
    try:
        open_()
    except RequestRefused as error:
        return error.status, error.code
    return None


def test_a_signed_and_encrypted_event_is_opened() -> None:
    raw = sealed(EVENT)

    payload = open_request(raw, headers(raw), SEALED, now=NOW)

    assert payload == EVENT


def test_without_an_encrypt_key_the_token_tells_who_wrote() -> None:
    raw = json.dumps(EVENT).encode()

    assert open_request(raw, NO_HEADERS, PLAIN, now=NOW) == EVENT


def test_with_an_encrypt_key_the_token_may_be_left_out_of_the_configuration() -> None:
    raw = sealed(EVENT)

    assert open_request(raw, headers(raw), Secrets(encrypt_key=KEY), now=NOW) == EVENT


def test_with_no_secret_at_all_everything_is_refused() -> None:
    raw = json.dumps({**EVENT, "header": {"token": ""}}).encode()

    assert refused(lambda: open_request(raw, NO_HEADERS, Secrets(), now=NOW)) == (401, "token")


@pytest.mark.parametrize("token", ["other", "", None, 7, "my-verif-token ", "\ud800"])
def test_another_token_is_refused(token: object) -> None:
    payload = {**EVENT, "header": {"token": token}}
    plain, encrypted = json.dumps(payload).encode(), sealed(payload)

    assert refused(lambda: open_request(plain, NO_HEADERS, PLAIN, now=NOW))[0] == 401
    assert refused(lambda: open_request(encrypted, headers(encrypted), SEALED, now=NOW))[0] == 401


def test_a_request_at_the_edge_of_the_window_is_still_taken() -> None:
    raw = sealed(EVENT)

    for at in (NOW - WINDOW_S, NOW + WINDOW_S):
        assert open_request(raw, headers(raw, at=str(int(at))), SEALED, now=NOW)


def test_an_old_event_with_an_event_of_the_first_generation_still_shows_its_token() -> None:
    raw = json.dumps({"uuid": "1", "token": TOKEN, "event": {"type": "message"}}).encode()

    assert open_request(raw, NO_HEADERS, PLAIN, now=NOW)["uuid"] == "1"


# ── the check of a new address ────────────────────────────────────────────────────────────────

VERIFICATION = {"type": "url_verification", "token": TOKEN, "challenge": 'a"b\nc✓'}


def test_the_check_of_an_address_is_known_by_its_challenge() -> None:
    raw = json.dumps(VERIFICATION).encode()

    payload = open_request(raw, NO_HEADERS, PLAIN, now=NOW)

    assert challenge_of(payload) == 'a"b\nc✓'


def test_an_encrypted_check_may_come_unsigned() -> None:
    payload = open_request(sealed(VERIFICATION), NO_HEADERS, SEALED, now=NOW)

    assert challenge_of(payload) == VERIFICATION["challenge"]


def test_nothing_else_may_come_unsigned_where_there_is_a_key() -> None:
    bodies = (
        sealed(EVENT),
        sealed(VERIFICATION, key="another key"),
        sealed({**VERIFICATION, "token": "other"}),
        json.dumps(VERIFICATION).encode(),
        b"no json",
    )

    answers = {
        refused(lambda body=body: open_request(body, NO_HEADERS, SEALED, now=NOW))
        for body in bodies
    }

    assert answers == {(401, "signature")}


def test_an_event_has_no_challenge() -> None:
    assert challenge_of({**EVENT, "challenge": "x"}) is None
    assert challenge_of({"type": "url_verification", "challenge": 7}) is None


# ── against the SDK ───────────────────────────────────────────────────────────────────────────


@given(st.binary(min_size=0, max_size=200), st.text(min_size=1, max_size=40))
def test_what_is_sealed_is_opened_again(plain: bytes, key: str) -> None:
    key = key.encode("utf-8", "replace").decode()

    assert decrypt(seal(plain, key), key) == plain


@given(st.binary(max_size=200))
def test_other_bytes_are_refused_alike(garbage: bytes) -> None:
    text = base64.b64encode(garbage).decode()

    # One in 256 ends like a padding; what it holds is no event then.
    opened = (400, "malformed"), None
    assert outcome(lambda: decrypt(text, KEY)) in opened


def test_our_cipher_agrees_with_the_sdk(lark_cipher: Callable[[str], object]) -> None:
    plain = "年假 {}".encode()
    envelope = seal(plain, KEY)

    theirs = lark_cipher(KEY).decrypt_str(envelope)

    assert theirs.encode() == decrypt(envelope, KEY) == plain


def test_our_signature_is_the_documented_one() -> None:
    raw = b"{}"
    given = signature_headers(raw, KEY, at="1700000000", nonce="n")

    digest = hashlib.sha256(b"1700000000" + b"n" + KEY.encode() + raw).hexdigest()

    assert given["X-Lark-Signature"] == digest
