"""Where somebody is reached in a network: e-mail addresses, and IP addresses of both kinds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address

from knowledge.language import HAN
from knowledge.redaction.kinds import Find, Kind

_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00c0-\u024f\u0370-\u03ff\u0400-\u04ff-]"
_LABEL = r"[A-Za-z0-9\u00c0-\u024f\u0370-\u03ff\u0400-\u04ff_-]"
_HAN_TOP = "公司|网络|中国|中國|网址|在线|中文网|集团|商城|网店|企业|组织机构|我爱你|政务|公益|移动"
_AT = r"(?:@| {1,2}@ {0,2}(?=[A-Za-z0-9-]{1,63}\.[A-Za-z]{2})|%40| ?[\[({](?:at|AT|艾特)[\])}] ?)"
_DOMAIN = (
    rf"(?:[{HAN}A-Za-z0-9-]{{1,30}}+(?:\.[{HAN}A-Za-z0-9-]{{1,30}}?){{0,2}}\.(?:{_HAN_TOP})"
    rf"|{_LABEL}{{1,63}}+(?:\.{_LABEL}{{1,63}}+){{0,8}}+"
    r"|\[[0-9A-Fa-f.:]{3,45}\])"
)
# What stands before the sign is read backwards from it: a whole text of letters costs nothing.
_SIGN = re.compile(rf"{_AT}(?={_DOMAIN})")
_AFTER = re.compile(_DOMAIN)
_BEFORE = re.compile(rf"(?:\"[^\"\n]{{1,64}}\"|{_LOCAL}{{1,64}}+(?:\.{_LOCAL}{{1,64}}+){{0,7}}+)\Z")
_HAN_BEFORE = re.compile(rf"[{HAN}·.A-Za-z0-9_-]{{1,64}}\Z")
_HAN = re.compile(f"[{HAN}]")
_LONGEST_LOCAL = 64
_VERSION = re.compile(r"v?\d[\w-]*(?:\.\d[\w-]*)*")

_SPELLED = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}+ {1,2}at {1,2}[A-Za-z0-9-]{1,63}+"
    r"(?: {1,2}dot {1,2}[A-Za-z0-9-]{1,63}+){1,4}+",
    re.IGNORECASE,
)

_IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?: ?[.。] ?\d{1,3}){3}(?!\d|\.\d)(?:/\d{1,2}(?!\d))?")
_HEXADECIMAL = re.compile(
    r"(?<![0-9A-Fa-f:])(?=[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{2,45}+(?:\.\d{1,3}){0,3}(?:%[A-Za-z0-9]{"
    r"1,16})?"
)
_MAC = re.compile(
    r"(?<![0-9A-Fa-f:-])[0-9A-Fa-f]{2}([:-])[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2}){4}"
    r"(?![0-9A-Fa-f:-])"
)


def emails(text: str) -> Iterator[Find]:
    """E-mail addresses, also those with other letters than ASCII and with the @ spelled out."""
    for sign in _SIGN.finditer(text):
        after = _AFTER.match(text, sign.end())
        if after is None or _is_version(after.group()):
            continue
        start = _local_start(text, sign.start(), han=_HAN.search(after.group()) is not None)
        if start < sign.start():
            yield Find(start=start, end=after.end(), kind=Kind.EMAIL)
    for found in _SPELLED.finditer(text) if "dot" in text.lower() else ():
        yield Find(start=found.start(), end=found.end(), kind=Kind.EMAIL)


def machines(text: str) -> Iterator[Find]:
    """IPv4, IPv6 with zone, and the addresses of network cards."""
    for found in _IPV4.finditer(text):
        if _is_ipv4(found.group()):
            yield Find(start=found.start(), end=found.end(), kind=Kind.IP)
    for found in _HEXADECIMAL.finditer(text) if text.count(":") > 1 else ():
        start = _ipv6_start(found.group())
        if start is not None:
            yield Find(start=found.start() + start, end=found.end(), kind=Kind.IP)
    for found in _MAC.finditer(text):
        yield Find(start=found.start(), end=found.end(), kind=Kind.IP)


def _local_start(text: str, end: int, *, han: bool) -> int:
    """Where the part before the @ begins; `end` where there is none.

    Chinese has no spaces: 请发到zhang@… begins with zhang, but a name in characters right before
    the @ is part of it, as is everything where the domain is in characters too.
    """
    before = text[max(0, end - _LONGEST_LOCAL) : end]
    plain = None if han else _BEFORE.search(before)
    found = plain or _HAN_BEFORE.search(before)
    return end - len(before) + found.start() if found else end


def _is_version(domain: str) -> bool:
    """As in `package@1.2.3`."""
    return bool(_VERSION.fullmatch(domain)) and not _is_ipv4(domain)


def _is_ipv4(written: str) -> bool:
    octets = re.findall(r"\d+", written.partition("/")[0])
    return len(octets) == 4 and all(int(octet) <= 255 for octet in octets)


def _ipv6_start(written: str) -> int | None:
    """Where the address begins: what is before may look like a part of it, as in `ad:2001:…`."""
    written = written if written.endswith("::") else written.rstrip(":")
    places = [0, *(found.end() for found in re.finditer(":(?!:)", written))]
    for start in places:
        if written.count(":", start) > 1 and _is_ipv6(written[start:]):
            return start
    return None


def _is_ipv6(written: str) -> bool:
    try:
        ip_address(written)
    except ValueError:
        return False
    # `leave::` has the form of an address, and so has `::`.
    return len([group for group in written.split(":") if group]) > 1
