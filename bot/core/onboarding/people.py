"""Where people are reached, and which public holidays they have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.core.experts import direct
from bot.core.model import CardAction, Conversation, Role, User
from bot.core.onboarding.model import Facts, Joiner, Part, Place
from bot.core.onboarding.when import known_zone
from knowledge.model import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A place where people work. names: how it is called, in whatever language."""

    names: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Offices:
    """All of them; the first is where somebody works of whom nothing is known."""

    offices: tuple[Office, ...] = ()

    def place_of(self, facts: Facts) -> Place:
        """Where somebody works: by the office's name, else by the time zone they have."""
        named = facts.location.casefold().strip()
        for office in self.offices:
            if named and named in {name.casefold() for name in office.names}:
                return office.place
        if known_zone(facts.time_zone):
            places = [office.place for office in self.offices]
            same = (place for place in places if place.time_zone == facts.time_zone)
            return next(same, Place(time_zone=facts.time_zone))
        return self.offices[0].place if self.offices else Place()


async def unnoted(_action: CardAction, _allowed: bool) -> None:
    """Where nobody keeps what HR does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """Those who see to new colleagues. hr, admins: keys. channel: where HR is told things.

    languages: by platform. having: the keys of all to whom a role was granted in chat.
    granted: a person's roles beside configuration. noted: told of a button for HR that somebody
    pressed, and whether they may.
    """

    hr: Sequence[str] = ()
    admins: Sequence[str] = ()
    channel: Conversation | None = None
    languages: Mapping[str, Language] = field(default_factory=dict)
    having: Callable[[Role], Sequence[str]] = lambda _role: ()
    granted: Callable[[str], frozenset[Role]] = lambda _key: frozenset()
    noted: Callable[[CardAction, bool], Awaitable[None]] = unnoted

    def language(self, platform: str) -> Language:
        """In which language people there are written to who have not said anything yet."""
        return self.languages.get(platform, "en")

    def conversations(self, part: Part, joiner: Joiner) -> tuple[Conversation, ...]:
        """Where who plays this part for a joiner is reached; HR where nobody does."""
        person = self._person(part, joiner)
        return self.hr_places if person is None else (direct(person.key),)

    @property
    def hr_places(self) -> tuple[Conversation, ...]:
        """Where HR is told things."""
        if self.channel is not None:
            return (self.channel,)
        hr = (*self.hr, *self.having(Role.HR))
        keys = dict.fromkeys(hr or (*self.admins, *self.having(Role.ADMIN)))
        return tuple(direct(key) for key in keys)

    def plays(self, part: Part, joiner: Joiner, user: User) -> bool:
        """Whether this person plays the part, or stands in for whoever does not."""
        person = self._person(part, joiner)
        if person is not None:
            return person.key == user.key
        return self.is_hr(user)

    def is_hr(self, user: User) -> bool:
        """Whether somebody follows all journeys."""
        granted = self.granted(user.key) & {Role.HR, Role.ADMIN}
        return bool(granted) or user.key in {*self.hr, *self.admins}

    def may_read(self, visible_to: Sequence[str], joiner: Joiner, user: User) -> bool:
        """Whether somebody is one of those whom the step names, or answered it themselves."""
        if user.key == joiner.user.key or user.key in visible_to:
            return True
        people = {
            "hr": user.key in self.hr or Role.HR in self.granted(user.key),
            "manager": joiner.manager is not None and joiner.manager.key == user.key,
            "buddy": joiner.buddy is not None and joiner.buddy.key == user.key,
        }
        return any(people.get(name, False) for name in visible_to)

    @staticmethod
    def _person(part: Part, joiner: Joiner) -> User | None:
        people = {"joiner": joiner.user, "manager": joiner.manager, "buddy": joiner.buddy}
        return people.get(part)
