"""From an event to the desk that deals with it: the table of contents of the core."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

from bot.core.cards import (
    action_gone_card,
    error_card,
    help_card,
    limit_card,
    said_card,
    text_only_card,
    too_long_card,
)
from bot.core.commands.table import Commands
from bot.core.converse import Converse
from bot.core.errors import ChannelUnavailable, CoreError
from bot.core.etiquette import Etiquette
from bot.core.feedback import Feedback
from bot.core.languages import Languages
from bot.core.limits import QuestionLimit
from bot.core.model import (
    Card,
    CardAction,
    ChatOpened,
    Event,
    InboundMessage,
    Invocation,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageRef,
    Reaction,
    Reply,
)
from bot.core.notebook import Notebook
from bot.core.replies import Replies, private_reply, reply_key
from bot.core.smalltalk import Said, said_in, small_talk_card
from bot.core.telling import kind_of
from bot.core.texts import TEXTS
from knowledge.errors import KnowledgeError

log = logging.getLogger(__name__)

ActionDesk = Callable[[CardAction], Awaitable[None]]
JoinDesk = Callable[[MemberJoined], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Further:
    """Desks beside those that every bot has.

    actions: buttons and forms, by name. joined: what is done for those who join.
    hushed: whether a message that is no command gets no answer where it was written.
    before: what is done before each event; told its platform. asked: told of each question that is
    answered, before it is.
    withdrawn: told of each deleted message; None: the work on it ends here alone.
    etiquette: how to behave where nobody asked; only where messages to others are answered.
    care: whom the company offers to those in distress.
    """

    actions: Mapping[str, ActionDesk] = field(default_factory=dict)
    joined: JoinDesk | None = None
    hushed: Callable[[InboundMessage], Awaitable[bool]] | None = None
    before: Callable[[str], Awaitable[None]] | None = None
    asked: Callable[[InboundMessage], Awaitable[None]] | None = None
    etiquette: Etiquette | None = None
    withdrawn: Callable[[MessageRef], Awaitable[None]] | None = None
    care: str = ""


LONGEST_QUESTION: Final = 4_000
"""Characters; what is longer is a document, not a question."""


class Dispatcher:
    """Takes each event to its desk, and answers for whatever goes wrong there."""

    def __init__(
        self,
        *,
        converse: Converse,
        feedback: Feedback,
        commands: Commands,
        limit: QuestionLimit,
        replies: Replies,
        languages: Languages,
        notebook: Notebook,
        further: Further | None = None,
    ) -> None:
        self._converse = converse
        self._feedback = feedback
        self._commands = commands
        self._limit = limit
        self._replies = replies
        self._languages = languages
        self._notebook = notebook
        further = further or Further()
        self._actions: Mapping[str, ActionDesk] = {**feedback.actions, **further.actions}
        self._joined = further.joined
        self._hushed = further.hushed
        self._before = further.before
        self._told_of = further.asked
        self._etiquette = further.etiquette
        self._take_back = further.withdrawn
        self._care = further.care

    async def dispatch(self, event: Event) -> None:
        """Deal with an event; whatever breaks becomes a log entry and a kind card.

        Raises:
            ChannelUnavailable: the platform takes no cards now, so the event is to come again.
        """
        log.info("event_dispatched", extra=_named(event))
        try:
            if self._before is not None:
                await self._before(event.conversation.platform)
            await self._route(event)
        except ChannelUnavailable:
            raise  # an apology would not arrive either
        except Exception as error:  # the one broad except: a desk's bug costs one event only
            log.exception("event_failed", extra=_named(event))
            name = type(error).__name__
            self._replies.steps.tell("event_failed", kind=kind_of(event), error=name)
            await self.apologise(event)

    async def _route(self, event: Event) -> None:
        match event:
            case InboundMessage():
                await self._read(event)
            case Reaction():
                await self._feedback.react(event)
            case CardAction():
                await self._act(event)
            case MessageDeleted():
                await self._withdrawn(event.ref)
            case MemberJoined():
                await self._greet(event)
            case MemberLeft():
                log.info("member_left", extra=_named(event))
            case ChatOpened():
                await self._welcome(event)
            case _:
                assert_never(event)

    async def _withdrawn(self, ref: MessageRef) -> None:
        if self._take_back is not None:
            await self._take_back(ref)
        else:
            self._converse.withdraw(ref)

    async def _greet(self, joined: MemberJoined) -> None:
        log.info("member_joined", extra=_named(joined))
        if self._joined is not None:
            await self._joined(joined)

    async def _read(self, message: InboundMessage) -> None:
        talking = self._etiquette is not None and self._etiquette.follows(message)
        if self._etiquette is not None and await self._etiquette.hears(message):
            await self._hush(message)
            return
        ours = await self._concerns_us(message)
        invocation = self._commands.read(message) if ours else None
        if invocation is None and self._hushed is not None and await self._hushed(message):
            return
        if not ours:
            await self._overhear(message, talking=talking)
        elif invocation is not None:
            await self._command(invocation)
        elif message.text.strip():
            said = said_in(message.text)
            await (self._chat(message, said) if said else self._question(message))
        elif message.attachment is not None:
            await self._say(message, text_only_card(await self._languages.of(message)))
        else:
            await self._command(Invocation(name="help", arguments=(), message=message))

    async def _concerns_us(self, message: InboundMessage) -> bool:
        """In a thread where the bot has answered nobody needs to mention it again."""
        if message.addressed:
            return True
        if message.names_others or not message.text.strip() or not message.conversation.thread_id:
            return False
        return await self._notebook.has_answered_in(message.conversation)

    async def _overhear(self, message: InboundMessage, *, talking: bool) -> None:
        """Whatever breaks here is nothing to apologise for: nobody asked us."""
        if not _is_to_everybody(message):
            return
        if self._etiquette is not None and not self._etiquette.may_speak(message.conversation):
            return
        try:
            engages = await self._converse.engages(message, talking=talking)
            if engages and await self._limit.admit(message.user, message.conversation) is None:
                log.info("answering_unasked", extra=_named(message))
                await self._asked(message)
                await self._converse.volunteer(message)
        except (CoreError, KnowledgeError) as error:
            log.warning("stayed_silent", extra={**_named(message), "reason": str(error)})

    async def _hush(self, message: InboundMessage) -> None:
        """Whoever names us is told; else one more word would be one too many."""
        log.info("quiet_now", extra=_named(message))
        if message.addressed:
            language = await self._languages.of(message)
            await self._say(message, said_card(TEXTS[language].hushed, language))

    async def _chat(self, message: InboundMessage, said: Said) -> None:
        """Reply to what asks nothing; whoever is in distress is never too many."""
        if said is not Said.DISTRESS:
            if not message.addressed:
                return  # "thanks!" in a thread is for those who talk there
            refusal = await self._limit.admit_command(message.user)
            if refusal is not None:
                self._refused("limit_small_talk")
                return
        language = await self._languages.of(message)
        reply = private_reply(message, small_talk_card(said, language, care=self._care))
        # Who greets before everybody is greeted before everybody.
        alone = reply.only_for if said is Said.DISTRESS else None
        await self._replies.once(replace(reply, only_for=alone))

    async def _question(self, message: InboundMessage) -> None:
        if len(message.text) > LONGEST_QUESTION:
            self._refused("too_long")
            language = await self._languages.of(message)
            await self._say(message, too_long_card(LONGEST_QUESTION, language))
            return
        refusal = await self._limit.admit(message.user, message.conversation)
        if refusal is None:
            await self._asked(message)
            await self._converse.answer(message)
            return
        self._refused(f"limit_{refusal.whose.value}")
        if refusal.first:
            language = await self._languages.of(message)
            await self._say(message, limit_card(refusal, language))
        else:
            log.warning("question_ignored", extra=_named(message))

    def _refused(self, reason: str) -> None:
        self._replies.steps.tell("refused", reason=reason)

    async def _asked(self, message: InboundMessage) -> None:
        if self._told_of is not None:
            await self._told_of(message)

    async def _say(self, message: InboundMessage, card: Card) -> None:
        await self._replies.once(private_reply(message, card))

    async def _welcome(self, opened: ChatOpened) -> None:
        """Once a person, however often they open the conversation."""
        language = self._languages.default(opened)
        card = help_card(self._commands.rows(opened.user, language), language)
        await self._replies.once(
            Reply(key=f"{opened.user.key}/welcome", conversation=opened.conversation, card=card)
        )

    async def _command(self, invocation: Invocation) -> None:
        message = invocation.message
        if await self._replies.sent(reply_key(message)):
            return
        refusal = await self._limit.admit_command(message.user)
        language = await self._languages.of(message)
        if refusal is None:
            card = await self._commands.run(invocation, language)
        else:
            self._refused("limit_commands")
            if not refusal.first:
                log.warning("command_ignored", extra=_named(message))
                return
            card = limit_card(refusal, language)
        await self._replies.once(private_reply(message, card))

    async def _act(self, action: CardAction) -> None:
        desk = self._actions.get(action.name)
        if desk is not None:
            await desk(action)
            return
        log.warning("action_unknown", extra={**_named(action), "action": action.name})
        language = await self._languages.of(action)
        await self._replies.once(private_reply(action, action_gone_card(language)))

    async def apologise(self, event: Event) -> None:
        """Under the event's own key, so that a growing card becomes the apology.

        Raises:
            ChannelUnavailable: it did not arrive; the event is to come again.
        """
        if not isinstance(event, InboundMessage | CardAction):
            return  # nobody waits for an answer to an emoji
        if isinstance(event, InboundMessage) and not await self._concerns_us(event):
            return  # nor to what was said to others
        card = error_card(await self._languages.of(event))
        try:
            await self._replies.show(self._in_the_place_of(event, card))
        except ChannelUnavailable:
            raise
        except CoreError:
            log.exception("apology_failed", extra=_named(event))

    def _in_the_place_of(self, event: InboundMessage | CardAction, card: Card) -> Reply:
        """Where the reply would have stood: a command's is for nobody else."""
        if isinstance(event, InboundMessage) and self._commands.read(event) is None:
            return Reply(
                key=reply_key(event),
                conversation=event.conversation,
                card=card,
                answers=event.ref,
            )
        return private_reply(event, card)


def _is_to_everybody(message: InboundMessage) -> bool:
    """Whether it stands in a group by itself: a thread or a quote goes on with another's talk."""
    # Some platforms name a thread after the message that begins it.
    begins = message.ref.id.endswith(message.conversation.thread_id)
    quotes = message.quoted or message.quotes
    alone = begins and not message.names_others and not quotes
    return alone and 0 < len(message.text.strip()) <= LONGEST_QUESTION


def _named(event: Event) -> Mapping[str, str]:
    return {
        "kind": kind_of(event),
        "platform": event.conversation.platform,
        "key": event.keys[0],
    }
