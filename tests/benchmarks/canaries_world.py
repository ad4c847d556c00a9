"""A random organisation: people, groups, audiences and pages, each page with a canary in it.

A canary is a word that stands in one page, or in one answer that somebody taught, and nowhere else.
The world knows at each moment who may read it, by its own books and not by asking the bot.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.core.audiences import Lists
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import Conversation, Member, Nearby, User
from bot.core.owners import Domain, Owners
from knowledge.model import EVERYONE

PLATFORM: Final = "fake"
CANARY: Final = re.compile(r"qx[a-z]{9}")
TOPICS: Final = (
    ("gym", "健身房"),
    ("printer", "打印机"),
    ("bonus", "奖金"),
    ("parking permit", "停车证"),
    ("travel budget", "差旅预算"),
    ("door code", "门禁密码"),
    ("canteen", "食堂"),
    ("merger plan", "合并计划"),
)
AUDIENCES: Final = ("board", "finance", "hr", "lab")
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


@dataclass(slots=True, kw_only=True)
class Page:
    """A document and who may read it now."""

    canary: str
    topic: tuple[str, str]
    audience: frozenset[str]
    folder: str
    chinese: bool

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.topic[0].replace(' ', '-')}-{self.canary}.md"

    @property
    def text(self) -> str:
        names = ", ".join(sorted(self.audience))
        if self.chinese:
            title, said = f"{self.topic[1]} {self.canary}", f"{self.topic[1]}在{self.canary}号楼。"
        else:
            title = f"{self.topic[0].capitalize()} {self.canary}"
            said = f"The {self.topic[0]} is in building {self.canary}. Ask the desk for more."
        return f"---\naudience: [{names}]\n---\n# {title}\n\n{said}\n"

    @property
    def near(self) -> Nearby:
        return Nearby(
            passage_id="",
            document_id=self.path.removesuffix(".md").replace("/", "__"),
            title="",
            audience=self.audience,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """What somebody wrote as an answer, for whom, and who it was."""

    audience: frozenset[str]
    by: str


@dataclass(slots=True)
class World:
    """One organisation. `away`: the platform tells nobody who is where."""

    seed: int
    rng: random.Random = field(init=False)
    people: list[User] = field(init=False)
    guests: set[str] = field(init=False)
    groups: dict[str, set[str]] = field(init=False)
    open: set[str] = field(init=False)
    lists: Lists = field(init=False)
    owners: Owners = field(init=False)
    pages: dict[str, Page] = field(init=False)
    taught: dict[str, Taught] = field(default_factory=dict)
    away: bool = False

    def __post_init__(self) -> None:
        self.rng = rng = random.Random(self.seed)
        self.people = [User(platform=PLATFORM, id=f"u{n}", name=f"P{n}") for n in range(12)]
        self.guests = set(rng.sample([user.id for user in self.people[2:]], k=2))
        self.groups = {
            f"g{n}": set(rng.sample([user.id for user in self.people], k=rng.randint(2, 6)))
            for n in range(8)
        }
        self.open = {"g7"}
        self.lists = self.new_lists()
        self.owners = Owners(
            domains=(
                Domain(people=("fake:u2",), folders=("hr",)),
                Domain(people=("fake:u3",), audiences=("finance",)),
                Domain(people=("fake:u4", "fake:u5"), topics=("gym", "bonus", "canteen")),
            ),
            admins=("fake:u0", "fake:u1"),
        )
        made = [self.new_page() for _ in range(28)]
        self.pages = {page.canary: page for page in made}

    # ── who may read what ─────────────────────────────────────────────────────────────────────

    def names(self, user_id: str) -> frozenset[str]:
        """The audiences of somebody, by the world's own books."""
        if user_id in self.guests:
            return self.lists.outsiders
        found = {
            name
            for name, members in self.lists.members.items()
            for member in members
            if member.removeprefix("fake:") == user_id
            or user_id in self.groups.get(member.removeprefix("fake:"), ())
        }
        return frozenset({EVERYONE, *found})

    def readers(self, place: Conversation, only_for: User | None) -> list[str]:
        """The ids of those who see what is shown there."""
        if only_for is not None:
            return [only_for.id]
        if place.direct:
            return [place.id]
        inside = [user.id for user in self.people if user.id not in self.guests]
        extra = inside if place.id in self.open else []
        return sorted({*self.groups[place.id], *extra})

    def may_read(self, canary: str, user_id: str, *, alone: bool) -> bool:
        """Whether this person may see this word. alone: on a card that only they see."""
        names = self.names(user_id)
        page = self.pages.get(canary)
        if page is not None:
            keeps = alone and f"fake:{user_id}" in self.owners.keepers(page.near)
            return bool(page.audience & names) or keeps
        written = self.taught.get(canary)
        if written is None:
            return False  # a page that is gone
        return bool(written.audience & names) or (alone and written.by == f"fake:{user_id}")

    # ── what is made up ───────────────────────────────────────────────────────────────────────

    def new_canary(self) -> str:
        return "qx" + "".join(self.rng.choices(_LETTERS, k=9))

    def new_audience(self) -> frozenset[str]:
        if self.rng.random() < 0.3:
            return frozenset({EVERYONE})
        return frozenset(self.rng.sample(AUDIENCES, k=self.rng.choice((1, 1, 2))))

    def new_page(self) -> Page:
        return Page(
            canary=self.new_canary(),
            topic=self.rng.choice(TOPICS),
            audience=self.new_audience(),
            folder=self.rng.choice(("hr", "it", "office")),
            chinese=self.rng.random() < 0.4,
        )

    def new_lists(self) -> Lists:
        """What an administrator writes into the configuration: people, and whole groups."""
        ids = [user.id for user in self.people]
        members = {
            name: frozenset(
                f"fake:{one}"
                for one in (
                    *self.rng.sample(ids, k=self.rng.randint(2, 5)),
                    *self.rng.sample(sorted(self.groups), k=self.rng.choice((0, 0, 1))),
                )
            )
            for name in AUDIENCES
        }
        outsiders = frozenset({EVERYONE}) if self.rng.random() < 0.7 else frozenset[str]()
        return Lists(members=members, outsiders=outsiders)

    def question(self) -> str:
        english, chinese = self.rng.choice(TOPICS)
        forms = (f"Where is the {english}?", f"Which building is the {english} in?")
        return f"{chinese}在几号楼？" if self.rng.random() < 0.4 else self.rng.choice(forms)

    def write(self, folder: Path) -> None:
        """Bring a folder up to date with the pages."""
        wanted = {page.path: page.text for page in self.pages.values()}
        for file in folder.rglob("*.md"):
            if str(file.relative_to(folder)) not in wanted:
                file.unlink()
        for path, text in wanted.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")

    def leaks(self, said: str, viewers: Iterable[str], *, alone: bool) -> Mapping[str, list[str]]:
        """The canaries in some words that one of the viewers may not see, with those who see it."""
        people = list(viewers)
        found = {
            canary: [one for one in people if not self.may_read(canary, one, alone=alone)]
            for canary in set(CANARY.findall(said))
        }
        return {canary: some for canary, some in found.items() if some}


@dataclass(frozen=True, slots=True)
class Books:
    """The platform's `Membership`: what it tells is what the world's books say."""

    world: World

    def is_group(self, group_id: str) -> bool:
        return group_id.startswith("g")

    async def members(self, group_id: str, *, most: int) -> tuple[Member, ...]:
        self._answer()
        ids = self.world.groups.get(group_id)
        if ids is None:
            raise ChannelRefused("no_such_group")
        assert len(ids) <= most
        return tuple(Member(user=User(platform=PLATFORM, id=one)) for one in sorted(ids))

    async def is_open(self, group_id: str) -> bool:
        self._answer()
        return group_id in self.world.open

    async def is_outside(self, user: User) -> bool:
        self._answer()
        return user.id in self.world.guests

    def _answer(self) -> None:
        if self.world.away:
            raise ChannelUnavailable("away")
