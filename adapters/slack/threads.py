"""What was said in a thread, read back when somebody asks the bot to learn from it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Final

from adapters.dialect import clean, without_bidi
from adapters.slack.api import SlackApi
from adapters.slack.codec import SAID, meaning_of
from adapters.slack.identity import Identity
from adapters.slack.shape import Json, id_of, part_of, parts_of, ref_of, text_of, ts_of, user_of
from adapters.slack.words import hear
from bot.core.errors import ChannelError
from bot.core.model import Conversation, Remark
from bot.core.ports import MOST_REMARKS

log = logging.getLogger(__name__)

_PEOPLE_LOOKED_UP: Final = 30
_NAMES: Final = ("real_name", "display_name", "first_name", "last_name")


async def thread(
    api: SlackApi, conversation: Conversation, identity: Identity
) -> tuple[Remark, ...]:
    """The messages of a thread with their writers' names, the first `MOST_REMARKS` of them.

    Raises:
        ChannelError: Slack did not show it.
    """
    messages = await _messages(api, conversation)
    writers = dict.fromkeys(id_of(one, "user") for one in messages if not _by_bot(one, identity))
    names = await _names(api, [user for user in writers if user][:_PEOPLE_LOOKED_UP])
    return tuple(_remark(one, conversation.id, names, identity) for one in messages)


async def _messages(api: SlackApi, conversation: Conversation) -> Sequence[Json]:
    query = {"channel": conversation.id, "ts": conversation.thread_id, "limit": str(MOST_REMARKS)}
    found: dict[str, Json] = {}
    while len(found) < MOST_REMARKS:
        page = await api.get("conversations.replies", query)
        # Each page may begin with the thread's first message again.
        found |= {ts_of(one, "ts"): one for one in parts_of(page, "messages") if _is_said(one)}
        cursor = text_of(part_of(page, "response_metadata"), "next_cursor")
        if not cursor:
            break
        query["cursor"] = cursor
    return list(found.values())[:MOST_REMARKS]


def _is_said(message: Json) -> bool:
    known = text_of(message, "subtype") in SAID | {"bot_message"}
    return known and bool(ts_of(message, "ts"))


def _by_bot(message: Json, identity: Identity) -> bool:
    return bool(message.get("bot_id")) or id_of(message, "user") in ("", identity.user_id)


def _remark(
    message: Json, channel: str, names: Mapping[str, tuple[str, ...]], identity: Identity
) -> Remark:
    user = id_of(message, "user")
    called = names.get(user, ())
    return Remark(
        ref=ref_of(channel, ts_of(message, "ts")),
        user=user_of(user, called[0] if called else ""),
        text=hear(text_of(message, "text"), {identity.user_id}).text,
        called=called,
        by_bot=_by_bot(message, identity),
        approvals=len(_approving(message) - {user, identity.user_id}),
    )


def _approving(message: Json) -> frozenset[str]:
    people: set[str] = set()
    for reaction in parts_of(message, "reactions"):
        users = reaction.get("users")
        if meaning_of(text_of(reaction, "name")) == "up" and isinstance(users, list):
            people |= {user for user in users if isinstance(user, str)}
    return frozenset(people)


async def _names(api: SlackApi, people: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """What people are called; one whom Slack does not tell about has no name."""
    names: dict[str, tuple[str, ...]] = {}
    for user in people:
        try:
            told = part_of(await api.get("users.info", {"user": user}), "user")
        except ChannelError as error:
            log.warning("name_unknown", extra={"reason": str(error)})
            continue
        said = (text_of(part_of(told, "profile"), name) for name in _NAMES)
        known = (without_bidi(clean(name)).strip() for name in (text_of(told, "name"), *said))
        names[user] = tuple(dict.fromkeys(name for name in known if name))
    return names
