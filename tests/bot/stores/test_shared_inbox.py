"""Two replicas on one PostgreSQL: each event is handled by one, and each lane in its order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from bot.core.errors import StateUnavailable
from bot.core.etiquette import Etiquette
from bot.core.model import Conversation, Event
from bot.core.replicas import TakenOver
from bot.stores.replica_tables import replicas
from bot.stores.replicas import SqlReplica
from bot.stores.shared_inbox import SharedInbox
from bot.stores.state import State, open_state
from bot.stores.tables import events
from bot.stores.uses import SqlUses
from tests.databases import TEMPLATE
from tests.fakes_core import GROUP, START, FakeClock, message
from tests.postgres import Postgres

ELSEWHERE = Conversation(platform="fake", id="elsewhere")


class Bot:
    """One replica."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.replica = SqlReplica(state.database)
        self.inbox = SharedInbox(state.database, replica=self.replica, clock=FakeClock())

    async def fetched(self, *, within_s: float = 5.0) -> list[Event]:
        """What comes to it from others; nothing is an empty list."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                return [one.event for one in await self.inbox.more()]
        return []

    async def falls_silent(self) -> None:
        """As if it was stopped for longer than its lease."""
        past = update(replicas).where(replicas.c.id == self.replica.id).values(alive_until=0)
        await self.state.database.run(lambda sql: sql.execute(past))


@pytest.fixture
async def url(postgres: Postgres) -> AsyncIterator[str]:
    async with postgres.database(template=TEMPLATE) as name:
        yield postgres.url(name)


@pytest.fixture
async def bots(url: str, tmp_path: Path) -> AsyncIterator[Sequence[Bot]]:
    states = [await open_state(data_dir=tmp_path, database_url=url) for _ in range(3)]
    made = [Bot(state) for state in states]
    for bot in made:
        assert await bot.inbox.unfinished() == ()
    yield made
    for bot in made:
        await bot.replica.go()
        await bot.state.close()


async def test_an_event_that_comes_to_two_replicas_is_new_to_one(bots: Sequence[Bot]) -> None:
    event = message()

    claims = await asyncio.gather(*(bot.inbox.claim(event) for bot in bots))

    assert sorted(claims) == [(False,), (False,), (True,)]


async def test_a_conversation_stays_with_the_replica_that_has_begun_it(bots: Sequence[Bot]) -> None:
    ada, bob, _ = bots
    first, second, third = (message(conversation=GROUP) for _ in range(3))

    assert await ada.inbox.claim(first) == (True,)
    assert await bob.inbox.claim(second) == (False,)
    assert await ada.inbox.claim(third) == (False,), "else it would come before the second"

    assert await ada.fetched() == [second, third]
    assert await bob.fetched(within_s=1.5) == []


async def test_what_is_handed_over_is_heard_of_at_once(bots: Sequence[Bot]) -> None:
    ada, bob, _ = bots
    await ada.inbox.claim(message(conversation=GROUP))
    hearing = asyncio.create_task(ada.fetched())
    await asyncio.sleep(0.2)

    began = asyncio.get_running_loop().time()
    await bob.inbox.claim(event := message(conversation=GROUP))

    assert await hearing == [event]
    assert asyncio.get_running_loop().time() - began < 0.9


async def test_a_conversation_is_anybodys_once_it_is_finished(bots: Sequence[Bot]) -> None:
    ada, bob, _ = bots
    first, second = message(conversation=GROUP), message(conversation=GROUP)
    await ada.inbox.claim(first)
    await ada.inbox.finish(first)

    assert await bob.inbox.claim(second) == (True,)


async def test_conversations_do_not_wait_for_each_other(bots: Sequence[Bot]) -> None:
    ada, bob, _ = bots
    await ada.inbox.claim(message(conversation=GROUP))

    mixed = await bob.inbox.claim(message(conversation=GROUP), message(conversation=ELSEWHERE))

    assert mixed == (False, True)


async def test_who_starts_takes_nothing_from_those_who_live(bots: Sequence[Bot], url: str) -> None:
    ada, bob, _ = bots
    await ada.inbox.claim(message())
    late = Bot(bob.state)

    assert await late.inbox.unfinished() == ()

    await late.replica.go()


async def test_what_a_replica_leaves_is_taken_over_in_its_order(bots: Sequence[Bot]) -> None:
    ada, bob, _ = bots
    asked = [message(conversation=GROUP) for _ in range(3)]
    for event in asked:
        await ada.inbox.claim(event)
    await ada.replica.go()

    taken = await bob.fetched()

    assert taken == asked
    assert await ada.state.database.run(owners_of) == {bob.replica.id}


def owners_of(sql: object) -> set[str]:
    return set(sql.scalars(select(events.c.owner)).all())  # type: ignore[attr-defined]


async def test_what_a_silent_replica_had_goes_to_one_other(bots: Sequence[Bot]) -> None:
    ada, *others = bots
    asked = [message(conversation=GROUP), message(conversation=ELSEWHERE)]
    for event in asked:
        await ada.inbox.claim(event)
    await ada.falls_silent()

    taken = await asyncio.gather(*(bot.fetched(within_s=6) for bot in others))

    found = [event for events_ in taken for event in events_]
    assert sorted(found, key=str) == sorted(asked, key=str)


async def test_an_event_for_a_replica_that_has_just_ended_is_not_lost(bots: Sequence[Bot]) -> None:
    ada, bob, carol = bots
    first, second = message(conversation=GROUP), message(conversation=GROUP)
    await ada.inbox.claim(first)
    await ada.falls_silent()

    assert await bob.inbox.claim(second) == (False,)

    taken = await asyncio.gather(bob.fetched(within_s=6), carol.fetched(within_s=6))
    assert sorted(taken, key=len) == [[], [first, second]]


async def test_who_was_silent_too_long_is_told_and_claims_nothing_by_its_old_name(
    bots: Sequence[Bot],
) -> None:
    ada, bob, _ = bots
    await ada.inbox.claim(mine := message())
    await ada.falls_silent()
    assert await bob.fetched() == [mine]

    with pytest.raises(StateUnavailable, match="taken over"):
        await ada.inbox.claim(message())
    with pytest.raises(TakenOver):
        await ada.fetched()

    assert await ada.inbox.claim(message(conversation=ELSEWHERE)) == (True,)


async def test_who_was_late_and_missed_by_nobody_keeps_what_it_had(bots: Sequence[Bot]) -> None:
    ada, *others = bots
    for bot in others:
        await bot.replica.go()
    await ada.inbox.claim(message())
    await ada.falls_silent()

    assert await ada.fetched(within_s=4) == []

    assert await ada.state.database.run(owners_of) == {ada.replica.id}


async def test_a_claim_whose_end_is_unknown_is_found_again(bots: Sequence[Bot]) -> None:
    ada, _, _ = bots
    known, lost = message(), message(conversation=ELSEWHERE)
    await ada.inbox.claim(known)
    twin = SharedInbox(ada.state.database, replica=ada.replica, clock=FakeClock())
    await twin.claim(lost)  # by the same name, and nothing comes back
    name, ada.replica.id = ada.replica.id, "nobody"
    with pytest.raises(StateUnavailable):
        await ada.inbox.claim(message())
    ada.replica.id = name

    assert await ada.fetched() == [lost]


async def test_a_duty_is_one_replicas_until_it_goes(bots: Sequence[Bot]) -> None:
    ada, bob, carol = bots

    turns = await asyncio.gather(*(bot.replica.turn("reminding") for bot in bots))
    again = [await bot.replica.turn("reminding") for bot in bots]

    assert sorted(turns) == [False, False, True]
    assert again == turns
    on_duty = bots[turns.index(True)]
    await on_duty.replica.go()
    left = [bot for bot in (ada, bob, carol) if bot is not on_duty]
    assert sorted([await bot.replica.turn("reminding") for bot in left]) == [False, True]


async def test_what_is_told_is_heard_by_all(bots: Sequence[Bot]) -> None:
    heard: list[str] = []
    all_told = asyncio.Event()

    def hear(said: str) -> None:
        heard.append(said)
        if heard.count("the news") == len(bots):
            all_told.set()

    for bot in bots:
        bot.replica.hear("news", hear)
    await asyncio.sleep(0.2)
    await bots[0].replica.tell("news", "the news")

    async with asyncio.timeout(5):
        await all_told.wait()


async def test_who_was_cut_off_listens_again_and_is_told_that_it_may_have_missed_something(
    bots: Sequence[Bot], postgres: Postgres
) -> None:
    missed = asyncio.Event()
    bots[0].replica.hear("news", lambda said: said or missed.set())
    await asyncio.sleep(0.2)
    missed.clear()

    await postgres.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
    )

    async with asyncio.timeout(5):
        await missed.wait()


async def test_who_asks_one_bot_to_be_quiet_is_heeded_by_the_other(bots: Sequence[Bot]) -> None:
    polite = [Etiquette(clock=FakeClock(), others=bot.replica) for bot in bots]
    told = asyncio.Event()
    bots[1].replica.hear("manners", lambda said: told.set() if said else None)
    await asyncio.sleep(0.2)

    assert await polite[0].hears(message("stop", conversation=GROUP, addressed=True))

    async with asyncio.timeout(5):
        await told.wait()
    assert not polite[1].may_speak(GROUP)


async def test_uses_are_counted_across_replicas(bots: Sequence[Bot]) -> None:
    uses = [SqlUses(bot.state.database) for bot in bots]
    allowed = {"person/ada": 4, "all/": 100}

    refused = await asyncio.gather(*(one.use(allowed, now=START) for one in uses * 3))

    assert refused.count(None) == 4
    (why, *_) = [one for one in refused if one is not None]
    assert (why.name, why.wait) == ("person/ada", timedelta(minutes=1))
    assert await uses[0].use(allowed, now=START + timedelta(minutes=1)) is None


async def test_many_claims_of_mixed_conversations_at_once_all_succeed(bots: Sequence[Bot]) -> None:
    places = [replace(GROUP, id=f"c{number}") for number in range(6)]
    asked = [message(conversation=places[number % 6]) for number in range(60)]
    batches = [asked[at : at + 6] for at in range(0, 60, 6)]

    claims = await asyncio.gather(
        *(
            bots[at % 3].inbox.claim(*batch[:: 1 if at % 2 else -1])
            for at, batch in enumerate(batches)
        )
    )
    mine = sum(claim.count(True) for claim in claims)
    fetched = await asyncio.gather(*(bot.fetched(within_s=2) for bot in bots))

    assert mine + sum(map(len, fetched)) == 60
    owners = text("SELECT count(DISTINCT owner) FROM inbox_events GROUP BY lane")
    assert await bots[0].state.database.run(lambda sql: sql.scalars(owners).all()) == [1] * 6
