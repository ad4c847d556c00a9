"""A small company's bot: real stores, real search, real dispatcher; only the chat is in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.app import curated_first
from bot.choices import Chosen, read_choices
from bot.core.access import Access
from bot.core.commands.lines import COMMAND_LINE
from bot.core.desks import Desks, build_desks
from bot.core.exports import no_passage
from bot.core.machine import Machine
from bot.core.model import (
    Attachment,
    Button,
    Buttons,
    Card,
    Conversation,
    Fields,
    Markdown,
    MessageRef,
    Reply,
    SharedFile,
    User,
)
from bot.core.owners import Domain, Owners
from bot.core.rules import Rules
from bot.exporting import ServerExports
from bot.knowledge_base import Shared
from bot.serving import Serving, open_serving
from bot.settings import AccessSettings, LoopSettings, Settings, StorageSettings
from bot.settings_ingest import IngestSettings
from bot.state import opened_state
from bot.steering import ServedSteering
from bot.stores.state import State
from bot.taking import way_in
from knowledge.engines.bm25 import Bm25
from knowledge.settings import AnsweringSettings, GenerationSettings
from knowledge.weights import Shelf
from tests.fakes import HashedEmbedder
from tests.fakes_core import ADA, BOB, FakeChannel, FakeClock, message, press

ROOT = User(platform="fake", id="root", name="Root")
OWEN = User(platform="fake", id="owen", name="Owen")
GROUP = Conversation(platform="fake", id="general")

AUDIENCES: Mapping[str, frozenset[str]] = {
    ADA.key: frozenset({"everyone"}),
    BOB.key: frozenset({"everyone", "pay"}),
    OWEN.key: frozenset({"everyone"}),
    ROOT.key: frozenset({"everyone"}),
}

PAGES = {
    "leave.md": "# Annual leave\n\nStaff receive 12 paid vacation days in the second year.\n",
    "pay/bands.md": "---\naudience: [pay]\nowner: fake:bob\n---\n"
    "# Salary bands\n\nThe salary band of senior engineers is 41000 marmots a month.\n",
}


def settings_of(folder: Path, **changes: Any) -> Settings:
    return Settings(
        **{
            "storage": StorageSettings(data_dir=folder / "data"),
            "access": AccessSettings(
                admins=(ROOT.key,), audiences={"pay": (BOB.key,), "board": (ROOT.key,)}
            ),
            "loop": LoopSettings(gate="warn"),
            "generation": GenerationSettings(engine="extractive"),
            "answering": AnsweringSettings(judge=False),
            "ingest": IngestSettings(roots=(folder / "pages",)),
            **changes,
        }
    )


class Colleagues:
    """In a group only what everybody may read; alone what one may read oneself."""

    async def alone(self, user: User) -> frozenset[str]:
        return AUDIENCES[user.key]

    async def together(self, place: Conversation, user: User) -> frozenset[str]:
        return await self.alone(user) if place.direct else frozenset({"everyone"})


@dataclass(kw_only=True)
class Office:
    """The bot and those who talk to it."""

    folder: Path
    settings: Settings
    serving: Serving
    state: State
    desks: Desks
    channel: FakeChannel
    clock: FakeClock

    async def say(
        self,
        text: str,
        *,
        user: User = ROOT,
        place: Conversation | None = None,
        addressed: bool = True,
        attachment: Attachment | None = None,
        files: tuple[SharedFile, ...] = (),
    ) -> list[Reply]:
        """Everything the bot shows because of these words."""
        place = place or Conversation(platform="fake", id=user.id, direct=True)
        said = message(text, user=user, conversation=place, addressed=addressed)
        before = len(self.channel.sent)
        await self.desks.dispatcher.dispatch(replace(said, attachment=attachment, files=files))
        return self.channel.sent[before:]

    async def told(self, text: str, *, user: User = ROOT, place: Conversation | None = None) -> str:
        """All that stands on the one card that answers."""
        before = len(self.channel.shown)
        await self.say(text, user=user, place=place)
        return "\n".join(shown(card) for card in tuple(self.channel.shown.values())[before:])

    async def press(self, label: str, *, user: User = ROOT) -> str:
        """Press a button of the latest card; all that the answer shows."""
        (button,) = [one for one in buttons(self.channel.sent[-1].card) if one.label == label]
        assert button.name == COMMAND_LINE
        before = len(self.channel.sent)
        place = Conversation(platform="fake", id=user.id, direct=True)
        ref = MessageRef(platform="fake", id="card")
        action = press(ref, button.name, user=user, conversation=place, **button.values)
        await self.desks.dispatcher.dispatch(action)
        return "\n".join(shown(reply.card) for reply in self.channel.sent[before:])

    async def report(self) -> str:
        """Do what was left for later; all that its report shows."""
        before = len(self.channel.sent)
        await self.desks.errands.work()
        return "\n".join(shown(reply.card) for reply in self.channel.sent[before:])


def buttons(card: Card) -> list[Button]:
    return [one for block in card.blocks if isinstance(block, Buttons) for one in block.items]


def shown(card: Card) -> str:
    """Every word of a card."""
    said = [card.title]
    for block in card.blocks:
        match block:
            case Markdown():
                said.append(block.text)
            case Fields():
                said += [f"{label}: {value}" for label, value in block.rows]
            case Buttons():
                said += [one.label for one in block.items]
    return "\n".join(said)


SHARED = Shared(embedders=(HashedEmbedder("e5", 64), HashedEmbedder("use", 64)), sparse=(Bm25(),))


@asynccontextmanager
async def office(
    folder: Path, *, shelf: Shelf | None = None, **changes: Any
) -> AsyncIterator[Office]:
    """A bot over the pages of a folder, as it starts."""
    settings = settings_of(folder, **changes)
    shelf = shelf or Shelf(folder / "models")
    write(folder, PAGES)
    channel, clock = FakeChannel(), FakeClock()
    chosen: Chosen = await read_choices(settings)
    async with (
        open_serving(settings, shelf, shared=SHARED, chosen=chosen) as serving,
        opened_state(settings, clock=clock) as state,
    ):
        serving.steered_by(ServedSteering(serving, shelf))
        knowledge = serving.for_core()
        rules = await state.named_readers.all()
        async with serving.ingesting() as ingest:
            await ingest.run([folder / "pages"], rules=rules)
        desks = build_desks(
            stores=state,
            channels={"fake": channel},
            knowledge=replace(
                knowledge,
                answerer=curated_first(knowledge, state),
                documents=knowledge.answerer,
            ),
            clock=clock,
            rules=Rules(
                access=Access(admins=frozenset({ROOT.key}), owners=frozenset({OWEN.key})),
                owners=Owners(
                    admins=(ROOT.key,), domains=(Domain(people=(OWEN.key,), topics=("gym",)),)
                ),
                questions_per_minute=100,
            ),
            readers=Colleagues(),
            machine=Machine(
                version="1.2.3",
                way_in=way_in(settings, knowledge),
                exports=ServerExports(
                    folder=settings.storage.data_dir / "exports",
                    stores=state,
                    passage_of=no_passage,
                ),
                audiences=frozenset(settings.access.audiences),
            ),
        )
        yield Office(
            folder=folder,
            settings=settings,
            serving=serving,
            state=state,
            desks=desks,
            channel=channel,
            clock=clock,
        )


def write(folder: Path, pages: Mapping[str, str]) -> None:
    """Put pages below the folder that may be read."""
    for name, text in pages.items():
        file = folder / "pages" / name
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
