"""`make onboarding`: a company hires, processes die, and everybody is told everything once.

    python -m tests.benchmarks.onboarding [--people 500] [--days 120] [--seed 1] [--processes 2]

People in six time zones and on three platforms live through the journey that is shipped, in
virtual time. Join events come twice and in the wrong order, people leave, pause, move and are
forgotten, HR edits the journey and breaks its file, platforms refuse and are down, and processes
are killed: before a message arrives, after it arrived, and before what was done is written down.
At the end everything is counted again by other means, out of the raw tables and of what people saw.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import json
import logging
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

import yaml
from sqlalchemy import Connection, make_url

from bot.calendars import PublicHolidays
from bot.core.access import Access
from bot.core.desks import Desks
from bot.core.errors import ChannelUnavailable
from bot.core.model import (
    CardAction,
    Conversation,
    Event,
    InboundMessage,
    MemberJoined,
    MessageRef,
    Reply,
    User,
)
from bot.core.onboarding.cards import ANSWER, DONE, LATER
from bot.core.onboarding.onboarding import Program
from bot.core.onboarding.people import Office, Offices
from bot.core.onboarding.plan import Terms
from bot.core.rules import Rules
from bot.core.schedule import Claim
from bot.journeys.library import Library, shipped
from bot.stores.adopting import done_earlier
from bot.stores.agenda import SqlAgenda
from bot.stores.audit import begin_chain
from bot.stores.database import Database, sqlite_url
from bot.stores.embedded import OneThread, Result
from bot.stores.state import State, state_on
from bot.stores.tables import metadata
from tests.benchmarks.onboarding_count import Books, wrongs
from tests.benchmarks.onboarding_world import (
    BEGIN,
    PLACES,
    PLATFORMS,
    Fate,
    Killed,
    Person,
    Platform,
    people,
    presses,
)
from tests.fakes_core import PATIENT, FakeClock, build_desks_over, knows

HR: Final = User(platform="slack", id="hr", name="HR")
_LOOK_EVERY: Final = timedelta(minutes=15)


@dataclass(order=True)
class Due:
    """Something that happens in the world."""

    at: datetime
    order: int
    event: Event = field(compare=False)


class WithoutThreads(OneThread):
    """Transactions without threads: where no time passes but on the clock, nobody waits for a disk.

    Others get their turn before each transaction, as they would while a thread has it.
    """

    _connection: Connection | None = None

    async def run(self, work: Callable[[Connection], Result]) -> Result:
        await asyncio.sleep(0)
        return self._transact(work)

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        if self._connection is None:
            self._connection = self._engine.connect()
        with self._connection.begin():
            yield self._connection

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        await super().close()


class InLine(Database):
    """A database whose transactions are run where they are asked for."""

    def __init__(self, file: Path) -> None:
        url = sqlite_url(file)
        super().__init__(url)
        self._carrier = WithoutThreads(make_url(url))


class MortalAgenda(SqlAgenda):
    """The agenda of a process that may die before it writes down what it did."""

    def __init__(self, state: State, fate: Fate) -> None:
        super().__init__(state.database)
        self._fate = fate

    async def settle(self, claim: Claim, settled: Any) -> None:
        self._fate.kill()
        await super().settle(claim, settled)


@dataclass
class Simulation:
    """The whole company, and two replicas of the bot."""

    folder: Path
    seed: int
    head_count: int
    days: int
    chance: random.Random = field(init=False)
    clock: FakeClock = field(default_factory=lambda: FakeClock(BEGIN))
    books: Books = field(default_factory=Books)
    restarts: int = 0
    outages: list[tuple[datetime, datetime]] = field(default_factory=list)
    _events: list[Due] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)
    _ticking: bool = False

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.fate = Fate(chance=random.Random(self.seed + 1))
        self.platforms = {
            name: Platform(
                platform=name,
                capabilities=capabilities,
                clock=self.clock,
                fate=self.fate,
                unbidden=lambda: self._ticking,
                on_sent=self._seen,
            )
            for name, capabilities in PLATFORMS.items()
        }
        self.journeys = self.folder / "journeys"
        self.journeys.mkdir()
        for file in shipped().glob("onboarding.*.yaml"):
            shutil.copy(file, self.journeys)
        self.people = people(self.head_count, self.chance)
        self.by_id = {one.user.id: one for one in self.people}
        self.calendar = PublicHolidays()
        self.replicas: list[tuple[State, Desks]] = []

    # ── processes ─────────────────────────────────────────────────────────────────────────────

    async def boot(self) -> None:
        """Two new processes over the same database."""
        for state, _ in self.replicas:
            await state.close()
        self.replicas = [await self._replica() for _ in range(2)]

    async def _replica(self) -> tuple[State, Desks]:
        database = InLine(self.folder / "state.db")
        await database.run(metadata.create_all)
        await begin_chain(database, done_earlier)
        opened = state_on(database, clock=self.clock)
        state = replace(opened, agenda=MortalAgenda(opened, self.fate))
        library = Library(self.journeys, kept=self.folder / "kept")
        await library.look()
        desks = build_desks_over(
            stores=state,
            channels=self.platforms,
            answerer=knows(),
            clock=self.clock,
            rules=self._rules(library),
        )
        return state, desks

    def _rules(self, library: Library) -> Rules:
        offices = tuple(Office(names=(name,), place=place) for name, place in PLACES.items())
        return replace(
            PATIENT,
            program=Program(
                journeys=library,
                terms=Terms(calendar=self.calendar),
                offices=Offices(offices=offices),
            ),
            hr=(HR.key,),
            access=Access(hr=frozenset({HR.key})),
            languages={"feishu": "zh", "dingtalk": "zh"},
        )

    # ── the world ─────────────────────────────────────────────────────────────────────────────

    def prepare(self) -> None:
        """All that will happen, but for what people do with what they are shown."""
        for person in self.people:
            self._arrives(person)
            if self.chance.random() < 0.15:
                self._moves(person)
            if person.leaves_at is not None and person.told_of_leaving:
                self._command(person.leaves_at, HR, f"end {person.user.key}", person, "ended")
        for days, hours in ((17, 5), (33, 60), (50, 30), (71, 4)):
            begin = BEGIN + timedelta(days=days, hours=self.chance.randrange(24))
            self.outages.append((begin, begin + timedelta(hours=hours)))

    def _arrives(self, person: Person) -> None:
        """One to three events, of the company and of a channel, late and out of order."""
        if self.chance.random() < 0.1:  # joined before the bot was there: HR catches up
            first_day = person.joins_at - timedelta(days=self.chance.randrange(1, 25))
            words = f"{person.user.key} onboarding {first_day:%Y-%m-%d}"
            self._command(person.joins_at, HR, words, person, "caught_up")
            return
        direct = Conversation(platform=person.user.platform, id=person.user.id, direct=True)
        for again in range(self.chance.randrange(1, 4)):
            later = timedelta(minutes=self.chance.randrange(60) if again else 0)
            self._happens(
                person.joins_at + later,
                MemberJoined(
                    keys=(f"join{next(self._numbers)}",),
                    conversation=direct,
                    user=person.user,
                    received_at=person.joins_at,
                    profile={"location": person.office},
                ),
            )

    def _moves(self, person: Person) -> None:
        """Somebody pauses, stops, travels, or is forgotten."""
        at = person.joins_at + timedelta(days=self.chance.randrange(3, 60), hours=3)
        what = self.chance.choice(("pause", "stop", "zone", "forget"))
        if what == "pause":
            self._command(at, HR, f"pause {person.user.key}", person, "paused")
            back = at + timedelta(days=self.chance.randrange(1, 20))
            self._command(back, HR, f"resume {person.user.key}", person, "resumed")
        elif what == "stop":
            self._command(at, person.user, "stop", person, "stopped")
        elif what == "zone":
            zone = self.chance.choice(("Asia/Tokyo", "Europe/Berlin", "America/New_York"))
            self._command(at, person.user, f"zone {zone}", person, "moved")
        elif self.chance.random() < 0.4:
            self._command(at, HR, f"forget {person.user.key}", person, "forgotten")

    def _command(self, at: datetime, who: User, words: str, about: Person, what: str) -> None:
        key = f"c{next(self._numbers)}"
        self.books.note(about.user.key, what, at)
        self._happens(
            at,
            InboundMessage(
                keys=(key,),
                conversation=Conversation(platform=who.platform, id=who.id, direct=True),
                user=who,
                received_at=at,
                ref=MessageRef(platform=who.platform, id=f"in-{key}"),
                text=f"/deskmate onboard {words}",
                addressed=True,
            ),
        )

    def _happens(self, at: datetime, event: Event) -> None:
        heapq.heappush(self._events, Due(at=at, order=next(self._numbers), event=event))

    def _seen(self, ref: MessageRef, reply: Reply) -> None:
        """Somebody sees a card, and perhaps does what it asks for."""
        person = self.by_id.get(reply.conversation.id)
        if person is None or not self._ticking or self.chance.random() > person.acts:
            return
        found = presses(reply.card)
        wanted = [one for name in (DONE, ANSWER) for one in found.get(name, ())]
        after = timedelta(minutes=self.chance.randrange(5, 5 * 24 * 60))
        if not wanted:
            self._type(person, reply, after)
            return
        if LATER in found and self.chance.random() < 0.1:
            wanted = found[LATER]
        pressed = self.chance.choice(wanted)
        for _ in range(1 + (self.chance.random() < 0.1)):  # some click twice
            self._happens(
                self.clock.now + after,
                CardAction(
                    keys=(f"a{next(self._numbers)}",),
                    conversation=reply.conversation,
                    user=person.user,
                    received_at=self.clock.now + after,
                    ref=ref,
                    name=pressed.name,
                    values=pressed.values,
                ),
            )

    def _type(self, person: Person, reply: Reply, after: timedelta) -> None:
        """Where nothing can be pressed, the card says what to type."""
        said = json.dumps([getattr(block, "text", "") for block in reply.card.blocks])
        for verb, words in (("done", ""), ("answer", "A")):
            number = said.partition(f"/deskmate onboard {verb} ")[2]
            digits = "".join(sign for sign in number[:3] if sign.isdecimal())
            if digits:
                at = self.clock.now + after
                self._command(at, person.user, f"{verb} {digits} {words}", person, "typed")
                return

    # ── time ──────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Let all the days pass."""
        end = BEGIN + timedelta(days=self.days)
        edits = sorted(self._edits(), key=lambda edit: edit[0])
        while self.clock.now < end:
            now = self.clock.now
            while edits and edits[0][0] <= now:
                edits.pop(0)[1]()
            over = next((stop for begin, stop in self.outages if begin <= now < stop), None)
            if over is not None:  # nobody is there; platforms deliver again later
                self.clock.now = over
                await self._restart()
                continue
            while self._events and self._events[0].at <= now:
                await self._deliver(heapq.heappop(self._events))
            await self._tick()
            await self._pass_on(end)
        await self._last_look()

    async def _pass_on(self, end: datetime) -> None:
        """To the next quarter of an hour in which something is due."""
        moments = [end, self.clock.now + timedelta(hours=6)]
        if self._events:
            moments.append(self._events[0].at)
        due = await self.replicas[0][0].agenda.next_due()
        if due is not None:
            moments.append(due)
        soonest = max(min(moments), self.clock.now + timedelta(minutes=1))
        quarters = -(-(soonest - BEGIN) // _LOOK_EVERY)
        self.clock.now = BEGIN + quarters * _LOOK_EVERY

    async def _tick(self) -> None:
        self._ticking = True
        replicas = self.replicas if self.chance.random() < 0.25 else self.replicas[:1]
        ticks = (self._look(desks) for _, desks in replicas)
        died = [one for one in await asyncio.gather(*ticks, return_exceptions=True) if one]
        self._ticking = False
        for failure in died:
            if not isinstance(failure, Killed):
                raise failure
        if died:
            await self._restart()

    @staticmethod
    async def _look(desks: Desks) -> None:
        assert desks.onboarding is not None
        await desks.onboarding.tick()

    async def _deliver(self, due: Due) -> None:
        """An event; what did not work comes again, as the intake sees to."""
        dispatcher = self.replicas[self.chance.randrange(2)][1].dispatcher
        (failure,) = await asyncio.gather(dispatcher.dispatch(due.event), return_exceptions=True)
        match failure:
            case None:
                self.books.pressed(due.event)
            case Killed():
                await self._restart()
                self._happens(self.clock.now, due.event)
            case ChannelUnavailable():
                self._happens(self.clock.now + timedelta(minutes=5), due.event)
            case _:
                raise failure

    async def _restart(self) -> None:
        self.restarts += 1
        await self.boot()

    async def _last_look(self) -> None:
        """Nothing breaks any more, so that what can be done is done."""
        self.fate.killed = self.fate.unavailable = 0.0
        for _ in range(3):
            await self._tick()
            self.clock.move(timedelta(minutes=15))

    # ── HR edits ──────────────────────────────────────────────────────────────────────────────

    def _edits(self) -> list[tuple[datetime, Any]]:
        def at(days: int) -> datetime:
            return BEGIN + timedelta(days=days, hours=2)

        left = [
            (one.leaves_at, lambda one=one: self.fate.left.add(one.user.id))
            for one in self.people
            if one.leaves_at is not None and not one.told_of_leaving
        ]
        return [
            *left,
            (at(40), lambda: self._rewrite(_second)),
            (at(60), self._break),
            (at(62), lambda: self._rewrite(_third)),
        ]

    def _rewrite(self, change: Any) -> None:
        for language in ("en", "zh"):
            file = self.journeys / f"onboarding.{language}.yaml"
            source = (shipped() / file.name).read_text("utf-8")
            found = change(yaml.safe_load(source))
            file.write_text(yaml.safe_dump(found, allow_unicode=True, sort_keys=False), "utf-8")

    def _break(self) -> None:
        file = self.journeys / "onboarding.en.yaml"
        file.write_text(file.read_text("utf-8") + "\n  - id: [\n", "utf-8")


def _second(journey: dict[str, Any]) -> dict[str, Any]:
    """A step goes, one moves, one is new."""
    steps = [step for step in journey["steps"] if step["id"] != "basics"]
    for step in steps:
        if step["id"] == "hrbp":
            step["day"] += 3
    steps.append({"id": "coffee", "day": 45, "at": "10:00", "message": "Coffee", "text": "Now."})
    return {**journey, "version": "2", "steps": steps}


def _third(journey: dict[str, Any]) -> dict[str, Any]:
    """One more goes."""
    changed = _second(journey)
    steps = [step for step in changed["steps"] if step["id"] != "tip-9"]
    return {**changed, "version": "3", "steps": steps}


async def simulate(folder: Path, *, head_count: int, days: int, seed: int) -> Mapping[str, Any]:
    """Live through it, count again, and say what is wrong."""
    simulation = Simulation(folder=folder, seed=seed, head_count=head_count, days=days)
    simulation.prepare()
    await simulation.boot()
    began, spent = time.monotonic(), time.process_time()
    await simulation.run()
    took, spent = time.monotonic() - began, time.process_time() - spent
    _, desks = simulation.replicas[0]
    assert desks.onboarding is not None
    report = await desks.onboarding.hr.found("en")
    for opened, _ in simulation.replicas:
        await opened.close()
    found = wrongs(simulation, report, folder / "state.db")
    sent = [one for platform in simulation.platforms.values() for one in platform.sent]
    return {
        "people": head_count,
        "days": days,
        "messages": len(sent),
        "unbidden": sum(one.unbidden for one in sent),
        "restarts": simulation.restarts,
        "repeats_held_back": sum(one.repeats for one in simulation.platforms.values()),
        "jobs": dict(found.jobs),
        "seconds": round(took, 1),
        "cpu_seconds": round(spent, 1),
        "wrong": found.wrong,
    }


def lived(head_count: int, days: int, seed: int) -> Mapping[str, Any]:
    """One company in a process and a database of its own."""
    logging.disable(logging.CRITICAL)
    memory = Path("/dev/shm")  # noqa: S108 -- the disk is not what is measured
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        return asyncio.run(simulate(Path(folder), head_count=head_count, days=days, seed=seed))


def together(results: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """What several companies lived through."""
    jobs: Counter[str] = Counter()
    for one in results:
        jobs.update(one["jobs"])
    summed = ("people", "messages", "unbidden", "restarts", "repeats_held_back")
    return {
        "companies": len(results),
        **{name: sum(one[name] for one in results) for name in summed},
        "days": results[0]["days"],
        "jobs": dict(sorted(jobs.items())),
        "seconds": max(one["seconds"] for one in results),
        "cpu_seconds": round(sum(one["cpu_seconds"] for one in results), 1),
        "wrong": [wrong for one in results for wrong in one["wrong"]],
    }


def main() -> int:
    """Print what happened; 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--days", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2, help="companies that share the people")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    share = -(-arguments.people // arguments.processes)
    with ProcessPoolExecutor(arguments.processes) as pool:
        running = [
            pool.submit(lived, share, arguments.days, arguments.seed + number)
            for number in range(arguments.processes)
        ]
        result = together([one.result() for one in running])
    print(json.dumps(result, indent=2, ensure_ascii=False))
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(json.dumps(result, indent=2, ensure_ascii=False), "utf-8")
    return 1 if result["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
