"""Whether a server stands outside the house, by its address as it is configured."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit


def is_outside(base_url: str, inside: Sequence[str]) -> bool:
    """Whether what is sent there leaves the house.

    inside: host names, domains with a leading dot, and networks. A name is never looked up: what it
    means may change, and `localhost.example.com` is not this machine.
    """
    host = host_of(base_url)
    return not any(_fits(host, one.strip().lower()) for one in inside)


def host_of(base_url: str) -> str:
    """The host's name or number, small; empty where there is none."""
    try:
        return (urlsplit(base_url.strip()).hostname or "").rstrip(".")
    except ValueError:
        return ""


def destination_of(base_url: str) -> str:
    """The address without what may be secret in it: user, password and query."""
    url = urlsplit(base_url.strip())
    host = url.netloc.rpartition("@")[2]
    return url._replace(netloc=host, query="", fragment="").geturl()


def _fits(host: str, one: str) -> bool:
    if one.startswith("."):
        return host.endswith(one)
    try:
        return ip_address(host) in ip_network(one, strict=False)
    except ValueError:
        return bool(host) and host == one
