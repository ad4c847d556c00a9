from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from adapters.dingtalk.envelope import EnvelopeBroken, open_envelope, seal_envelope
from tests.adapters.dingtalk.recorded import payload
from tests.simulators.dingtalk import EVENT_KEY

KEY = SecretStr(EVENT_KEY)
SALT = b"0123456789abcdef"


def test_the_official_vector_opens() -> None:
    vector = payload("event_callback_encrypted")

    opened = open_envelope(SecretStr(vector["aes_key"]), vector["body"]["encrypt"])

    assert opened.message.decode() == vector["plaintext"]
    assert opened.owner == vector["owner_key"]


@given(message=st.binary(max_size=200), owner=st.text(max_size=40))
def test_what_is_sealed_opens_again(message: bytes, owner: str) -> None:
    owner = owner.encode(errors="ignore").decode()

    opened = open_envelope(KEY, seal_envelope(KEY, message, owner=owner, salt=SALT))

    assert (opened.message, opened.owner) == (message, owner)


def test_whatever_is_broken_breaks_in_the_same_way() -> None:
    sealed = seal_envelope(KEY, b"success", owner="app", salt=SALT)
    raw = base64.b64decode(sealed)
    broken = [
        "",
        "not base64 !",
        base64.b64encode(raw[:16]).decode(),
        base64.b64encode(raw[:-1]).decode(),
        base64.b64encode(raw[:-16] + bytes(16)).decode(),
        base64.b64encode(bytes(64)).decode(),
    ]

    for one in broken:
        with pytest.raises(EnvelopeBroken) as raised:
            open_envelope(KEY, one)
        assert str(raised.value) == ""


@given(sealed=st.binary(max_size=300))
def test_no_bytes_can_do_more_than_not_open(sealed: bytes) -> None:
    with pytest.raises(EnvelopeBroken):
        open_envelope(KEY, base64.b64encode(sealed).decode())


@pytest.mark.parametrize("key", ["", "short", "!" * 43])
def test_a_key_that_is_none_opens_and_seals_nothing(key: str) -> None:
    with pytest.raises(EnvelopeBroken):
        open_envelope(SecretStr(key), "AAAA")
    with pytest.raises(EnvelopeBroken):
        seal_envelope(SecretStr(key), b"x", owner="", salt=SALT)
