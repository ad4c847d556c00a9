from __future__ import annotations

import asyncio

import pytest
from pydantic import SecretStr

from adapters.tokens import Token, Tokens
from bot.core.errors import ChannelError, ChannelUnavailable


class Issuer:
    """A platform that gives out tokens named by number, or fails as told."""

    def __init__(self, *, lives_s: float = 7_200.0) -> None:
        self.lives_s = lives_s
        self.failure: ChannelError | None = None
        self.fetched = 0
        self.now = 0.0
        self.open = asyncio.Event()
        self.open.set()

    async def fetch(self) -> Token:
        self.fetched += 1
        await self.open.wait()
        if self.failure is not None:
            raise self.failure
        return Token(value=SecretStr(f"token {self.fetched}"), lives_s=self.lives_s)

    def tokens(self) -> Tokens:
        return Tokens(self.fetch, now=lambda: self.now)


async def test_a_token_is_fetched_once() -> None:
    issuer = Issuer()
    tokens = issuer.tokens()

    assert [await tokens.get(), await tokens.get()] == [SecretStr("token 1")] * 2


async def test_all_who_need_it_wait_for_the_same_fetch() -> None:
    issuer = Issuer()
    issuer.open.clear()
    tokens = issuer.tokens()
    waiting = [asyncio.create_task(tokens.get()) for _ in range(50)]
    await asyncio.sleep(0)
    issuer.open.set()

    assert set(await asyncio.gather(*waiting)) == {SecretStr("token 1")}
    assert issuer.fetched == 1


async def test_all_who_wait_learn_of_the_same_failure() -> None:
    issuer = Issuer()
    issuer.failure = ChannelUnavailable("no answer")
    issuer.open.clear()
    tokens = issuer.tokens()
    waiting = [asyncio.create_task(tokens.get()) for _ in range(50)]
    await asyncio.sleep(0)
    issuer.open.set()

    outcomes = await asyncio.gather(*waiting, return_exceptions=True)

    assert outcomes == [issuer.failure] * 50
    assert issuer.fetched == 1


async def test_whoever_asks_after_a_failure_tries_again() -> None:
    issuer = Issuer()
    issuer.failure = ChannelUnavailable("no answer")
    tokens = issuer.tokens()
    with pytest.raises(ChannelUnavailable):
        await tokens.get()
    issuer.failure = None

    assert await tokens.get() == SecretStr("token 2")


async def test_who_gives_up_waiting_does_not_stop_the_others() -> None:
    issuer = Issuer()
    issuer.open.clear()
    tokens = issuer.tokens()
    first, second = (asyncio.create_task(tokens.get()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    issuer.open.set()

    assert (await second).get_secret_value().startswith("token")


@pytest.mark.parametrize(
    ("lives_s", "now", "number"),
    [(7_200, 6_899, 1), (7_200, 6_901, 2), (100, 49, 1), (100, 51, 2), (0, 0, 2)],
)
async def test_a_token_is_renewed_in_time(lives_s: float, now: float, number: int) -> None:
    issuer = Issuer(lives_s=lives_s)
    tokens = issuer.tokens()
    await tokens.get()
    issuer.now = now

    assert await tokens.get() == SecretStr(f"token {number}")


async def test_a_token_still_good_is_used_while_none_can_be_fetched() -> None:
    issuer = Issuer()
    tokens = issuer.tokens()
    await tokens.get()
    issuer.now, issuer.failure = 7_000, ChannelUnavailable("no answer")

    assert await tokens.get() == SecretStr("token 1")
    assert await tokens.get() == SecretStr("token 1")
    assert issuer.fetched == 2

    issuer.now = 7_021
    await tokens.get()
    assert issuer.fetched == 3


async def test_a_token_that_ended_is_not_used() -> None:
    issuer = Issuer()
    tokens = issuer.tokens()
    await tokens.get()
    issuer.now, issuer.failure = 7_201, ChannelUnavailable("no answer")

    with pytest.raises(ChannelUnavailable):
        await tokens.get()


async def test_a_refused_token_is_fetched_anew() -> None:
    issuer = Issuer()
    tokens = issuer.tokens()
    tokens.drop(await tokens.get())

    assert await tokens.get() == SecretStr("token 2")


async def test_a_refusal_of_an_older_token_changes_nothing() -> None:
    issuer = Issuer()
    tokens = issuer.tokens()
    old = await tokens.get()
    tokens.drop(old)
    await tokens.get()
    tokens.drop(old)

    assert await tokens.get() == SecretStr("token 2")


def test_a_token_does_not_show_itself() -> None:
    assert "secret" not in repr(Token(value=SecretStr("secret"), lives_s=1.0))
