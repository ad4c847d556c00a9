"""A server may refuse, fail, stall, ramble or hang up; each is told apart."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from knowledge.engines.openai_http import OpenAIHttp
from knowledge.errors import EngineBusy, EngineRefused, EngineUnavailable, PromptTooLong
from knowledge.model import Draft, Prompt, Tokens, Turn
from tests.simulators.openai import Fault, OpenAiSimulator, begin, choice, send

PROMPT = Prompt(
    turns=(Turn(speaker="system", text="短"), Turn(speaker="user", text="hi")),
    max_tokens=3,
    stop=("\n",),
)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[OpenAiSimulator]:
    async with OpenAiSimulator.running(lambda _: "你好 很 高兴 见到 你") as simulator:
        yield simulator


@pytest_asyncio.fixture
async def engine(server: OpenAiSimulator) -> AsyncIterator[OpenAIHttp]:
    engine = OpenAIHttp(server.url, "m", api_key="sk-1", max_reply_bytes=20_000)
    yield engine
    await engine.close()


async def reply_to(engine: OpenAIHttp, prompt: Prompt = PROMPT) -> list[Draft]:
    return [draft async for draft in engine.stream(prompt)]


def answering(status: int, text: str = "", **headers: str) -> Fault:
    async def fault(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text, headers=headers)

    return fault


async def test_a_reply_grows_and_is_counted(engine: OpenAIHttp) -> None:
    drafts = await reply_to(engine)

    assert drafts[0] == Draft(text="你好")
    assert drafts[-1] == Draft(text="你好 很 高兴", tokens=Tokens(prompt=2, completion=3))


async def test_the_request_asks_for_the_likeliest_reply(
    engine: OpenAIHttp, server: OpenAiSimulator
) -> None:
    await reply_to(engine)

    assert server.keys == ["Bearer sk-1"]
    assert server.requests == [
        {
            "model": "m",
            "messages": [
                {"role": "system", "content": "短"},
                {"role": "user", "content": "hi"},
            ],
            "max_tokens": 3,
            "stop": ["\n"],
            "temperature": 0,
            "seed": 1,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
    ]


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/", "/v1?x=1#y"])
async def test_the_address_may_name_the_version_or_not(
    server: OpenAiSimulator, suffix: str
) -> None:
    engine = OpenAIHttp(server.url + suffix, "m")

    assert (await reply_to(engine))[-1].text
    assert server.keys == [None]
    await engine.ping()
    await engine.close()


@pytest.mark.parametrize("url", ["", "ftp://x", "file:///etc/passwd", "http://", "localhost:1"])
def test_only_http_addresses_are_taken(url: str) -> None:
    with pytest.raises(EngineRefused, match="http"):
        OpenAIHttp(url, "m")


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
async def test_a_passing_failure_is_unavailable(
    engine: OpenAIHttp, server: OpenAiSimulator, status: int
) -> None:
    server.fail(answering(status))

    with pytest.raises(EngineUnavailable, match=str(status)):
        await reply_to(engine)

    assert (await reply_to(engine))[-1].text == "你好 很 高兴"


@pytest.mark.parametrize(
    ("status", "said", "asks", "wait_s"),
    [
        (429, "slow down", {"Retry-After": "7"}, 7.0),
        (429, "slow down", {}, None),
        (429, "slow down", {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        (503, "", {"Retry-After": "99999"}, 3600.0),
    ],
)
async def test_a_busy_server_says_when_to_come_back(
    engine: OpenAIHttp,
    server: OpenAiSimulator,
    status: int,
    said: str,
    asks: dict[str, str],
    wait_s: float | None,
) -> None:
    server.fail(answering(status, said, **asks))

    with pytest.raises(EngineBusy, match="is busy") as busy:
        await reply_to(engine)

    assert busy.value.retry_after_s == wait_s


async def test_a_llama_server_that_still_loads_is_told_apart(
    engine: OpenAIHttp, server: OpenAiSimulator
) -> None:
    loading = '{"error":{"message":"Loading model","type":"unavailable_error","code":503}}'
    server.fail(answering(503, loading))

    with pytest.raises(EngineBusy, match="still loads its model"):
        await reply_to(engine)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_a_refusal_is_told_without_the_servers_words(
    engine: OpenAIHttp, server: OpenAiSimulator, status: int
) -> None:
    server.fail(answering(status, "your prompt was: SECRET"))

    with pytest.raises(EngineRefused, match=str(status)) as refused:
        await reply_to(engine)

    assert "SECRET" not in str(refused.value)


async def test_a_redirect_is_not_followed(engine: OpenAIHttp, server: OpenAiSimulator) -> None:
    server.fail(answering(307, Location=f"{server.url}/v1/chat/completions"))

    with pytest.raises(EngineRefused, match="307"):
        await reply_to(engine)

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("said", "tokens", "context_tokens"),
    [
        ("maximum context length is 4096 tokens. However, you requested 5000 tokens", 5000, 4096),
        ("request (50 tokens) exceeds the available context size (40 tokens)", 50, 40),
        ("the context window holds 4096 tokens", 0, 4096),
        ("context_length_exceeded", 0, 0),
    ],
)
async def test_a_prompt_too_long_is_told_with_its_numbers(
    engine: OpenAIHttp, server: OpenAiSimulator, said: str, tokens: int, context_tokens: int
) -> None:
    server.fail(answering(400, said))

    with pytest.raises(PromptTooLong) as refused:
        await reply_to(engine)

    assert (refused.value.tokens, refused.value.context_tokens) == (tokens, context_tokens)


async def hang_up(request: web.Request) -> web.StreamResponse:
    response = await begin(request)
    await send(response, choice({"content": "half"}))
    if request.transport:
        request.transport.abort()
    return response


async def end_early(request: web.Request) -> web.StreamResponse:
    response = await begin(request)
    await send(response, choice({"content": "half"}))
    return response


async def fail_in_the_middle(request: web.Request) -> web.StreamResponse:
    response = await begin(request)
    await send(response, choice({"content": "half"}))
    await send(response, {"error": {"message": "out of memory"}})
    return response


async def fail_as_an_older_llama_server(request: web.Request) -> web.StreamResponse:
    response = await begin(request)
    await send(response, choice({"content": "half"}))
    await response.write(b'error: {"code": 500, "message": "slot unavailable"}\n\n')
    return response


async def talk_nonsense(request: web.Request) -> web.StreamResponse:
    response = await begin(request)
    await response.write(b"data: {half an object\n\n")
    return response


async def never_end_a_line(request: web.Request) -> web.StreamResponse:
    response = await begin(request)
    for _ in range(200):
        await response.write(b"data: " + b"x" * 10_000)
    return response


async def ramble(request: web.Request) -> web.StreamResponse:
    response = await begin(request)
    for _ in range(2000):
        await response.write(b": still here\n\n")
    return response


@pytest.mark.parametrize(
    "fault",
    [
        hang_up,
        end_early,
        fail_in_the_middle,
        fail_as_an_older_llama_server,
        talk_nonsense,
        never_end_a_line,
        ramble,
    ],
)
async def test_a_reply_that_goes_wrong_is_unavailable(
    engine: OpenAIHttp, server: OpenAiSimulator, fault: Fault
) -> None:
    server.fail(fault)

    with pytest.raises(EngineUnavailable):
        await reply_to(engine)


async def test_what_is_no_reply_in_a_stream_is_passed_over(
    engine: OpenAIHttp, server: OpenAiSimulator
) -> None:
    async def chatty(request: web.Request) -> web.StreamResponse:
        response = await begin(request)
        await response.write(b": comment\n\nevent: ping\ndata: 1\n\n")
        await send(response, {"choices": [], "usage": None})
        await send(response, {"choices": [{"delta": {"content": "ok"}, "finish_reason": "stop"}]})
        return response

    server.fail(chatty)

    assert [draft.text for draft in await reply_to(engine)] == ["ok"]


async def test_after_done_nothing_more_is_waited_for(
    engine: OpenAIHttp, server: OpenAiSimulator
) -> None:
    async def linger(request: web.Request) -> web.StreamResponse:
        response = await begin(request)
        await send(response, choice({"content": "ok"}, finish="length"))
        await response.write(b"data: [DONE]\r\n\r\n")
        await asyncio.Event().wait()
        return response

    server.fail(linger)

    async with asyncio.timeout(10):
        assert [draft.text for draft in await reply_to(engine)] == ["ok"]


async def test_characters_cut_by_the_network_are_whole_again(
    engine: OpenAIHttp, server: OpenAiSimulator
) -> None:
    async def in_single_bytes(request: web.Request) -> web.StreamResponse:
        response = await begin(request)
        event = json.dumps(choice({"content": "年假🎉"}, finish="stop"), ensure_ascii=False)
        for byte in f": keep-alive\r\n\r\ndata:{event}\r\n\r\n".encode():
            await response.write(bytes([byte]))
            await asyncio.sleep(0)
        return response

    server.fail(in_single_bytes)

    assert [draft.text for draft in await reply_to(engine)] == ["年假🎉"]


async def test_what_a_model_thinks_is_no_part_of_its_reply(
    engine: OpenAIHttp, server: OpenAiSimulator
) -> None:
    async def thinking(request: web.Request) -> web.StreamResponse:
        response = await begin(request)
        for said in ({"reasoning_content": "hm"}, {"reasoning": "so"}, {"content": "Twelve."}):
            await send(response, choice(said) | {"error": None})
        await send(response, choice({}, finish="stop"))
        usage = {"prompt_tokens": 9, "completion_tokens": 4}
        details = {"prompt_tokens_details": {"cached_tokens": 7}}
        await send(response, {"choices": [], "usage": usage | details})
        return response

    server.fail(thinking)
    drafts = await reply_to(engine)

    assert {draft.text for draft in drafts} == {"Twelve."}
    assert drafts[-1].tokens.cached == 7


async def test_chances_of_choices_are_asked_for_and_told(
    engine: OpenAIHttp, server: OpenAiSimulator
) -> None:
    async def judging(request: web.Request) -> web.StreamResponse:
        response = await begin(request)
        candidates = [{"token": " Yes", "logprob": -0.25}, {"token": "no", "logprob": -2}]
        told = {"logprobs": {"content": [{"token": " Yes", "top_logprobs": candidates}]}}
        event = choice({"content": " Yes"}, finish="length")
        await send(response, {"choices": [event["choices"][0] | told]})
        return response

    server.fail(judging)
    drafts = await reply_to(engine, replace(PROMPT, choices=("yes", "no")))

    assert drafts[-1].chances == (-0.25, -2.0)
    assert (server.requests[0]["logprobs"], server.requests[0]["top_logprobs"]) == (True, 20)


async def test_a_server_without_chances_tells_none(
    engine: OpenAIHttp, server: OpenAiSimulator
) -> None:
    drafts = await reply_to(engine, replace(PROMPT, choices=("yes", "no")))

    assert drafts[-1].chances == ()


async def test_a_server_that_stalls_is_unavailable(server: OpenAiSimulator) -> None:
    async def stall(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        return web.Response()

    server.fail(stall)
    engine = OpenAIHttp(server.url, "m", timeout=aiohttp.ClientTimeout(sock_read=0.05))

    with pytest.raises(EngineUnavailable, match="does not answer"):
        await reply_to(engine)

    await engine.close()


async def test_closing_a_reply_hangs_up() -> None:
    async with OpenAiSimulator.running() as server:
        engine = OpenAIHttp(server.url, "m")
        endless = Prompt(turns=PROMPT.turns, max_tokens=100_000)

        async with aclosing(engine.stream(endless)) as drafts:
            await anext(drafts)

        async with asyncio.timeout(10):
            await server.hung_up.acquire()
        await engine.close()


async def test_a_server_that_is_not_there_is_unavailable(unused_tcp_port: int) -> None:
    engine = OpenAIHttp(f"http://127.0.0.1:{unused_tcp_port}", "m")

    with pytest.raises(EngineUnavailable):
        await reply_to(engine)
    with pytest.raises(EngineUnavailable):
        await engine.ping()

    await engine.close()


@pytest.mark.parametrize(("status", "well"), [(404, True), (401, False), (503, False)])
async def test_a_ping_tells_whether_prompts_could_be_sent(
    engine: OpenAIHttp, server: OpenAiSimulator, status: int, *, well: bool
) -> None:
    server.fail(answering(status))

    if well:
        await engine.ping()
        return
    with pytest.raises(EngineUnavailable, match=str(status)):
        await engine.ping()
