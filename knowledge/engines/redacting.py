"""A Generator outside the house, and what of a prompt gets there.

Nothing leaves but documents that the outside may read, with what names a person or opens a door
replaced by placeholders; the reply has the values again. What left is written down before it does.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

from knowledge.errors import EgressRefused, EngineUnavailable, StoreUnavailable
from knowledge.model import EVERYONE, Departure, Draft, Passage, Prompt
from knowledge.ports import Directory, EgressLog, Generator
from knowledge.redaction.kinds import Kind
from knowledge.redaction.placeholders import Placeholders, draw_code
from knowledge.redaction.redactor import Redactor
from knowledge.redaction.staff import Names

MAX_CHARS = 20_000
"""More than any model of ours is asked; what is longer was not written by this program."""

_DIGEST_LENGTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Egress:
    """What may leave.

    audiences: the outside reads what a reader with these audience names may read.
    """

    audiences: frozenset[str] = frozenset({EVERYONE})
    kinds: frozenset[Kind] = frozenset(Kind) - {Kind.AMOUNT}


def utc_now() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


class Redacting:
    """Lets a prompt through without what must not leave.

    destination: where the inner engine sends it, for the log.
    directory: who works here; asked for each prompt.
    """

    def __init__(
        self,
        inner: Generator,
        *,
        destination: str,
        egress: Egress,
        log: EgressLog,
        directory: Directory,
        clock: Callable[[], datetime] = utc_now,
        draw: Callable[[], str] = draw_code,
    ) -> None:
        self._inner = inner
        self._destination = destination
        self._egress = egress
        self._log = log
        self._directory = directory
        self._clock = clock
        self._draw = draw
        self._known: Collection[str] = ()
        self._redactor = Redactor(egress.kinds)

    @property
    def name(self) -> str:
        """The inner engine's."""
        return self._inner.name

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Draft, None]:
        """Write the reply; no draft ends within a placeholder.

        The same prompt leaves with other placeholders each time, so that nobody outside can tell
        that two of them speak of the same person.

        Raises:
            EgressRefused: this prompt may not leave, and did not.
            EngineUnavailable: also where it cannot be written down what leaves.
        """
        read = await self._allowed(prompt)
        redactor = await self._current_redactor()
        placeholders = Placeholders(_said(prompt), draw=self._draw)
        leaving = await asyncio.to_thread(_redacted, prompt, redactor, placeholders)
        await self._write_down(read, placeholders, leaving)
        draft, shown = Draft(text=""), ""
        async with aclosing(self._inner.stream(leaving)) as drafts:
            async for draft in drafts:
                shown = placeholders.restored(draft.text, whole=False)
                yield replace(draft, text=shown)
        whole = placeholders.restored(draft.text, whole=True)
        if whole != shown:
            yield replace(draft, text=whole)

    async def ping(self) -> None:
        """As the inner engine; a ping says nothing of anybody."""
        await self._inner.ping()

    async def close(self) -> None:
        """As the inner engine."""
        await self._inner.close()

    async def _allowed(self, prompt: Prompt) -> tuple[Passage, ...]:
        """The passages of a prompt that may leave.

        Raises:
            EgressRefused: it may not.
        """
        if prompt.passages is None:
            raise EgressRefused("nobody said what this prompt was made from")
        if len(_said(prompt)) > MAX_CHARS:
            raise EgressRefused(f"a prompt of more than {MAX_CHARS} characters")
        kept = tuple(p for p in prompt.passages if not p.audience & self._egress.audiences)
        if kept:
            await self._add(kept, reason="audience")
            raise EgressRefused(f"{len(kept)} of its passages are not for the outside")
        return prompt.passages

    async def _current_redactor(self) -> Redactor:
        names = await self._directory.names()
        if names is not self._known:
            recogniser = await asyncio.to_thread(Names, names)
            self._known, self._redactor = names, Redactor(self._egress.kinds, recogniser)
        return self._redactor

    async def _write_down(
        self, read: tuple[Passage, ...], placeholders: Placeholders, leaving: Prompt
    ) -> None:
        counts = {kind.value: count for kind, count in placeholders.counts.items()}
        await self._add(read, placeholders=counts, chars=len(_said(leaving)))

    async def _add(
        self,
        passages: tuple[Passage, ...],
        *,
        placeholders: dict[str, int] | None = None,
        chars: int = 0,
        reason: str = "",
    ) -> None:
        departure = Departure(
            id=uuid4().hex,
            at=self._clock(),
            destination=self._destination,
            engine=self._inner.name,
            passages={passage.id: _digest(passage.text) for passage in passages},
            placeholders=placeholders or {},
            chars=chars,
            withheld=reason,
        )
        try:
            await self._log.add(departure)
        except StoreUnavailable as error:
            raise EngineUnavailable("what leaves cannot be written down") from error


def _redacted(prompt: Prompt, redactor: Redactor, placeholders: Placeholders) -> Prompt:
    turns = [
        replace(turn, text=redactor.redacted(turn.text, placeholders)) for turn in prompt.turns
    ]
    return replace(prompt, turns=tuple(turns), passages=())


def _said(prompt: Prompt) -> str:
    return "\n".join(turn.text for turn in prompt.turns)


def _digest(text: str) -> str:
    """Tells one edition of a passage from another."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_DIGEST_LENGTH]
