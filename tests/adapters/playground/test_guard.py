from __future__ import annotations

import pytest

from adapters.playground.guard import from_our_page, host_allowed

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8787", "localhost", "LOCALHOST:1", "[::1]:8787", "localhost.:80"]
)
def test_names_of_this_machine_are_let_in(host: str):
    assert host_allowed(host, LOOPBACK)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example:8787",
        "localhost@evil.example",
        "",
        "[::1",
        "192.168.1.7",
    ],
)
def test_any_other_name_is_a_rebinding_attack(host: str):
    assert not host_allowed(host, LOOPBACK)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://127.0.0.1:8787"},
        {"Origin": "https://127.0.0.1:8787"},
        {"Origin": "http://127.0.0.1:8787", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_our_page_and_local_scripts_may_post(headers: dict[str, str]):
    assert from_our_page(headers, "127.0.0.1:8787")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:8787", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_other_pages_may_not(headers: dict[str, str]):
    assert not from_our_page(headers, "127.0.0.1:8787")
