"""Who may talk to a server on this machine; pure.

A page from anywhere can make a browser send requests to 127.0.0.1. Three things stop it: the name
in the address bar (DNS rebinding), the origin of the request, and a content type that no plain
HTML form can send.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import urlsplit

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' https:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def host_allowed(host: str, allowed: Collection[str]) -> bool:
    """The name before the port is one of ours."""
    return _hostname(f"//{host}") in allowed


def from_our_page(headers: Mapping[str, str], host: str) -> bool:
    """The request comes from our page, or from no page at all (a script on this machine)."""
    site = headers.get("Sec-Fetch-Site", "same-origin")
    if site not in {"same-origin", "none"}:
        return False
    origin = headers.get("Origin")
    return origin is None or origin in {f"http://{host}", f"https://{host}"}


def _hostname(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").rstrip(".")
    except ValueError:
        return ""
