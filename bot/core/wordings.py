"""Learning from askers in what other words a verified question is asked, and in which it is not."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from bot.core.access import Access
from bot.core.ids import hashed_id
from bot.core.model import AnswerRecord, Proposal, Role, User, WordingVote
from bot.core.ports import CuratedLog, Proposals, Verdicts
from bot.core.teaching import WORDING
from bot.core.voting import grounds_of, revision_of
from knowledge.model import CuratedAnswer
from knowledge.wording import wording_key

log = logging.getLogger(__name__)

MOST: Final = 100
"""Wordings learnt, and as many barred, of one answer; the ones voted on last stay."""

_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """When a wording is learnt.

    after: so many more people must find the answer helpful than not; one owner's word is enough.
    approval: unless an administrator said so, it is only proposed.
    """

    after: int = 2
    approval: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One wording with what everybody said last about it: by key, 1 or -1."""

    text: str
    said: Mapping[str, int]
    last_at: datetime


class Wordings:
    """Keeps what a verified answer learnt and is barred from as the standing votes say.

    What is kept follows from these votes alone, so their order, their repetition and their being
    taken back need no care.
    """

    def __init__(
        self,
        *,
        verdicts: Verdicts,
        curated: CuratedLog,
        proposals: Proposals,
        access: Access,
        learning: Learning,
    ) -> None:
        self._verdicts = verdicts
        self._curated = curated
        self._proposals = proposals
        self._access = access
        self._learning = learning

    async def consider(self, record: AnswerRecord) -> None:
        """Bring the answer up to date after a vote on this record.

        Raises:
            StateUnavailable: it was not kept.
        """
        served, revision = record.answer.curated, grounds_of(record).similar
        if served is None or not revision:
            return
        for _ in range(_TRIES):
            history = await self._curated.history(served.id)
            now = history[-1].answer if history else None
            if now is None or revision_of(now) != revision:
                return  # it was changed or taken back since, and is judged anew
            wordings = gathered(await self._verdicts.wordings(revision), but=now)
            wanted = self._judged(now, wordings)
            if wanted == now:
                await self._propose(now, wordings)
                return
            # Named after the change before it: of two at once one is kept, the other looks again.
            last = history[-1].number
            key = f"{WORDING}:{now.id}:{last}"
            await self._curated.keep(wanted, key=key, by="votes", reason=WORDING, after=last)
        log.warning("wording_not_kept", extra={"answer": served.id})

    def _judged(self, now: CuratedAnswer, wordings: Sequence[Wording]) -> CuratedAnswer:
        judged = {wording.text: self._judge(wording) for wording in wordings}
        same = [text for text, word in judged.items() if word == "same"]
        other = [text for text, word in judged.items() if word == "other"]
        return replace(now, learnt=tuple(sorted(same[:MOST])), barred=tuple(sorted(other[:MOST])))

    def _judge(self, wording: Wording) -> Literal["same", "other", "proposed", "open"]:
        """Owners decide; else it takes several people to learn and one to bar, and the majority."""
        owners = sum(value for key, value in wording.said.items() if self._is(Role.OWNER, key))
        balance = sum(wording.said.values())
        if owners > 0 or (owners == 0 and balance >= self._learning.after):
            admins = (self._is(Role.ADMIN, key) for key, value in wording.said.items() if value > 0)
            return "proposed" if self._learning.approval and not any(admins) else "same"
        against = -1 in wording.said.values()
        return "other" if owners < 0 or (against and balance <= 0) else "open"

    def _is(self, role: Role, key: str) -> bool:
        platform, _, user_id = key.partition(":")
        return role in self._access.roles(User(platform=platform, id=user_id))

    async def _propose(self, now: CuratedAnswer, wordings: Sequence[Wording]) -> None:
        for wording in wordings:
            if self._judge(wording) == "proposed":
                await self._proposals.add(_proposal(now, wording))


def gathered(votes: Iterable[WordingVote], *, but: CuratedAnswer) -> tuple[Wording, ...]:
    """The wordings voted on, those of the latest votes first, without what people verified.

    votes: oldest first; of one person's votes on one wording the last counts.
    """
    known = {wording_key(words) for words in (but.question, *but.wordings)}
    found: dict[str, Wording] = {}
    for vote in votes:
        key = wording_key(vote.wording)
        if key in known:
            continue
        before = found.pop(key, None)
        said = {**(before.said if before else {}), vote.person: vote.value}
        text = before.text if before else vote.wording
        found[key] = Wording(text=text, said=said, last_at=vote.given_at)
    return tuple(reversed(found.values()))


def _proposal(answer: CuratedAnswer, wording: Wording) -> Proposal:
    name = f"{WORDING}\n{revision_of(answer)}\n{wording_key(wording.text)}"
    return Proposal(
        id=hashed_id(name),
        kind="wording",
        question=answer.question,
        text=answer.text,
        language=answer.language,
        by=answer.owner,
        by_name=answer.verified_by,
        proposed_at=wording.last_at,
        audience=answer.audience,
        wordings=(wording.text, *answer.asked_as[1:]),
        citations=answer.citations,
        owner=answer.owner,
        review_on=answer.review_on,
    )
