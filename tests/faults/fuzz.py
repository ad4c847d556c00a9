"""Nonsense at every door: what must never come back is a crash, a traceback, or another 5xx.

    python -m tests.faults.fuzz [--inputs 20000] [--seed N]

The aiohttp application of all three platforms runs over real sockets. Each endpoint gets random
bytes and mutations of recorded payloads, most of them signed as the platform signs, so that the
parser is reached. What is accepted must survive being written to disk and read again.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import copy
import json
import logging
import os
import random
import re
import resource
import secrets
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from adapters.dingtalk.settings import DingTalkSettings
from adapters.feishu.settings import FeishuSettings
from adapters.registry import PLATFORMS
from adapters.slack.settings import SlackSettings
from bot.core.errors import IntakeFull
from bot.core.model import Event
from bot.stores.wire import dump_event, load_event
from bot.web import build_web, serve
from tests.faults.people import ENCRYPT_KEY, VERIFICATION_TOKEN
from tests.simulators import dingtalk, feishu, slack

PAYLOADS: Final = Path(__file__).parents[1] / "golden"
ENDPOINTS: Final = (
    "/slack/events",
    "/feishu/events",
    "/feishu/cards",
    "/dingtalk/robot",
    "/dingtalk/cards",
    "/dingtalk/events",
)
ALLOWED: Final = frozenset({200, 400, 401, 413, 503})

_LONGEST_KEY: Final = 200
TRACE: Final = re.compile(rb"Traceback|File \"|line \d+, in |Error:|Exception")
_ODD: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1e308, 2**63, 10**400, "", " ", "\x00", "\ud83d", "\u202e@all",
    "<!channel>", "a" * 5_000, "年假" * 700, "1700000000.000100", "{", "[]", "%%%", "\r\n",
    [], {}, [[]], [None], {"": ""}, {"text": {"text": {}}}, ["x"] * 300,
)  # fmt: skip


# ── inputs ────────────────────────────────────────────────────────────────────────────────────


def mutated(value: Any, chance: random.Random) -> Any:
    """The value with one to four places of it changed."""
    value = json.loads(json.dumps(value))
    for _ in range(chance.randint(1, 4)):
        places = list(_places(value))
        if not places:
            return _odd(chance)
        holder, key = chance.choice(places)
        _change(holder, key, chance)
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys: Any = value if isinstance(value, dict) else range(len(value))
    for key in tuple(keys):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def _change(holder: Any, key: Any, chance: random.Random) -> None:
    match chance.randrange(5):
        case 0:
            del holder[key]
        case 1 if isinstance(holder[key], str):
            text = holder[key]
            cut = chance.randint(0, len(text))
            holder[key] = text[:cut] + str(chance.choice(_ODD))[:5_000] + text[cut:]
        case 2 if isinstance(holder[key], str):
            holder[key] = f"{holder[key]}{chance.random()}"  # another id, so that it is new
        case 3:
            holder[key] = [holder[key], holder[key]]
        case _:
            holder[key] = _odd(chance)


def _odd(chance: random.Random) -> Any:
    return copy.deepcopy(chance.choice(_ODD))


def mangled(raw: bytes, chance: random.Random) -> bytes:
    """The bytes with some of them flipped, cut or doubled."""
    if not raw or chance.random() < 0.3:
        return chance.randbytes(chance.choice((0, 1, 7, 300, 4_000)))
    start, end = sorted(chance.randrange(len(raw) + 1) for _ in range(2))
    middle = chance.choice((b"", raw[start:end] * 2, chance.randbytes(end - start), b"[" * 3_000))
    return raw[:start] + middle + raw[end:]


def payloads(platform: str, names: str = "*") -> list[Any]:
    """Every recorded payload of a platform whose name is like this."""
    files = sorted((PAYLOADS / platform / "payloads").glob(f"{names}.json"))
    return [json.loads(file.read_text("utf-8")) for file in files]


def recorded() -> Mapping[str, list[Any]]:
    """What each endpoint may see, and three times more often what is meant for it."""
    own = {"/feishu/cards": "card_*", "/dingtalk/robot": "robot_*", "/dingtalk/cards": "card_*"}
    own["/dingtalk/events"] = "event_*"
    found = {}
    for endpoint in ENDPOINTS:
        every = payloads(platform := endpoint.split("/")[1])
        meant = payloads(platform, own.get(endpoint, "*"))
        found[endpoint] = every + meant * (3 * len(every) // len(meant))
    return found


@dataclass
class Nonsense:
    """Makes requests: path with query, headers, body."""

    chance: random.Random
    recorded: Mapping[str, list[Any]] = field(default_factory=recorded)

    def request(self, path: str) -> tuple[str, dict[str, str], bytes]:
        """One for this endpoint; four of five are signed."""
        payload = self.chance.choice(self.recorded[path])
        if self.chance.random() < 0.9:
            payload = mutated(payload, self.chance)
        raw = json.dumps(payload, ensure_ascii=self.chance.random() < 0.7)
        body = raw.encode("utf-8", "surrogatepass")
        if self.chance.random() < 0.15:
            body = mangled(body, self.chance)
        path, headers, body = self.signed(path, payload, body)
        if self.chance.random() < 0.2:
            return path, self._broken(headers), mangled(body, self.chance)
        return path, headers, body

    def signed(self, path: str, payload: Any, body: bytes) -> tuple[str, dict[str, str], bytes]:
        """The body as the platform would send it; an event of DingTalk is made of its payload."""
        now = datetime.now(UTC)
        match path:
            case "/slack/events":
                return path, *self._slack(payload, body, now)
            case "/feishu/events" | "/feishu/cards":
                return path, *self._feishu(body, now)
            case "/dingtalk/robot":
                return path, dingtalk.robot_headers(now), body
            case "/dingtalk/cards":
                return path, dingtalk.card_headers(now), body
            case _:
                query, sealed = dingtalk.sealed_event(payload, now)
                return f"{path}?{urlencode(query)}", {}, json.dumps(sealed).encode()

    def _slack(self, payload: Any, body: bytes, now: datetime) -> tuple[dict[str, str], bytes]:
        kind = "application/json"
        if self.chance.random() < 0.4:
            kind = "application/x-www-form-urlencoded"
            if self.chance.random() < 0.5 and isinstance(payload, dict):
                fields = {str(name): str(value) for name, value in payload.items()}
                body = urlencode(fields, errors="replace").encode()
            else:
                body = urlencode({"payload": body}).encode()
        return {**slack.signature_of(body, at=now), "Content-Type": kind}, body

    def _feishu(self, body: bytes, now: datetime) -> tuple[dict[str, str], bytes]:
        right_token = body.replace(b"my-verif-token", VERIFICATION_TOKEN.encode())
        sealed = json.dumps({"encrypt": feishu.seal(right_token, ENCRYPT_KEY)}).encode()
        return feishu.signature_headers(sealed, ENCRYPT_KEY, at=now.timestamp()), sealed

    def _broken(self, headers: dict[str, str]) -> dict[str, str]:
        broken = dict(headers)
        for name in tuple(broken):
            if self.chance.random() < 0.5:
                odd = ("", "0", "abc", "9" * 30, "年", "v0=" + "é" * 10, "-1")
                broken[name] = self.chance.choice(odd)
        return broken


# ── the application ───────────────────────────────────────────────────────────────────────────


@dataclass
class Desk:
    """Takes what can be written to disk and read again; is full now and then."""

    chance: random.Random
    taken: int = 0

    async def accept(self, event: Event) -> bool:
        if self.chance.random() < 0.02:
            raise IntakeFull("no room")
        assert load_event(dump_event(event)) == event
        assert event.keys
        assert all(0 < len(key) <= _LONGEST_KEY for key in event.keys), event.keys
        self.taken += 1
        return True


@asynccontextmanager
async def doors(desk: Desk) -> AsyncIterator[int]:
    """Every endpoint, on a free port."""
    sections: Mapping[str, Any] = {
        "slack": SlackSettings(bot_token=SecretStr(slack.BOT_TOKEN), signing_secret=slack.SECRET),
        "feishu": FeishuSettings(
            app_id=feishu.APP_ID,
            app_secret=SecretStr(feishu.APP_SECRET),
            verification_token=SecretStr(VERIFICATION_TOKEN),
            encrypt_key=SecretStr(ENCRYPT_KEY),
        ),
        "dingtalk": DingTalkSettings(
            client_id=dingtalk.CLIENT_ID,
            client_secret=SecretStr(dingtalk.CLIENT_SECRET),
            event_token=SecretStr(dingtalk.EVENT_TOKEN),
            event_aes_key=SecretStr(dingtalk.EVENT_KEY),
        ),
    }
    platforms = [
        PLATFORMS[name](section, accept=desk.accept, clock=lambda: datetime.now(UTC))
        for name, section in sections.items()
    ]
    routes = [route for platform in platforms for route in platform.routes()]
    app = build_web(routes=routes, pings={}, registry=CollectorRegistry())
    async with serve(app, "127.0.0.1", 0) as port:
        yield port
    for platform in platforms:
        await platform.close()


class Caller:
    """Posts over one connection that stays open, faster than a whole client would."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Status and body of the response."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        lines = [f"POST {path} HTTP/1.1", "Host: fuzz", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join((*lines, "", "")).encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        found = re.search(rb"content-length: (\d+)", head)
        answer = await reader.readexactly(int(found[1]) if found else 0)
        if b"connection: close" in head:
            await self.close()
        return int(head.split()[1]), answer

    async def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


# ── the run ───────────────────────────────────────────────────────────────────────────────────


@dataclass
class Found:
    """statuses: by endpoint. wrong: what must not be, with the request that did it."""

    statuses: dict[str, Counter[int]] = field(
        default_factory=lambda: {path: Counter() for path in ENDPOINTS}
    )
    wrong: list[str] = field(default_factory=list)
    taken: int = 0


async def fuzz(inputs: int, seed: int) -> Found:
    """So many requests to each endpoint."""
    desk, found = Desk(random.Random(seed + 1)), Found()
    nonsense = Nonsense(random.Random(seed))
    async with doors(desk) as port:
        caller = Caller(port)
        for number in range(inputs):
            if number == min(500, inputs // 2):
                _say(f"memory {_rss_mb():.0f} MB after {number} inputs an endpoint")
            for endpoint in ENDPOINTS:
                path, headers, body = nonsense.request(endpoint)
                status, answer = await caller.post(path, headers, body)
                found.statuses[endpoint][status] += 1
                if status not in ALLOWED or TRACE.search(answer):
                    shown = base64.b64encode(body[:2_000]).decode()
                    found.wrong.append(f"{status} {path} {headers} {answer[:200]!r} {shown}")
        await caller.close()
    found.taken = desk.taken
    return found


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _rss_mb() -> float:
    statm = Path("/proc/self/statm").read_text("ascii")
    return int(statm.split()[1]) * resource.getpagesize() / 1e6


def main() -> None:
    """Read the command line, fuzz, and say what was found."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--inputs", type=int, default=20_000, help="an endpoint")
    arguments.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    given = arguments.parse_args()
    logging.basicConfig(level=logging.ERROR)
    began = time.monotonic()
    found = asyncio.run(fuzz(given.inputs, given.seed))
    _say(f"memory {_rss_mb():.0f} MB at the end")
    _say(f"seed {given.seed}, {time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f}")
    for path, statuses in found.statuses.items():
        _say(f"{path:<18}{dict(sorted(statuses.items()))}")
    _say(f"events taken: {found.taken}, wrong: {len(found.wrong)}")
    for line in found.wrong[:20]:
        _say(f"  {line[:1_000]}")
    sys.exit(1 if found.wrong else 0)


if __name__ == "__main__":
    main()
