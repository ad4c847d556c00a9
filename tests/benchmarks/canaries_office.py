"""The bot of a random organisation, and everything that happens to it: asked, pressed, taught."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Final

from bot.core.access import Access
from bot.core.audiences import Audiences, Lists
from bot.core.cards import OPEN_SOURCE
from bot.core.desks import Desks, build_desks
from bot.core.experts import Asking
from bot.core.loop_cards import EXPERT_ANSWER, PROPOSAL_EDIT, TEACH
from bot.core.memberships import Remembered
from bot.core.model import (
    Button,
    Buttons,
    Capabilities,
    CardAction,
    Conversation,
    Event,
    Form,
    InboundMessage,
    MemberJoined,
    MemberLeft,
    MessageRef,
    Reply,
    Sources,
    User,
)
from bot.core.ports import Knowledge
from bot.core.rules import Rules
from bot.stores.state import State, open_state
from knowledge.answer import Grounded, Policy
from knowledge.certainty import Certainty
from knowledge.confidence import load_model
from knowledge.curated import Curated, CuratedFirst
from knowledge.engines.bm25 import Bm25
from knowledge.engines.extractive import Extractive
from knowledge.engines.nearness import Nearness
from knowledge.engines.qdrant_edge import Edge
from knowledge.freshness import Freshness
from knowledge.ingest import Ingest
from knowledge.model import EVERYONE
from knowledge.parsers import parser_for
from knowledge.parsers.jsonl import parse_jsonl
from knowledge.ports import Embedder, PassageStore, TokenEmbedder
from knowledge.retrieve import Hybrid
from knowledge.votes import Votes
from tests.benchmarks.canaries_world import CANARY, PLATFORM, Books, Taught, World
from tests.fakes_core import FakeClock, SameWords

_CARDS_PRESSED: Final = 40
_FRESH: Final = timedelta(seconds=60)
_COMMANDS: Final = (
    "gaps", "review", "review", "stale", "eval", "forget", "help", "whoami",
)  # fmt: skip


@dataclass(slots=True)
class Seen:
    """What was shown, and what should not have been."""

    questions: int = 0
    cards: int = 0
    canaries: int = 0
    asides: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)

    def __add__(self, more: Seen) -> Seen:
        return Seen(
            questions=self.questions + more.questions,
            cards=self.cards + more.cards,
            canaries=self.canaries + more.canaries,
            asides=self.asides + more.asides,
            kinds=self.kinds + more.kinds,
            leaks=[*self.leaks, *more.leaks],
        )


class Watched:
    """The platform: every card is looked through as it comes."""

    def __init__(self, world: World, seen: Seen) -> None:
        self.platform = PLATFORM
        self.capabilities = Capabilities(draft_interval=timedelta(0))
        self.latest: list[tuple[MessageRef, Reply]] = []
        self.doing = ""
        self._world = world
        self._seen = seen
        self._keys: dict[str, MessageRef] = {}

    async def send(self, reply: Reply) -> MessageRef:
        ref = self._keys.get(reply.key)
        if ref is None:
            ref = self._keys[reply.key] = MessageRef(platform=PLATFORM, id=f"m{len(self._keys)}")
            self._seen.asides += reply.key.endswith("/aside")
            self._look(ref, reply)
        return ref

    async def update(self, ref: MessageRef, reply: Reply) -> None:
        self._look(ref, reply)

    async def words_of(self, _ref: MessageRef) -> str:
        return ""

    async def ping(self) -> None:
        return None

    async def close(self) -> None:
        return None

    def _look(self, ref: MessageRef, reply: Reply) -> None:
        said, world = repr(reply), self._world
        self._seen.cards += 1
        viewers = world.readers(reply.conversation, reply.only_for)
        found = CANARY.findall(said)
        self._seen.canaries += len(found)
        alone = reply.only_for is not None or reply.conversation.direct
        for canary, people in world.leaks(said, viewers, alone=alone).items():
            where = f"{reply.conversation.id} for {viewers}" if not alone else viewers[0]
            self._seen.leaks.append(f"{self.doing}: {canary} in {where} read by {people}")
        self.latest = [*self.latest[-_CARDS_PRESSED:], (ref, reply)]


class Logged(logging.Handler):
    """Every line of the log is looked through: no canary belongs there. A bug's traceback is one
    too: what nobody expected must not hide what was not shown.
    """

    def __init__(self, channel: Watched, seen: Seen) -> None:
        super().__init__(level=logging.INFO)
        self._channel = channel
        self._seen = seen

    def emit(self, record: logging.LogRecord) -> None:
        said = f"{record.getMessage()} {record.__dict__!r}"
        if record.exc_info:
            self._seen.leaks.append(f"{self._channel.doing}: broke: {record.exc_info[1]!r}")
        for canary in set(CANARY.findall(said)):
            self._seen.leaks.append(f"{self._channel.doing}: {canary} in the log: {record.msg}")


@dataclass(kw_only=True)
class Office:
    """One organisation with its bot."""

    world: World
    channel: Watched
    state: State
    store: PassageStore
    ingest: Callable[[], object]
    clock: FakeClock
    embedders: tuple[Embedder, ...]
    seen: Seen
    least_confidence: float
    passed_s: float = 0.0
    numbers: count[int] = field(default_factory=lambda: count(1))
    desks: Desks = field(init=False)
    members: Remembered = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self, lists: Lists | None = None) -> None:
        """The bot starts, with the configuration as it is now. lists: it has others in mind."""
        world = self.world
        self.members = Remembered(Books(world), fresh=_FRESH, now=lambda: self.passed_s)
        documents = self.documents(self.store)
        curated = Curated(self.state.curated, likeness=SameWords(), sources=documents)
        self.desks = build_desks(
            stores=self.state,
            channels={PLATFORM: self.channel},
            knowledge=Knowledge(
                answerer=CuratedFirst(curated, documents),
                likeness=SameWords(),
                documents=documents,
                tallies=self.store,
                freshness=Freshness(self.store),
            ),
            clock=self.clock,
            rules=Rules(
                access=Access(admins=frozenset(world.owners.admins), owners=world.owners.everybody),
                owners=world.owners,
                asking=Asking(unbidden=world.seed % 2 == 0),
                promote_after=2,
                questions_per_minute=1_000_000,
                votes_per_day=1_000_000,
            ),
            readers=Audiences(lists or world.lists, {PLATFORM: self.members}),
        )

    def documents(self, store: PassageStore) -> Grounded:
        """The answerer over a store."""
        votes = Votes(self.state.votes, embedder=self.embedders[0], clock=self.clock)
        retriever = Hybrid(store=store, embedders=self.embedders, sparse=(Bm25(),))
        return Grounded(
            retriever=retriever.heeding(votes),
            store=store,
            similarity=Nearness(self.embedders[-1]),
            certainty=Certainty(load_model("e5-small+use-multilingual")),
            generator=Extractive(),
            policy=Policy(least_confidence=self.least_confidence),
        )

    # ── what happens ──────────────────────────────────────────────────────────────────────────

    async def step(self) -> None:
        """One thing that happens: nearly always a question."""
        chance = self.world.rng.random()
        if chance < 0.78:
            await self.ask()
        elif chance < 0.92:
            await self.press()
        elif chance < 0.95:
            await self.command()
        elif chance < 0.985:
            await self.move()
        elif chance < 0.992:
            self.restart()
        elif chance < 0.995:
            await self.rewrite()
        else:
            await self.elapse()

    async def ask(self) -> None:
        """Somebody asks, alone or in a group they are in; others try the sources."""
        rng = self.world.rng
        user = rng.choice(self.world.people)
        theirs = sorted(name for name, ids in self.world.groups.items() if user.id in ids)
        place = Conversation(platform=PLATFORM, id=user.id, direct=True)
        if theirs and rng.random() < 0.7:
            thread = f"t{next(self.numbers)}" if rng.random() < 0.5 else "t"
            place = Conversation(platform=PLATFORM, id=rng.choice(theirs), thread_id=thread)
        self.world.away = rng.random() < 0.02
        self.seen.questions += 1
        await self.say(self.world.question(), user, place)
        self.world.away = False
        if rng.random() < 0.1:
            await self.press(name=OPEN_SOURCE)

    async def say(self, text: str, user: User, place: Conversation) -> None:
        key = f"e{next(self.numbers)}"
        await self.hear(
            InboundMessage(
                keys=(key,),
                conversation=place,
                user=user,
                received_at=self.clock(),
                ref=MessageRef(platform=PLATFORM, id=f"in-{key}"),
                text=text,
                addressed=True,
            )
        )

    async def press(self, *, name: str = "") -> None:
        """Somebody presses something on a card, perhaps on one that they were never shown."""
        if not self.channel.latest:
            return
        rng = self.world.rng
        ref, reply = rng.choice(self.channel.latest)
        choices = [*_buttons(reply), *self._borrowed()]
        choices = [one for one in choices if name in ("", one.name)]
        if not choices:
            return
        button = rng.choice(choices)
        seeing = self.world.readers(reply.conversation, reply.only_for)
        shown = [user for user in self.world.people if user.id in seeing]
        # Nobody else is in somebody's direct conversation; a group's buttons can be made up.
        made_up = not reply.conversation.direct and (not shown or rng.random() < 0.2)
        user = rng.choice(self.world.people if made_up else shown)
        await self.hear(
            CardAction(
                keys=(f"a{next(self.numbers)}",),
                conversation=reply.conversation,
                user=user,
                received_at=self.clock(),
                ref=ref,
                name=button.name,
                values={**button.values, **await self._typed(button, user)},
            )
        )

    def _borrowed(self) -> list[Button]:
        """A button of another card: what it carries is no secret to whoever made it up."""
        _, other = self.world.rng.choice(self.channel.latest)
        return self.world.rng.sample(_buttons(other), k=min(1, len(_buttons(other))))

    async def _typed(self, button: Button, user: User) -> dict[str, str]:
        """What is written into a form; a new canary, for those for whom it will be taught."""
        values = button.values
        if button.name == EXPERT_ANSWER:
            gap = await self.state.gaps.find(values.get("gap", ""))
            audience = gap.readers if gap else frozenset[str]()
        elif button.name == PROPOSAL_EDIT:
            proposal = await self.state.proposals.find(values.get("proposal", ""))
            audience = proposal.audience if proposal else frozenset[str]()
        elif button.name == TEACH:
            audience = frozenset({EVERYONE})
        else:
            return {"vote": values.get("vote", "up"), "reason": "wrong"}
        canary = self.world.new_canary()
        self.world.taught[canary] = Taught(audience=audience, by=user.key)
        return {"question": self.world.question(), "answer": f"It is behind {canary}."}

    async def command(self) -> None:
        """Somebody, mostly an owner or administrator, tells the bot to do something."""
        rng = self.world.rng
        user = rng.choice((*self.world.people[:6], *self.world.people[:6], *self.world.people))
        place = Conversation(platform=PLATFORM, id=user.id, direct=True)
        await self.say(f"/deskmate {rng.choice(_COMMANDS)}", user, place)
        await self.desks.errands.work()

    async def move(self) -> None:
        """Somebody joins or leaves a group, or becomes or stops being a guest."""
        rng, world = self.world.rng, self.world
        user = rng.choice(world.people)
        place = Conversation(platform=PLATFORM, id=rng.choice(sorted(world.groups)))
        keys = (f"j{next(self.numbers)}",)
        event: Event
        if rng.random() < 0.1:
            world.guests ^= {user.id}
            place = Conversation(platform=PLATFORM, id=user.id, direct=True)
            event = MemberJoined(keys=keys, conversation=place, user=user, received_at=self.clock())
        elif user.id in world.groups[place.id]:
            world.groups[place.id] -= {user.id}
            event = MemberLeft(keys=keys, conversation=place, user=user, received_at=self.clock())
        else:
            world.groups[place.id] |= {user.id}
            event = MemberJoined(keys=keys, conversation=place, user=user, received_at=self.clock())
        if rng.random() < 0.1:  # the event never comes; what was told is believed for a minute
            self.passed_s += _FRESH.total_seconds() + 1
        else:
            await self.hear(event)
        if not place.direct and self.world.groups[place.id]:  # what was told before is no longer so
            asker = rng.choice(sorted(self.world.groups[place.id]))
            self.seen.questions += 1
            await self.say(self.world.question(), User(platform=PLATFORM, id=asker), place)

    def restart(self) -> None:
        """An administrator writes other lists and starts the bot again."""
        self.world.lists = self.world.new_lists()
        self.start()

    async def rewrite(self) -> None:
        """Pages come and go, and others may read them."""
        world = self.world
        for canary in world.rng.sample(sorted(world.pages), k=4):
            page = world.pages[canary]
            if world.rng.random() < 0.6:
                world.pages[canary] = replace(page, audience=world.new_audience())
            else:
                del world.pages[canary]
                new = world.new_page()
                world.pages[new.canary] = new
        await self.take_in()

    async def take_in(self) -> None:
        made = self.ingest()
        assert hasattr(made, "__await__")
        await made

    async def elapse(self) -> None:
        """A day goes by; what works by itself works."""
        self.doing("by itself")
        self.clock.move(timedelta(days=1))
        self.passed_s += 86_400
        await self.desks.experts.remind()
        await self.desks.watch.look()

    async def hear(self, event: Event) -> None:
        self.clock.move(timedelta(seconds=1))
        self.passed_s += 1
        self.seen.kinds[type(event).__name__] += 1
        what = event.text if isinstance(event, InboundMessage) else ""
        what = event.name if isinstance(event, CardAction) else what
        place = event.conversation.id
        self.doing(f"{type(event).__name__} {what!r} by {event.user.id} in {place}")
        self.members.heed(event)
        await self.desks.dispatcher.dispatch(event)

    def doing(self, what: str) -> None:
        self.channel.doing = f"seed {self.world.seed}, question {self.seen.questions}: {what}"


def _buttons(reply: Reply) -> list[Button]:
    """All that can be pressed on a card."""
    found: list[Button] = []
    for block in reply.card.blocks:
        match block:
            case Buttons(items=items):
                found += items
            case Form():
                found.append(Button(name=block.name, label="", values=block.values))
            case Sources(items=sources):
                found += [
                    Button(name=OPEN_SOURCE, label="", values={"passage_id": one.passage_id})
                    for one in sources
                ]
            case _:
                pass
    return found


@asynccontextmanager
async def office_of(
    seed: int, folder: Path, *, embedders: tuple[Embedder, ...]
) -> AsyncIterator[Office]:
    """An organisation with a bot that has read its pages. embedders: `e5` first, then `use`."""
    world, clock, seen = World(seed), FakeClock(), Seen()
    state = await open_state(data_dir=folder / "state", clock=clock)
    dense = {one.name: one.dimension for one in embedders}
    tokens = {one.name: one.dimension for one in embedders if isinstance(one, TokenEmbedder)}
    store = await Edge.open(
        folder / "store", dense=dense, sparse=("bm25",), tokens=tokens, reserve_bytes=0
    )
    pages = folder / "pages"
    pages.mkdir()
    reading = Ingest(
        store=store,
        embedders=embedders,
        sparse=(Bm25(),),
        parser_for=parser_for,
        parse_jsonl=parse_jsonl,
    )

    async def ingest() -> None:
        world.write(pages)
        report = await reading.run([pages])
        assert not report.failed

    await ingest()
    channel = Watched(world, seen)
    logged = Logged(channel, seen)
    logging.getLogger().addHandler(logged)
    try:
        yield Office(
            world=world,
            channel=channel,
            state=state,
            store=store,
            ingest=ingest,
            clock=clock,
            embedders=embedders,
            seen=seen,
            least_confidence=world.rng.choice((0.0, 0.3)),
        )
    finally:
        logging.getLogger().removeHandler(logged)
        await store.close()
        await state.close()
