"""Who should know: the people to ask about a question, best first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.core.grants import Grant
from bot.core.model import Gap, Nearby, Role
from knowledge.model import EVERYONE
from knowledge.words import content_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """What some people answer for; any of the three is enough.

    people: keys as in `slack:U1`, the first is asked first.
    audiences: names of those for whom documents are written.
    folders: beginnings of documents' ids below the ingested root, as in `hr/leave`.
    topics: words; a question that has all words of one of them is about it.
    """

    people: tuple[str, ...]
    audiences: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """Finds the people who answer for a topic.

    admins: asked where nobody else is found.
    granted: roles that were granted in chat, as they are now.
    """

    domains: tuple[Domain, ...] = ()
    admins: tuple[str, ...] = ()
    granted: Callable[[], Sequence[Grant]] = tuple

    @property
    def everybody(self) -> frozenset[str]:
        """The keys of all who answer for something by configuration."""
        return frozenset(key for domain in self.domains for key in domain.people)

    @property
    def administrators(self) -> tuple[str, ...]:
        """The keys of all administrators: those in configuration first."""
        granted = (one.person for one in self.granted() if one.role is Role.ADMIN)
        return tuple(dict.fromkeys((*self.admins, *granted)))

    def _about(self, gap: Gap) -> Iterator[Domain]:
        """The domains whose topic a question is about: granted ones after the configured."""
        granted = (
            Domain(people=(one.person,), topics=(one.topic,))
            for one in self.granted()
            if one.role is Role.OWNER and one.topic
        )
        return (domain for domain in (*self.domains, *granted) if _about(domain, gap))

    def of(self, gap: Gap) -> tuple[str, ...]:
        """The keys of those to ask, in this order: topic, folder, the document's own owner,
        audience, administrators.
        """
        nearest = gap.found[:1]
        return tuple(
            dict.fromkeys(
                (
                    *self._people(self._about(gap)),
                    *self._people(domain for domain in self.domains if _holds(domain, nearest)),
                    *(near.owner for near in nearest if ":" in near.owner),
                    *self._people(domain for domain in self.domains if _for(domain, nearest)),
                    *self.administrators,
                )
            )
        )

    def keepers(self, near: Nearby) -> frozenset[str]:
        """The keys of all who answer for a document: its own owner, by folder, by its readers."""
        domains = (one for one in self.domains if _holds(one, (near,)) or _for(one, (near,)))
        own = frozenset({near.owner}) if ":" in near.owner else frozenset[str]()
        return own.union(self._people(domains))

    @staticmethod
    def _people(domains: Iterable[Domain]) -> Iterable[str]:
        return (key for domain in domains for key in domain.people)


def _about(domain: Domain, gap: Gap) -> bool:
    asked = [content_words(wording) for wording in gap.wordings]
    topics = [content_words(topic) for topic in domain.topics]
    return any(topic and topic <= words for topic in topics for words in asked)


def _holds(domain: Domain, near: Sequence[Nearby]) -> bool:
    folders = [folder.strip("/").replace("/", "__") for folder in domain.folders]
    return any(
        one.document_id == folder or one.document_id.startswith(f"{folder}__")
        for one in near
        for folder in folders
    )


def _for(domain: Domain, near: Sequence[Nearby]) -> bool:
    names = set(domain.audiences) - {EVERYONE}
    return any(names & one.audience for one in near)
