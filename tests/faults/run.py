"""Kill the server again and again, and count what its users lose.

    python -m tests.faults.run [--transport http|socket] [--events 3000] [--kills 10] [--cuts 15]
        [--database sqlite|postgresql] [--replicas N] [--stalls N] [--seed N] [--no-mischief]

Three simulated platforms deliver events to a real server process as platforms do: duplicates, also
at the same moment; everything that was not acknowledged again, by the platform's schedule on a
clock that is moved; everything once more after eight hours. They come as signed requests, or as
frames over the connections that the server keeps by Socket Mode, long connection and Stream. The
server is killed with SIGKILL at random moments and started again; of several replicas on one
PostgreSQL any, at times all, and at times one stands still for longer than its lease. Calls to the
platforms fail at times, also after they were carried out, and connections break. In the end every
question must have exactly one finished answer, in its place and in its order. Exits 1 where that
is not so.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import random
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from bot.core.replicas import LEASE
from tests.faults.clock import SharedClock
from tests.faults.deliver import Deliveries
from tests.faults.mischief import Mischief
from tests.faults.people import DingTalkPeople, FeishuPeople, People, Question, SlackPeople
from tests.faults.process import Server, write_config
from tests.faults.sights import Onlooker
from tests.faults.takeovers import takeovers_s
from tests.faults.transport import Requests, Sockets, Way
from tests.faults.verdict import Verdict, judge, unanswered
from tests.postgres import running
from tests.simulators.dingtalk import DingTalkServer
from tests.simulators.feishu import FeishuSimulator
from tests.simulators.slack import SlackSimulator

Store: TypeAlias = Literal["sqlite", "postgresql"]

_WAITING_AT_MOST = 250
"""Nobody asks more while so many wait; but in a storm everybody does."""

_STORM = 700
_STALLED_AFTER_S = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is going to happen.

    way: how events reach the server. cuts: how often a connection breaks while the server lives.
    replicas: how many servers share the database. stalls: how often one of them stands still.
    mischief: how many calls to a platform fail, a question. unwanted: how much of what is said is
    not said to us. settle_s: how long the end waits for what must not come.
    """

    events: int
    kills: int
    seed: int
    way: Way = "http"
    cuts: int = 0
    database: Store = "sqlite"
    replicas: int = 1
    stalls: int = 0
    mischief: float = 0.03
    unwanted: float = 0.05
    settle_s: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What happened. answered: how many questions, by what users see.

    longest_wait_s: after a kill or a stall, until all that had been acknowledged was answered.
    takeovers_s: after each, until another replica took over.
    """

    plan: Plan
    verdict: Verdict
    deliveries: dict[str, int]
    kills: int
    given_up: int
    failures: tuple[str, ...]
    answered: int
    seconds: float
    longest_wait_s: float
    takeovers_s: tuple[float, ...]

    @property
    def flawless(self) -> bool:
        return not any(self.verdict.counts.values()) and not self.failures


class Run:
    """One plan carried out."""

    def __init__(
        self, plan: Plan, *, servers: Sequence[Server], onlooker: Onlooker, clock: SharedClock
    ) -> None:
        self._plan = plan
        self._servers = servers
        self._onlooker = onlooker
        self._clock = clock
        self._chance = random.Random(plan.seed)
        self._questions: list[Question] = []
        self._asked_at: list[datetime] = []
        self._condemned: asyncio.Queue[int] = asyncio.Queue()
        self._brittle: asyncio.Queue[int] = asyncio.Queue()
        self._sluggish: asyncio.Queue[int] = asyncio.Queue()
        self._waiting = 0
        self._answered: frozenset[str] = frozenset()
        self._mischief = Mischief(
            onlooker.slack,
            onlooker.feishu,
            onlooker.dingtalk,
            chance=random.Random(plan.seed + 1),
        )
        self._bereaved: list[tuple[float, frozenset[str]]] = []
        self._longest_wait_s = 0.0
        self._ended: list[tuple[Path, datetime]] = []
        bases = [server.base for server in servers]
        self._transport = (
            Sockets(onlooker)
            if plan.way == "socket"
            else Requests(bases, chance=random.Random(plan.seed + 8))
        )
        self._deliveries = Deliveries(
            transport=self._transport,
            clock=clock,
            chance=random.Random(plan.seed + 2),
            may_pass=self._may_time_pass,
        )
        people: Sequence[People] = (
            SlackPeople(onlooker.slack, random.Random(plan.seed + 3)),
            FeishuPeople(random.Random(plan.seed + 4)),
            DingTalkPeople(onlooker.dingtalk, random.Random(plan.seed + 5)),
        )
        self._people = people

    async def carry_out(self) -> Outcome:
        """Everything, from the first question to the count."""
        began = time.monotonic()
        await self._start_all()
        async with AsyncExitStack() as stack:
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            background = [
                tasks.create_task(self._deliveries.run()),
                tasks.create_task(self._watch()),
                tasks.create_task(self._kill()),
                tasks.create_task(self._cut()),
                tasks.create_task(self._stall()),
            ]
            await self._ask()
            await self._condemned.join()
            await self._sluggish.join()
            await self._brittle.join()
            await self._until_quiet()
            await self._everything_again()
            await self._until_quiet()
            for task in background:
                task.cancel()
        for server in self._servers:
            await server.stop()
        sights = self._onlooker.look()
        return Outcome(
            plan=self._plan,
            verdict=judge(self._questions, sights, given_up=self._deliveries.given_up),
            deliveries=dict(self._transport.outcomes),
            kills=sum(server.kills for server in self._servers),
            given_up=len(self._deliveries.given_up),
            failures=tuple(self._onlooker.failures),
            answered=sum(sight.answered for sight in sights),
            seconds=time.monotonic() - began,
            longest_wait_s=self._longest_wait_s,
            takeovers_s=takeovers_s([server.log for server in self._servers], self._ended),
        )

    async def _start_all(self, *, wait: bool = True) -> None:
        for server in self._servers:
            await server.start(wait=wait)

    def _may_time_pass(self) -> bool:
        reachable = all(server.up for server in self._servers) and self._transport.ready
        return reachable and self._waiting < _WAITING_AT_MOST // 4

    async def _ask(self) -> None:
        plan, chance = self._plan, self._chance
        kills = sorted(chance.randrange(plan.events) for _ in range(plan.kills))
        cuts = Counter(self._mischief.chance.randrange(plan.events) for _ in range(plan.cuts))
        stalls = sorted(chance.randrange(plan.events) for _ in range(plan.stalls))
        storms = [int(plan.events * part) for part in (0.3, 0.7)] if plan.events >= 2_000 else []
        calm_again = 0
        for number in range(plan.events):
            if storms and number >= storms[0]:
                calm_again = storms.pop(0) + _STORM
            while number >= calm_again and self._waiting >= _WAITING_AT_MOST:  # noqa: ASYNC110 -- counted, not told
                await asyncio.sleep(0.02)
            self._ask_one(number)
            while kills and kills[0] <= number:
                self._condemned.put_nowait(kills.pop(0))
            while stalls and stalls[0] <= number:
                self._sluggish.put_nowait(stalls.pop(0))
            for _ in range(cuts[number]):
                self._brittle.put_nowait(number)
            if number >= calm_again:
                await asyncio.sleep(chance.expovariate(60.0))

    def _ask_one(self, number: int) -> None:
        wanted = self._chance.random() >= self._plan.unwanted
        now = self._clock()
        question = self._chance.choice(self._people).ask(f"case{number}z", now, wanted=wanted)
        self._questions.append(question)
        self._asked_at.append(now)
        for envelope in question.envelopes:
            # Questions of one moment arrive in any order.
            late = timedelta(seconds=self._chance.uniform(0.0, 0.3))
            self._deliveries.put(question, envelope, at=now + late)
        if self._chance.random() < self._plan.mischief:
            self._mischief.plan_one()

    async def _kill(self) -> None:
        """At any moment: while it answers, while it starts, or just after it was heard."""
        chance = random.Random(self._plan.seed + 6)
        while True:
            await self._condemned.get()
            await asyncio.sleep(chance.uniform(0.0, 0.5))
            if chance.random() < 0.5:
                await self._until_it_speaks()
            some = [chance.choice(self._servers)] if chance.random() < 0.8 else self._servers
            self._bereave()
            for server in some:
                self._ended.append((server.log, datetime.now(UTC)))
                await server.kill()
            await asyncio.sleep(chance.choice((0.0, 0.0, 0.5)))
            for server in some:
                await server.start(wait=chance.random() < 0.7)
            self._condemned.task_done()

    async def _stall(self) -> None:
        """Longer than a lease: the others take over, and then it goes on."""
        chance = random.Random(self._plan.seed + 9)
        while True:
            await self._sluggish.get()
            await self._until_it_speaks()
            self._bereave()
            server = chance.choice(self._servers)
            self._ended.append((server.log, datetime.now(UTC)))
            await server.stall(LEASE.total_seconds() + 5.0)
            self._sluggish.task_done()

    def _bereave(self) -> None:
        """From now on whoever was acknowledged and not answered waits for somebody else."""
        waiting = frozenset(
            one.case for one in self._questions if one.wanted and one.acked_at_s is not None
        )
        self._bereaved.append((time.monotonic(), waiting - self._answered))

    def _console(self) -> None:
        """How long those have waited who have their answers by now."""
        for since, waiting in [*self._bereaved]:
            if waiting <= self._answered:
                self._longest_wait_s = max(self._longest_wait_s, time.monotonic() - since)
                self._bereaved.remove((since, waiting))

    async def _cut(self) -> None:
        """While events come over it: a connection that is not there cannot break."""
        chance = random.Random(self._plan.seed + 7)
        while True:
            await self._brittle.get()
            await asyncio.sleep(chance.uniform(0.0, 0.5))
            while not (self._servers[0].up and self._transport.ready):  # noqa: ASYNC110 -- not told
                await asyncio.sleep(0.02)
            await self._mischief.cut_one()
            self._brittle.task_done()

    async def _until_it_speaks(self) -> None:
        """The worst moment: people see a message that the server has not written down yet."""
        said, until = self._onlooker.messages, time.monotonic() + 2.0
        while self._onlooker.messages == said and time.monotonic() < until:  # noqa: ASYNC110 -- fast
            await asyncio.sleep(0)

    async def _everything_again(self) -> None:
        """Eight hours after it was asked, when the latest of all platforms would still repeat it.

        Hours may have passed already, until the last question that found no room was taken.
        """
        late, now = timedelta(hours=8), self._clock()
        self._clock.move(max(timedelta(), self._asked_at[0] + late - now))
        await asyncio.sleep(0.5)  # the sweep has to see it
        for question, asked_at in zip(self._questions, self._asked_at, strict=True):
            for envelope in question.envelopes if asked_at + late >= now else ():
                self._deliveries.put(question, envelope, at=asked_at + late, tries=1)

    async def _watch(self) -> None:
        while True:
            sights = await asyncio.to_thread(self._onlooker.look)
            self._waiting = unanswered(self._questions, sights)
            self._answered = frozenset(
                case for sight in sights if sight.answered for case in sight.cases
            )
            self._console()
            await asyncio.sleep(0.3)

    async def _until_quiet(self) -> None:
        """Until nothing is due and nobody waits, or nothing has moved for a long time."""
        still_since, seen = time.monotonic(), (0, 0)
        while True:
            await asyncio.sleep(0.2)
            await self._start_all()
            now = (self._waiting, self._transport.outcomes.total())
            if now != seen:
                still_since, seen = time.monotonic(), now
            if self._deliveries.idle and self._waiting == 0:
                break
            if time.monotonic() - still_since > _STALLED_AFTER_S:
                break
        # What is answered already may still be answered again.
        await asyncio.sleep(self._plan.settle_s)


async def prove(plan: Plan, folder: Path) -> Outcome:
    """Carry out a plan with everything it needs; logs stay in the folder."""
    clock = SharedClock(folder / "clock")
    async with AsyncExitStack() as stack:
        slack = stack.enter_context(SlackSimulator.running())
        feishu = stack.enter_context(FeishuSimulator.running())
        dingtalk = stack.enter_context(DingTalkServer())
        onlooker = Onlooker(slack=slack, feishu=feishu, dingtalk=dingtalk)
        url = ""
        if plan.database == "postgresql":
            postgres = stack.enter_context(running())
            url = postgres.url(await stack.enter_async_context(postgres.database()))
        servers = []
        for number in range(plan.replicas):
            name = f"replica-{number}"
            config = write_config(folder, onlooker, plan.way, database_url=url, name=name)
            server = Server(config, folder / "clock", log=folder / f"{name}.log")
            servers.append(await stack.enter_async_context(server))
        run = Run(plan, servers=servers, onlooker=onlooker, clock=clock)
        outcome = await run.carry_out()
        # Told in the outcome; the simulators themselves would only stop everything.
        slack.failures.clear()
        feishu.failures.clear()
    return outcome


def table(outcome: Outcome) -> str:
    """The outcome for people to read."""
    verdict = outcome.verdict
    rows = {
        "seed": outcome.plan.seed,
        "transport": outcome.plan.way,
        "database": f"{outcome.plan.database}, {outcome.plan.replicas} replicas",
        "events": outcome.plan.events,
        "deliveries": f"{sum(outcome.deliveries.values())} {outcome.deliveries}",
        "kills": outcome.kills,
        "stalls": outcome.plan.stalls,
        "taken over after": ", ".join(f"{one:.1f} s" for one in outcome.takeovers_s) or "–",
        "longest wait after": f"{outcome.longest_wait_s:.1f} s",
        "connections cut": outcome.plan.cuts,
        "answered": outcome.answered,
        "platforms gave up": outcome.given_up,
        "duration": f"{outcome.seconds:.0f} s, load {os.getloadavg()[0]:.1f}",
        **verdict.counts,
        "refused by platforms": len(outcome.failures),
    }
    lines = [f"{name:<22}{value}" for name, value in rows.items()]
    for name in ("lost", "twice", "disordered", "unfinished", "mixed"):
        wrong = getattr(verdict, name)
        lines += [f"  {name}: {one}" for one in wrong[:10]]
    lines += [f"  platform: {one}" for one in outcome.failures[:10]]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read the command line, prove, and say what was found."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--transport", choices=get_args(Way), default="http")
    arguments.add_argument("--events", type=int, default=3_000)
    arguments.add_argument("--kills", type=int, default=10)
    arguments.add_argument("--cuts", type=int, default=15, help="of connections, if there are any")
    arguments.add_argument("--database", choices=get_args(Store), default="sqlite")
    arguments.add_argument("--replicas", type=int, default=1, help="on PostgreSQL")
    arguments.add_argument("--stalls", type=int, default=2, help="of one of several replicas")
    arguments.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    arguments.add_argument("--no-mischief", action="store_true")
    arguments.add_argument("--folder", type=Path, help="keep the database and the log here")
    given = arguments.parse_args()
    if given.replicas > 1 and given.database == "sqlite":
        arguments.error("several replicas share a PostgreSQL: --database postgresql")
    mischief = 0.0 if given.no_mischief else 0.03
    plan = Plan(
        way=given.transport,
        events=given.events,
        kills=given.kills,
        cuts=given.cuts if given.transport == "socket" else 0,
        database=given.database,
        replicas=given.replicas,
        stalls=given.stalls if given.replicas > 1 else 0,
        seed=given.seed,
        mischief=mischief,
    )
    # The simulators break connections on purpose, which their server takes for errors.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        outcome = asyncio.run(prove(plan, folder))
    sys.stdout.write(table(outcome))
    sys.exit(0 if outcome.flawless else 1)


if __name__ == "__main__":
    main()
