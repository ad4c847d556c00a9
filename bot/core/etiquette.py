"""How to behave in a group that did not ask: seldom, each topic once, and quiet when told so."""

from __future__ import annotations

import logging
import re
import secrets
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from bot.core.errors import StateUnavailable
from bot.core.model import AnswerRecord, Conversation, InboundMessage, MessageRef
from bot.core.noted import Noted, channel_of, marks, noted_in
from bot.core.ports import Clock
from bot.core.replicas import ALONE, Others
from knowledge.model import Answer
from knowledge.quantities import fold
from knowledge.words import content_words, coverage

log = logging.getLogger(__name__)

_TOLD: Final = "manners"
_HOUR: Final = timedelta(hours=1)
_HEEDED: Final = timedelta(minutes=10)
"""So long after we spoke up a "stop" among people is taken for us."""

_LONGEST_REBUKE: Final = 60
_SAME_TOPIC: Final = 0.75
_MOST_TOPICS: Final = 50
_LATELY: Final = 4
"""So many messages ago is a moment ago."""
_TALK: Final = timedelta(minutes=10)

_STOP: Final = re.compile(
    r"^.{0,6}(?:闭嘴|住嘴|住口|安静(?:点|一下|一会儿?|会儿)?|(?:退下|消停)吧?)$"
    r"|^.{0,6}(?:别|不[要用])(?:再|你)?(?:说|吵|插嘴|插话|回复?|回答|说话|发言|刷屏|发)了?$|没(?:有)?人?问你"
    r"|^(?:\w+[ ,]+){0,2}(?:shut up|be quiet|pipe down|go away|hush"
    r"|stop(?: (?:it|that|this|answering|replying|talking|spamming|posting))?)(?: now| please)?$"
    r"|\b(?:nobody|no one) asked you\b"
)
_WRONG: Final = re.compile(
    r"^(?:不对|不是这样|这不对|错了|答错|说错|回答错|不准确|乱说|胡说|瞎说|答非所问|误导)"
    r"|^(?:no,? )?(?:that|this|it)(?:'s| is) (?:wrong|incorrect|not (?:right|correct|true|what))"
    r"|^(?:wrong|incorrect)\b|\bwrong answer\b|^not (?:correct|true|right)\b"
)
_ENDS: Final = re.compile(r"[\s。.!！~,，…]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """What a company finds polite.

    cooldown: so long the same topic is not answered again unasked.
    per_hour: so many answers a channel in any sixty minutes, unasked.
    quiet: so long nothing is answered unasked where somebody said "stop" or "that is wrong".
    """

    cooldown: timedelta = timedelta(minutes=30)
    per_hour: int = 6
    quiet: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Topic:
    """What was answered. sources: marks of passages, or of the verified answer."""

    at: datetime
    sources: frozenset[str]
    words: frozenset[str]

    def is_of(self, sources: frozenset[str], words: frozenset[str]) -> bool:
        """Whether somebody who read this answer needs no second one."""
        if self.sources & sources:
            return True
        alike = min(coverage(words, self.words), coverage(self.words, words))
        return alike >= _SAME_TOPIC


@dataclass(slots=True)
class _Channel:
    """What was said in one."""

    spoke: deque[datetime] = field(default_factory=deque)
    topics: deque[_Topic] = field(default_factory=lambda: deque(maxlen=_MOST_TOPICS))
    wrote: deque[tuple[MessageRef, str, datetime]] = field(
        default_factory=lambda: deque(maxlen=_LATELY)
    )
    quiet_until: datetime | None = None


class Etiquette:
    """Remembers for each channel what was said in it; forgotten when the process ends.

    What others say that they remember is remembered too, but for who wrote in a channel: that is
    told of too often.

    channels: how many are remembered; where nothing happened for longest is forgotten first.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        manners: Manners | None = None,
        channels: int = 5_000,
        others: Others = ALONE,
    ) -> None:
        self._clock = clock
        self._manners = manners or Manners()
        self._most = channels
        self._channels: OrderedDict[tuple[str, str], _Channel] = OrderedDict()
        self._name = secrets.token_hex(4)
        self._others = others
        others.hear(_TOLD, self._heard)

    def may_speak(self, conversation: Conversation) -> bool:
        """Whether an answer that nobody asked for is welcome in this channel now."""
        channel, now = self._of(channel_of(conversation)), self._clock()
        if channel.quiet_until is not None and now < channel.quiet_until:
            return False
        while channel.spoke and channel.spoke[0] <= now - _HOUR:
            channel.spoke.popleft()
        return len(channel.spoke) < self._manners.per_hour

    def is_news(self, record: AnswerRecord) -> bool:
        """Whether its topic was not answered in this channel a short while ago."""
        since = self._clock() - self._manners.cooldown
        sources, words = _sources(record.answer), marks(content_words(record.question))
        topics = self._of(channel_of(record.conversation)).topics
        return not any(each.at > since and each.is_of(sources, words) for each in topics)

    async def note(self, record: AnswerRecord, *, unasked: bool) -> None:
        """An answer was given; one that somebody asked for costs no budget."""
        noted = Noted(
            by=self._name,
            what="unasked" if unasked else "asked",
            channel=channel_of(record.conversation),
            sources=_sources(record.answer),
            words=marks(content_words(record.question)),
        )
        self._take(noted)
        if not record.conversation.direct:  # there nobody else ever speaks up
            await self._tell(noted)

    def follows(self, message: InboundMessage) -> bool:
        """Whether whoever wrote a message wrote one of the last few of its channel too."""
        if message.conversation.direct:
            return False
        wrote, now = self._of(channel_of(message.conversation)).wrote, self._clock()
        # A message that is handled again does not follow itself.
        others = [one for one in wrote if one[0] != message.ref]
        follows = any(who == message.user.key and now - at <= _TALK for _, who, at in others)
        if len(others) == len(wrote):
            wrote.append((message.ref, message.user.key, now))
        return follows

    async def hears(self, message: InboundMessage) -> bool:
        """Whether somebody wants us to be quiet; from now on we are.

        "Stop" to nobody in particular, and "that is wrong", mean us only right after we spoke up.
        """
        if message.conversation.direct or len(message.text) > _LONGEST_REBUKE:
            return False
        said = _ENDS.sub("", fold(message.text)).strip()
        stops = _STOP.search(said) is not None
        if not stops and (message.addressed or not _WRONG.search(said)):
            return False
        spoke = self._of(channel_of(message.conversation)).spoke
        spoke_up = bool(spoke) and self._clock() - spoke[-1] <= _HEEDED
        if not message.addressed and not spoke_up:
            return False
        noted = Noted(by=self._name, what="quiet", channel=channel_of(message.conversation))
        self._take(noted)
        await self._tell(noted)
        return True

    def _take(self, noted: Noted) -> None:
        channel, now = self._of(noted.channel), self._clock()
        if noted.what == "quiet":
            channel.quiet_until = now + self._manners.quiet
            return
        channel.topics.append(_Topic(at=now, sources=noted.sources, words=noted.words))
        if noted.what == "unasked":
            channel.spoke.append(now)

    async def _tell(self, noted: Noted) -> None:
        try:
            await self._others.tell(_TOLD, noted.told())
        except StateUnavailable as error:  # they may be less polite; nobody is to wait for it
            log.warning("manners_untold", extra={"reason": str(error)})

    def _heard(self, said: str) -> None:
        noted = noted_in(said)
        if noted is not None and noted.by != self._name:
            self._take(noted)

    def _of(self, key: tuple[str, str]) -> _Channel:
        channel = self._channels.setdefault(key, _Channel())
        self._channels.move_to_end(key)
        if len(self._channels) > self._most:
            self._channels.popitem(last=False)
        return channel


def _sources(answer: Answer) -> frozenset[str]:
    if answer.curated is not None:
        return marks({f"curated:{answer.curated.id}"})
    return marks(citation.passage_id for citation in answer.citations)
