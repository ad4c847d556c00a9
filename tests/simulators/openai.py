"""A server on loopback that speaks OpenAI's chat completions and writes what it was told to.

It streams as vLLM and llama-server do: a role first, pieces, a finish reason, the usage, [DONE].
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]
Write = Callable[[str], str]


def continued(prompt: str) -> str:
    """A long reply that depends on the prompt alone."""
    return f"{prompt[-40:]} 好的，第一。" + " ".join(f"word{n} 字{n}。" for n in range(4000))


class OpenAiSimulator:
    """A server that answers until it is stopped.

    requests: the bodies that arrived, in order. headers: the `Authorization` of each.
    hung_up: how many replies nobody wanted to hear to their end.
    """

    def __init__(self, write: Write = continued, *, context_words: int = 3000) -> None:
        self.url = ""
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.hung_up = asyncio.Semaphore(0)
        self._write = write
        self._context_words = context_words
        self._faults: deque[Fault] = deque()

    @classmethod
    @asynccontextmanager
    async def running(cls, write: Write = continued) -> AsyncIterator[OpenAiSimulator]:
        """Serve on a free port of 127.0.0.1."""
        simulator = cls(write)
        app = web.Application(client_max_size=1 << 24)
        app.router.add_post("/v1/chat/completions", simulator._complete)
        app.router.add_get("/v1/models", simulator._models)
        runner = web.AppRunner(app, shutdown_timeout=1, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        simulator.url = f"http://{host}:{port}"
        try:
            yield simulator
        finally:
            await runner.cleanup()

    def fail(self, *faults: Fault) -> None:
        """Answer the next requests so instead, one fault a request."""
        self._faults.extend(faults)

    async def _models(self, request: web.Request) -> web.StreamResponse:
        if self._faults:
            return await self._faults.popleft()(request)
        return web.json_response({"object": "list", "data": [{"id": "simulated"}]})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.requests.append(body)
        self.keys.append(request.headers.get("Authorization"))
        if self._faults:
            return await self._faults.popleft()(request)
        prompt = "\n".join(message["content"] for message in body["messages"])
        words = len(prompt.split()) + len(prompt) // 40
        if words > self._context_words:
            return _too_long(words, self._context_words)
        response = await begin(request)
        try:
            await self._stream(response, body, prompt, words)
        except (ConnectionError, asyncio.CancelledError):
            self.hung_up.release()
            raise
        return response

    async def _stream(
        self, response: web.StreamResponse, body: dict[str, Any], prompt: str, words: int
    ) -> None:
        text = self._write(prompt)
        for stop in body.get("stop", ()):
            text = text.partition(stop)[0]
        pieces = text.split(" ")[: body["max_tokens"]]
        await send(response, choice({"role": "assistant", "content": None}))
        for place, piece in enumerate(pieces):
            await send(response, choice({"content": f" {piece}" if place else piece}))
            await asyncio.sleep(0)
        await send(response, choice({}, finish="stop"))
        usage = {"prompt_tokens": words, "completion_tokens": len(pieces)}
        await send(response, {"choices": [], "usage": usage})
        await response.write(b"data: [DONE]\n\n")


def choice(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    """One event of a reply."""
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


async def begin(request: web.Request) -> web.StreamResponse:
    """The head of a streamed reply."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    return response


async def send(response: web.StreamResponse, event: dict[str, Any]) -> None:
    """One event; its characters as they are, so that network reads cut them anywhere."""
    await response.write(b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\n\n")


def _too_long(words: int, context: int) -> web.Response:
    message = (
        f"This model's maximum context length is {context} tokens. However, you requested"
        f" {words} tokens."
    )
    error = {"message": message, "code": "context_length_exceeded"}
    return web.json_response({"error": error}, status=400)
