"""What of the knowledge loop somebody may see who works in it: owners, reviewers, administrators.

Working on what the bot knows opens nothing: a person sees what they may read, and what they answer
for by configuration.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.core.access import Readers
from bot.core.model import Ask, Conversation, EvalRun, Gap, GateTrial, Nearby, Proposal, User
from bot.core.owners import Owners
from bot.core.upkeep import near_of
from knowledge.contradictions import Contradiction
from knowledge.duplicates import Duplicate
from knowledge.freshness import Findings
from knowledge.model import Answer, CuratedAnswer, Passage
from knowledge.ports import Answerer


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What one person sees, or everybody in one place.

    names: of the audiences. key: the person's; empty: several people.
    """

    names: frozenset[str]
    owners: Owners
    answerer: Answerer
    key: str = ""

    def reads(self, audience: frozenset[str]) -> bool:
        """Whether something for this audience is for them."""
        return bool(audience & self.names)

    def knows(self, near: Nearby) -> bool:
        """Whether they may read a page or an answer, or answer for it."""
        return self.reads(near.audience) or self._keeps(near)

    def answer(self, answer: CuratedAnswer) -> bool:
        """Whether they may see this verified answer."""
        return self.knows(near_of(answer))

    def answers(self, answers: Iterable[CuratedAnswer]) -> tuple[CuratedAnswer, ...]:
        """Those verified answers that they may see."""
        return tuple(filter(self.answer, answers))

    async def given(self, answer: Answer) -> bool:
        """Whether they may be given a verified answer, with all that it cites."""
        if answer.curated is not None and not self.reads(answer.curated.audience):
            return False
        cited = {citation.passage_id for citation in answer.citations}
        return all([await self._opens(passage_id) for passage_id in cited])

    async def gap(self, gap: Gap) -> Gap | None:
        """The gap without the pages that are not for them; None where its questions are not."""
        asked = self.reads(gap.readers) or any(map(self._keeps, gap.found[:1]))
        if not asked:
            return None
        return replace(gap, found=tuple([near for near in gap.found if await self._finds(near)]))

    async def gaps(self, gaps: Iterable[Gap]) -> tuple[Gap, ...]:
        """Those gaps that they may see."""
        return tuple([seen for gap in gaps if (seen := await self.gap(gap)) is not None])

    async def proposal(self, proposal: Proposal) -> bool:
        """Whether they may see a proposal: its readers' and now also each of its sources'."""
        # Who asked for what was promoted has not written it: the bot has, from pages.
        author = "" if proposal.kind == "promotion" else proposal.by
        if self.key and self.key in (proposal.owner, author):
            return True
        if not self.reads(proposal.audience):
            return False
        cited = {citation.passage_id for citation in proposal.citations}
        return all([await self._opens(passage_id) for passage_id in cited])

    async def open_to(self, proposal: Proposal) -> bool:
        """Whether all its readers may still read each source: pages are closed while it waits."""
        cited = {citation.passage_id for citation in proposal.citations}
        asked = [
            self.answerer.passage(passage_id, audience=frozenset({name}))
            for name in proposal.audience
            for passage_id in cited
        ]
        return all([await passage is not None for passage in asked])

    def findings(self, findings: Findings) -> Findings:
        """What is stale, without what is not for them."""
        return Findings(
            overdue=tuple(late for late in findings.overdue if self._sees(late.source)),
            duplicates=tuple(
                replace(each, places=places)
                for each in findings.duplicates
                if len(places := self._places(each)) > 1
            ),
            contradictions=tuple(each for each in findings.contradictions if self._both(each)),
            suspicious=tuple(each for each in findings.suspicious if self._sees(each.source)),
        )

    def runs(self, runs: Iterable[EvalRun], cases: Sequence[CuratedAnswer]) -> tuple[EvalRun, ...]:
        """Runs of the test set, of whose cases they see those that are for them."""
        seen = {case.id for case in self.answers(cases)}
        return tuple(
            replace(
                run,
                results={name: run.results[name] for name in run.results if name in seen},
                questions={name: run.questions[name] for name in run.questions if name in seen},
            )
            for run in runs
        )

    def trial(self, trial: GateTrial, cases: Sequence[CuratedAnswer]) -> GateTrial:
        """A change that was tried out, as far as its cases are for them."""
        before, after = self.runs((trial.before, trial.after), cases)
        return replace(trial, before=before, after=after)

    def _keeps(self, near: Nearby) -> bool:
        return bool(self.key) and self.key in self.owners.keepers(near)

    async def _finds(self, near: Nearby) -> bool:
        """Whether it is there and for them: that may have changed since it was found."""
        found = await self.answerer.passage(near.passage_id, audience=self.names | near.audience)
        return found is not None and self.knows(near_of(found))

    async def _opens(self, passage_id: str) -> bool:
        return await self.answerer.passage(passage_id, audience=self.names) is not None

    def _sees(self, source: Passage | CuratedAnswer) -> bool:
        return self.knows(near_of(source))

    def _places(self, duplicate: Duplicate) -> tuple[Passage, ...]:
        return tuple(filter(self._sees, duplicate.places))

    def _both(self, found: Contradiction) -> bool:
        return self._sees(found.one.source) and self._sees(found.other.source)


class Clearance:
    """Finds out what somebody may see. owners: who answers for what."""

    def __init__(self, *, readers: Readers, owners: Owners, answerer: Answerer) -> None:
        self._readers = readers
        self.owners = owners
        self._answerer = answerer

    async def of(self, key: str) -> Sight:
        """What a person may see, named as in `slack:U1`."""
        names = await self._readers.alone(_user(key))
        return Sight(names=names, owners=self.owners, answerer=self._answerer, key=key)

    async def told(self, ask: Ask, answer: Answer) -> Ask | None:
        """The ask as it may be answered now: where it was asked, else to the asker alone.

        None where it is not for the asker any more.
        """
        if await (await self.at(ask.conversation, ask.user.key)).given(answer):
            return ask
        sight = await self.of(ask.user.key)
        if ask.conversation.direct or not await sight.given(answer):
            return None
        home = Conversation(platform=ask.user.platform, id=ask.user.id, direct=True)
        return replace(ask, conversation=home, asked=None, audience=sight.names)

    async def at(self, place: Conversation, key: str) -> Sight:
        """What this person may be shown in this place."""
        if place.direct:
            return await self.of(key)
        names = await self._readers.together(place, _user(key))
        return Sight(names=names, owners=self.owners, answerer=self._answerer)


def _user(key: str) -> User:
    platform, _, user_id = key.partition(":")
    return User(platform=platform, id=user_id)
