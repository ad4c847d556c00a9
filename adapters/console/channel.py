"""The terminal as a channel: one changing line while a card grows, then the card."""

from __future__ import annotations

from datetime import timedelta

from rich.console import Console, RenderableType
from rich.live import Live

from adapters.console.codec import PLATFORM
from adapters.console.render import draft_line, render, render_text
from bot.core.model import Capabilities, Card, MessageRef, Reply


class Terminal:
    """A `Channel` that prints. A card that is complete is printed once and never again.

    Where the console is no terminal (a pipe, a file), only complete cards come, as plain text.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._printed: set[str] = set()

    @property
    def platform(self) -> str:
        """Its name, as in `Conversation.platform`."""
        return PLATFORM

    @property
    def capabilities(self) -> Capabilities:
        """A line can be drawn again and again."""
        return Capabilities(draft_interval=timedelta(milliseconds=100))

    async def send(self, reply: Reply) -> MessageRef:
        """Show a card, whoever it is for; the same key again shows nothing."""
        ref = MessageRef(platform=PLATFORM, id=reply.key)
        self._show(ref, reply.card)
        return ref

    async def update(self, ref: MessageRef, reply: Reply) -> None:
        """Show how a card went on, or what it became."""
        self._show(ref, reply.card)

    async def words_of(self, _ref: MessageRef) -> str:
        """Nothing: a terminal has no quotes."""
        return ""

    async def ping(self) -> None:
        """A terminal is always there."""

    async def close(self) -> None:
        """Take a half-written line away."""
        self._stop()

    def _show(self, ref: MessageRef, card: Card) -> None:
        if ref.id in self._printed:
            return
        if card.streaming:
            self._draft(draft_line(card))
            return
        self._stop()
        self._printed.add(ref.id)
        self._print(card)

    def _draft(self, line: RenderableType) -> None:
        if not self._console.is_terminal:
            return
        if self._live is None:
            # Drawn by us on each draft: no thread of rich's writes in between.
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(line, refresh=True)

    def _print(self, card: Card) -> None:
        if self._console.is_terminal:
            self._console.print(render(card))
            return
        self._console.out(render_text(card), highlight=False)

    def _stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
