"""The core behind our channel, with everything it keeps on disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from bot.core.intake import Intake
from bot.core.model import Event
from bot.stores.state import open_state
from knowledge.model import Answer, Draft, Question
from tests.adapters.slack.workspace import Desk, Workspace, connected, hundredfold, until
from tests.fakes_core import PASSAGE, FakeChannel, ScriptedAnswerer, build_core, grounded
from tests.simulators.slack import SlackSimulator


@dataclass
class _LateDesk(Desk):
    """Takes events once the core is built, which needs the channel first."""

    intake: list[Intake] = field(default_factory=list)

    async def accept(self, event: Event) -> bool:
        return await self.intake[0].accept(event)


@dataclass
class WholeBot:
    """A bot that answers in the simulated workspace."""

    workspace: Workspace
    intake: Intake

    async def deliver(self, found: dict[str, Any]) -> int:
        """Slack sends it something; the status."""
        return (await self.workspace.deliver(found)).status

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        await until(lambda: self.intake.pending == 0)


@asynccontextmanager
async def whole_bot(
    simulator: SlackSimulator, data_dir: Path, answerer: ScriptedAnswerer, **fields: Any
) -> AsyncIterator[WholeBot]:
    """The bot on what an earlier one left in this folder; it ends as in a crash, without a word."""
    desk = _LateDesk()
    async with connected(simulator, desk=desk, start=False, sleep=hundredfold, **fields) as both:
        state = await open_state(data_dir=data_dir, clock=both.clock)
        dispatcher = build_core(
            stores=cast(Any, state),
            channel=cast(FakeChannel, both.slack),
            answerer=answerer,
            clock=cast(Any, both.clock),
        ).dispatcher
        intake = Intake(state.inbox, dispatcher.dispatch, clock=both.clock)
        desk.intake.append(intake)
        try:
            await both.slack.start()
            await intake.start()
            yield WholeBot(both, intake)
        finally:
            await intake.drain(0.01)
            await state.close()


def answers(gate: asyncio.Event | None = None) -> ScriptedAnswerer:
    """Fifteen days; not before the gate opens, where there is one."""

    def script(question: Question) -> tuple[Draft | Answer | Exception, ...]:
        return Draft(text="Fifteen"), grounded(question)

    return ScriptedAnswerer(script=script, gate=gate, passages={PASSAGE.id: PASSAGE})
