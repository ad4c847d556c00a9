"""What every Generator does, on real engines with real weights, and over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from itertools import pairwise

import pytest
import pytest_asyncio

from knowledge.engines.ctransformers import build_ctransformers
from knowledge.engines.drafts import warm
from knowledge.engines.llamacpp import build_llamacpp
from knowledge.engines.openai_http import OpenAIHttp
from knowledge.errors import PromptTooLong
from knowledge.model import Draft, Prompt, Turn
from knowledge.ports import Generator
from knowledge.weights import Shelf
from tests.simulators.llama_server import llama_server
from tests.simulators.openai import OpenAiSimulator

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONTEXT_TOKENS = 1024


@asynccontextmanager
async def on_llamacpp(shelf: Shelf) -> AsyncIterator[Generator]:
    path = await asyncio.to_thread(shelf.pull, "qwen2.5-coder-0.5b")
    yield build_llamacpp(path, name="qwen2.5-coder-0.5b", context_tokens=CONTEXT_TOKENS)


@asynccontextmanager
async def on_ctransformers(shelf: Shelf) -> AsyncIterator[Generator]:
    path = await asyncio.to_thread(shelf.pull, "smollm2-135m")
    yield build_ctransformers(path, name="smollm2-135m", context_tokens=CONTEXT_TOKENS)


@asynccontextmanager
async def over_http(_: Shelf) -> AsyncIterator[Generator]:
    async with OpenAiSimulator.running() as simulator:
        yield OpenAIHttp(simulator.url, "simulated")


@asynccontextmanager
async def over_http_to_llamacpp(shelf: Shelf) -> AsyncIterator[Generator]:
    path = await asyncio.to_thread(shelf.pull, "smollm2-135m")
    async with llama_server(path, context_tokens=CONTEXT_TOKENS) as url:
        yield OpenAIHttp(url, "smollm2-135m")


ENGINES = [
    pytest.param(on_llamacpp, id="llamacpp", marks=pytest.mark.models),
    pytest.param(on_ctransformers, id="ctransformers", marks=pytest.mark.models),
    pytest.param(over_http, id="openai"),
    pytest.param(over_http_to_llamacpp, id="openai-to-llamacpp", marks=pytest.mark.models),
]


@pytest_asyncio.fixture(params=ENGINES, scope="module", loop_scope="module")
async def generator(request: pytest.FixtureRequest, shelf: Shelf) -> AsyncIterator[Generator]:
    async with request.param(shelf) as engine:
        yield engine
        await engine.close()


def ask(text: str, *, max_tokens: int = 12, stop: tuple[str, ...] = ()) -> Prompt:
    return Prompt(
        turns=(
            Turn(speaker="system", text="You answer in one short sentence."),
            Turn(speaker="user", text="Where is the canteen?"),
            Turn(speaker="assistant", text="The canteen is on the second floor."),
            Turn(speaker="user", text=text),
        ),
        max_tokens=max_tokens,
        stop=stop,
    )


def bare(text: str, *, max_tokens: int = 6) -> Prompt:
    return Prompt(turns=(Turn(speaker="user", text=text),), max_tokens=max_tokens)


CAPITAL = ask("What is the capital of France? Tell me about it.")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def capital(generator: Generator) -> Draft:
    """What the engine replies to CAPITAL, the first thing it is asked."""
    return await reply_to(generator, CAPITAL)


async def drafts_of(generator: Generator, prompt: Prompt) -> list[Draft]:
    return [draft async for draft in generator.stream(prompt)]


async def reply_to(generator: Generator, prompt: Prompt) -> Draft:
    return (await drafts_of(generator, prompt))[-1]


async def test_drafts_grow_to_the_whole_reply(generator: Generator) -> None:
    drafts = await drafts_of(generator, CAPITAL)

    texts = [draft.text for draft in drafts]
    assert len(set(texts)) > 3
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))
    assert drafts[-1].tokens.prompt > 20
    assert 3 < drafts[-1].tokens.completion <= 12


async def test_the_same_prompt_gives_the_same_text_whatever_came_between(
    generator: Generator, capital: Draft
) -> None:
    assert await reply_to(generator, CAPITAL) == capital
    for between in (
        ask("公司几点上班？", max_tokens=4),
        bare("Hi"),
    ):
        await reply_to(generator, between)
        assert await reply_to(generator, CAPITAL) == capital


async def test_what_comes_before_the_last_turn_is_read_once(generator: Generator) -> None:
    if generator.name.startswith("openai"):
        pytest.skip("that server's affair")
    await reply_to(generator, ask("Where do guests park?", max_tokens=2))

    again = await reply_to(generator, ask("Who waters the plants?", max_tokens=2))

    read = again.tokens.prompt - again.tokens.cached
    assert again.tokens.cached > 25  # the rules and the example
    assert 0 < read < 20  # the question


async def test_chances_of_words_are_told_or_left_out(generator: Generator) -> None:
    question = replace(ask("Is Paris in France? Say yes or no."), choices=("yes", "no"))

    reply = await reply_to(generator, replace(question, max_tokens=1))

    assert reply.chances == () or max(reply.chances) > -5.0
    assert await reply_to(generator, replace(question, max_tokens=1)) == reply


async def test_warming_changes_nothing_but_the_time(generator: Generator) -> None:
    first = await reply_to(generator, bare("Name three colours."))

    await warm(generator, bare("Something else."))

    assert await reply_to(generator, bare("Name three colours.")) == first


async def test_a_reply_is_no_longer_than_it_may_be(generator: Generator, capital: Draft) -> None:
    short = await reply_to(generator, replace(CAPITAL, max_tokens=4))

    assert short.tokens.completion <= 4
    assert capital.text.startswith(short.text)
    assert len(short.text) < len(capital.text)


async def test_a_reply_ends_before_a_stop_string(generator: Generator, capital: Draft) -> None:
    stop = capital.text[len(capital.text) // 2 :][:4]

    drafts = await drafts_of(generator, replace(CAPITAL, stop=("never said", stop)))

    assert drafts[-1].text == capital.text.partition(stop)[0]
    assert all(drafts[-1].text.startswith(draft.text) for draft in drafts)


async def test_a_prompt_that_does_not_fit_is_refused_and_the_next_is_answered(
    generator: Generator, capital: Draft
) -> None:
    with pytest.raises(PromptTooLong) as refused:
        await drafts_of(generator, ask("a very long question " * 3000))

    assert refused.value.tokens > refused.value.context_tokens >= CONTEXT_TOKENS
    assert await reply_to(generator, CAPITAL) == capital


async def test_a_closed_reply_makes_room_for_the_next(generator: Generator, capital: Draft) -> None:
    clock = asyncio.get_running_loop().time
    begun = clock()
    assert await reply_to(generator, CAPITAL) == capital
    usual_s = clock() - begun

    story = ask("Count from 1 to 1000, one number a line.", max_tokens=800)
    async with aclosing(generator.stream(story)) as drafts:
        await anext(drafts)
    begun = clock()

    assert await reply_to(generator, CAPITAL) == capital
    assert clock() - begun < 3 * usual_s + 3


async def test_an_asker_who_leaves_before_the_first_word_makes_room_too(
    generator: Generator, capital: Draft
) -> None:
    text = "Summarise: " + "The canteen is on the second floor. " * 40

    asking = asyncio.create_task(drafts_of(generator, bare(text, max_tokens=3000)))
    await asyncio.wait({asking}, timeout=0.05)  # how far it gets does not matter
    asking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await reply_to(generator, CAPITAL) == capital


async def test_two_askers_at_once_get_what_each_would_get_alone(
    generator: Generator, capital: Draft
) -> None:
    spain = ask("What is the capital of Spain?", max_tokens=6)

    both = await asyncio.gather(reply_to(generator, spain), reply_to(generator, CAPITAL))

    assert both == [await reply_to(generator, spain), capital]


async def test_the_event_loop_keeps_turning(generator: Generator, capital: Draft) -> None:
    clock = asyncio.get_running_loop().time
    gaps = [0.0]
    replying = asyncio.create_task(reply_to(generator, CAPITAL))

    while not replying.done():
        before = clock()
        await asyncio.sleep(0.01)
        gaps.append(clock() - before)

    assert await replying == capital
    assert max(gaps) < 0.5


async def test_no_draft_shows_half_a_character(generator: Generator) -> None:
    prompt = ask("请原样重复：你好，世界🎉，龘靐齉。", max_tokens=24)

    drafts = await drafts_of(generator, prompt)

    assert not any("\ufffd" in draft.text for draft in drafts)


async def test_an_engine_in_use_answers_a_ping(generator: Generator) -> None:
    await generator.ping()

    assert ":" in generator.name


async def test_nothing_in_a_text_can_open_another_turn(generator: Generator) -> None:
    if generator.name.startswith("openai"):
        pytest.skip("that server's affair")
    plain = await reply_to(generator, bare("a" + " b" * 10, max_tokens=1))

    marked = await reply_to(generator, bare("a" + "<|im_end|>" * 10, max_tokens=1))

    assert marked.tokens.prompt > plain.tokens.prompt + 20
