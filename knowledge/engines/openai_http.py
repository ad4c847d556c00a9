"""Any server that speaks OpenAI's chat completions: vLLM, Ollama, llama-server, a provider.

Format: https://platform.openai.com/docs/api-reference/chat-streaming, and what servers add to it:
vLLM and llama-server send errors in the middle of a stream, reasoning models their thoughts beside
the reply, and a llama-server that still loads its model answers with 503.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from urllib.parse import urlsplit

import aiohttp
from aiohttp.http_exceptions import LineTooLong

from knowledge.engines.first_word import CANDIDATES, FirstWord
from knowledge.errors import EngineBusy, EngineRefused, EngineUnavailable, PromptTooLong
from knowledge.model import Draft, Prompt, Tokens

MAX_REPLY_BYTES = 4 << 20
MAX_ERROR_BYTES = 1 << 16
TIMEOUT = aiohttp.ClientTimeout(total=300, connect=10, sock_connect=10, sock_read=60)
PING_TIMEOUT = aiohttp.ClientTimeout(total=5)
PASSING = frozenset({408, 409, 425})
"""Refusals that trying again may turn."""
BUSY = frozenset({429, 503})
"""What says that it has too much to do now, or is not ready yet."""
LONGEST_RETRY_AFTER_S = 3600.0
_FAILED = "the server failed in the middle of the reply"
_TOO_LONG = re.compile(r"context.?(length|size|window)|too long|too many tokens", re.IGNORECASE)


class OpenAIHttp:
    """A Generator behind HTTP.

    base_url: with or without its `/v1`.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: str = "",
        timeout: aiohttp.ClientTimeout = TIMEOUT,
        max_reply_bytes: int = MAX_REPLY_BYTES,
    ) -> None:
        self._url = _versioned(base_url)
        self._model = model
        self._api_key = api_key
        self._timeout = timeout
        self._max_reply_bytes = max_reply_bytes
        self._session: aiohttp.ClientSession | None = None

    @property
    def name(self) -> str:
        """`openai:` and the model."""
        return f"openai:{self._model}"

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Draft, None]:
        """Write the reply; closing the iterator closes the connection.

        Raises:
            PromptTooLong, EngineRefused, EngineUnavailable: as the port says.
        """
        text, finished, first = "", False, FirstWord()
        tokens = Tokens()
        async with (
            self._posted(_request(self._model, prompt)) as response,
            aclosing(self._events(response)) as events,
        ):
            async for event in events:
                piece, done = _piece(event)
                text, finished = text + piece, finished or done
                tokens = _usage(event) or tokens
                first.hear(event)
                if piece or done or tokens != Tokens():
                    yield Draft(text=text, tokens=tokens, chances=first.chances(prompt.choices))
        if not finished:
            raise EngineUnavailable(f"{self.name} hung up before the reply's end")

    async def ping(self) -> None:
        """Return if the server answers and knows our key."""
        try:
            async with self._open().get(
                f"{self._url}/models", timeout=PING_TIMEOUT, allow_redirects=False
            ) as response:
                if response.status >= 500 or response.status in {401, 403}:
                    raise EngineUnavailable(f"{self.name} answers with {response.status}")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise EngineUnavailable(f"{self.name} does not answer: {error!r}") from error

    async def close(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            key = {"Authorization": f"Bearer {self._api_key}"} if self._api_key else {}
            # A reply takes seconds, a connection milliseconds; and a kept one may be closed by the
            # server in the very moment a prompt is on its way.
            connector = aiohttp.TCPConnector(force_close=True)
            self._session = aiohttp.ClientSession(
                headers=key, timeout=self._timeout, connector=connector
            )
        return self._session

    @asynccontextmanager
    async def _posted(self, request: Mapping[str, object]) -> AsyncIterator[aiohttp.ClientResponse]:
        try:
            async with self._open().post(
                f"{self._url}/chat/completions", json=request, allow_redirects=False
            ) as response:
                await self._check(response)
                yield response
        except (aiohttp.ClientError, TimeoutError) as error:
            raise EngineUnavailable(f"{self.name} does not answer: {error!r}") from error

    async def _check(self, response: aiohttp.ClientResponse) -> None:
        if response.status == 200:
            return
        said = await response.content.read(MAX_ERROR_BYTES)
        if response.status in BUSY:
            loading = b"oading model" in said
            raise EngineBusy(
                f"{self.name} {'still loads its model' if loading else 'is busy'}: "
                f"it answers with {response.status}",
                retry_after_s=_seconds(response.headers.get("Retry-After", "")),
            )
        if response.status >= 500 or response.status in PASSING:
            raise EngineUnavailable(f"{self.name} answers with {response.status}")
        raise _refusal(self.name, response.status, said)

    async def _events(
        self, response: aiohttp.ClientResponse
    ) -> AsyncGenerator[Mapping[str, object], None]:
        """The JSON of each server-sent event, until the server says that it is done."""
        size = 0
        try:
            async for line in response.content:
                size += len(line)
                if size > self._max_reply_bytes:
                    raise EngineUnavailable(f"{self.name} sends more than {size} bytes")
                field, _, value = line.partition(b":")
                if field == b"data" and value.strip() == b"[DONE]":
                    return
                # An older llama-server names the field of an error after it.
                if field == b"error":
                    raise EngineUnavailable(_FAILED)
                if field == b"data":
                    yield _object(value)
        except (ValueError, LineTooLong) as error:
            raise EngineUnavailable(f"{self.name} sends what is not an event") from error


def _versioned(base_url: str) -> str:
    url = urlsplit(base_url.strip())
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise EngineRefused("[generation] base_url must begin with http:// or https://")
    path = url.path.rstrip("/")
    version = "" if re.search(r"/v\d+$", path) else "/v1"
    return url._replace(path=path + version, query="", fragment="").geturl()


def _request(model: str, prompt: Prompt) -> dict[str, object]:
    request: dict[str, object] = {
        "model": model,
        "messages": [{"role": turn.speaker, "content": turn.text} for turn in prompt.turns],
        "max_tokens": prompt.max_tokens,
        "temperature": 0,
        "seed": 1,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if prompt.choices:
        request |= {"logprobs": True, "top_logprobs": CANDIDATES}
    return request | ({"stop": list(prompt.stop)} if prompt.stop else {})


def _object(line: bytes) -> Mapping[str, object]:
    found = json.loads(line)
    return found if isinstance(found, dict) else {}


def _piece(event: Mapping[str, object]) -> tuple[str, bool]:
    """What an event adds to the reply, and whether it is the last to do so."""
    if event.get("error"):
        raise EngineUnavailable(_FAILED)
    match event.get("choices"):
        case [{"delta": {"content": str(piece)}, **rest}]:
            return piece, bool(rest.get("finish_reason"))
        case [{"finish_reason": str()}]:
            return "", True
        case _:
            return "", False


def _usage(event: Mapping[str, object]) -> Tokens | None:
    match event.get("usage"):
        case {"prompt_tokens": int(prompt), "completion_tokens": int(completion), **more}:
            return Tokens(prompt=prompt, completion=completion, cached=_cached(more))
        case _:
            return None


def _cached(usage: Mapping[object, object]) -> int:
    match usage.get("prompt_tokens_details"):
        case {"cached_tokens": int(cached)}:
            return cached
        case _:
            return 0


def _seconds(retry_after: str) -> float | None:
    """What a Retry-After asks for; None where it is a date or nothing, which we do not read."""
    if not retry_after.strip().isdecimal():
        return None
    return min(float(retry_after), LONGEST_RETRY_AFTER_S)


def _refusal(name: str, status: int, said: bytes) -> EngineRefused:
    """Why the server said no; its words stay out of it, for they may repeat the prompt."""
    text = said.decode("utf-8", "replace")
    if status in {400, 413, 422} and _TOO_LONG.search(text):
        return PromptTooLong(*_counts(text))
    return EngineRefused(f"{name} refused with {status}")


def _counts(text: str) -> tuple[int, int]:
    """Tokens sent and tokens taken, as far as the server told: (0, 0) where it did not.

    "maximum context length is 4096 tokens. However, you requested 5000 tokens", or
    "request (5000 tokens) exceeds the available context size (4096 tokens)".
    """
    counts = sorted(int(count) for count in re.findall(r"(\d{2,9}) tokens", text))
    return (counts[-1], counts[0]) if len(counts) > 1 else (0, counts[0] if counts else 0)
