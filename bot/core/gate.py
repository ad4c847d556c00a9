"""A change that would make answers worse counts only when an administrator says so."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, assert_never

from bot.core.access import Access
from bot.core.admins import Admins
from bot.core.cards import said_card
from bot.core.clearance import Sight
from bot.core.gate_cards import GATE_KEEP, GATE_LET, gate_card
from bot.core.languages import Languages
from bot.core.model import Card, CardAction, GateTrial, Role, TrialState
from bot.core.ports import Clock, Held, Trials
from bot.core.regression import Regression
from bot.core.replicas import ALONE
from bot.core.replies import Replies, private_reply
from bot.core.texts import TEXTS
from bot.core.texts_loop import LOOP_TEXTS
from knowledge.model import CuratedAnswer, Language

log = logging.getLogger(__name__)

_LET: Final = (TrialState.PASSED, TrialState.LET)

HeldNow = Callable[[], Awaitable[Held | None]]


class Gate:
    """Tries held changes out on the test set, and lets them count or asks administrators.

    Each step is kept before the next is taken: after a crash it goes on where it was.
    """

    def __init__(  # noqa: PLR0913 -- each is another part of the desk
        self,
        *,
        held: HeldNow,
        trials: Trials,
        regression: Regression,
        admins: Admins,
        access: Access,
        replies: Replies,
        languages: Languages,
        clock: Clock,
        turn: Callable[[str], Awaitable[bool]] = ALONE.turn,
    ) -> None:
        """turn: whether trying out is ours: one replica does, and all let the change count."""
        self._turn = turn
        self._held = held
        self._trials = trials
        self._regression = regression
        self._admins = admins
        self._access = access
        self._replies = replies
        self._languages = languages
        self._clock = clock
        # Of two decisions at once the second must see what the first has done; of those in two
        # replicas the store lets one through.
        self._deciding = asyncio.Lock()

    @property
    def actions(self) -> Mapping[str, Callable[[CardAction], Awaitable[None]]]:
        """What each button does, by its name."""
        return {GATE_LET: self._let_anyway, GATE_KEEP: self._keep_back}

    async def look(self) -> None:
        """Try out a change that waits, and do what follows.

        Raises:
            StateUnavailable, StoreUnavailable: it stays held; looking again goes on.
        """
        held = await self._held()
        if held is None:
            return
        ours = await self._turn("trying_changes")
        trial = await self._trials.find(held.id)
        if trial is None and ours:
            trial = await self._tried(held)
        if trial is not None:
            await self._go_on(held, trial, ours=ours)

    async def _go_on(self, held: Held, trial: GateTrial, *, ours: bool) -> None:
        match trial.state:
            case TrialState.PASSED | TrialState.LET:
                await self._let(held, trial)
            case TrialState.WAITING if not ours:
                return
            case TrialState.WAITING:
                cases = await self._regression.cases()
                await self._admins.tell(f"gate:{trial.id}", partial(_card, trial, cases))
            case TrialState.KEPT_BACK:
                return
            case _:
                assert_never(trial.state)

    async def _tried(self, held: Held) -> GateTrial | None:
        """The trial, kept; None where there is another change by now."""
        before = await self._regression.now(key=f"before:{held.id}")
        after = await self._regression.trial(held.answerer, key=f"after:{held.id}")
        still = await self._held()
        if still is None or still.id != held.id:
            return None
        passed = not self._regression.is_drop(before, after)
        log.info("change_tried", extra={"change": held.id, "passed": passed})
        trial = GateTrial(
            id=held.id,
            what={str(part): how for part, how in held.what.items()},
            before=before,
            after=after,
            at=self._clock(),
            state=TrialState.PASSED if passed else TrialState.WAITING,
        )
        if await self._trials.change(trial, was=None):
            return trial
        return await self._trials.find(trial.id)  # another replica has tried it meanwhile

    async def _let(self, held: Held, trial: GateTrial) -> bool:
        edition = await held.edition()
        if not await held.let():
            return False
        log.info("change_let", extra={"change": held.id, "by": trial.decided_by})
        if trial.after.results:
            # Else the watch would run the same cases again.
            await self._regression.keep(replace(trial.after, edition=edition, at=self._clock()))
        return True

    # ── buttons ───────────────────────────────────────────────────────────────────────────────

    async def _let_anyway(self, action: CardAction) -> None:
        await self._decide(action, TrialState.LET)

    async def _keep_back(self, action: CardAction) -> None:
        await self._decide(action, TrialState.KEPT_BACK)

    async def _decide(self, action: CardAction, state: TrialState) -> None:
        language = await self._languages.of(action)
        if Role.ADMIN in self._access.roles(action.user):
            async with self._deciding:
                card = await self._decided(action, state, language)
        else:
            await self._access.refused(action)
            card = said_card(TEXTS[language].not_yours, language)
        await self._replies.once(private_reply(action, card))

    async def _decided(self, action: CardAction, state: TrialState, language: Language) -> Card:
        texts = LOOP_TEXTS[language]
        trial = await self._trials.find(action.values.get("change", ""))
        held = await self._held()
        if trial is None or held is None or held.id != trial.id:
            live = trial is not None and trial.state in _LET
            return said_card(texts.gate_live if live else texts.gate_gone, language)
        return await self._kept(action, trial, held, state, language)

    async def _kept(
        self,
        action: CardAction,
        trial: GateTrial,
        held: Held,
        state: TrialState,
        language: Language,
    ) -> Card:
        texts = LOOP_TEXTS[language]
        if trial.state not in _LET:
            decided = replace(
                trial,
                state=state,
                decided_by=action.user.key,
                decided_by_name=action.user.name,
                decided_at=self._clock(),
            )
            if not await self._trials.change(decided, was=trial.state):
                # In another replica somebody was quicker: theirs is the decision to go on from.
                return await self._decided(action, state, language)
            trial = decided
        elif state is TrialState.KEPT_BACK:
            return said_card(texts.gate_live, language)
        if trial.state is TrialState.KEPT_BACK:
            return said_card(texts.gate_kept, language)
        let = await self._let(held, trial)
        return said_card(texts.gate_live if let else texts.gate_gone, language)


def _card(
    trial: GateTrial, cases: Sequence[CuratedAnswer], language: Language, sight: Sight
) -> Card:
    return gate_card(sight.trial(trial, cases), language)
