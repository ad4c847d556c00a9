"""What was said under a message, read back when somebody asks the bot to learn from it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from adapters.dialect import clean, without_bidi
from adapters.feishu.api import Api
from adapters.feishu.codec import PLATFORM, meaning_of
from adapters.feishu.content import Mention, read
from adapters.feishu.words import id_or_nothing, part, word
from bot.core.errors import ChannelRefused
from bot.core.model import Conversation, MessageRef, Remark, User
from bot.core.ports import MOST_REMARKS

log = logging.getLogger(__name__)

_PAGE: Final = 50
_PAGES_OF_A_CHAT: Final = 6
"""A group without topics shows no thread by itself; the group is read from its first message on."""

_APPROVALS_LOOKED_UP: Final = 20


async def thread(api: Api, conversation: Conversation) -> tuple[Remark, ...]:
    """The message that began it and those under it, the first `MOST_REMARKS` of them.

    Raises:
        ChannelError: Feishu did not show it.
    """
    root = conversation.thread_id
    if not root:
        return ()
    path = f"im/v1/messages/{quote(root, safe='')}"
    first = next(iter(_objects((await api.call("GET", path)).data.get("items"))), {})
    topic = id_or_nothing(first, "thread_id")
    messages = await (_topic(api, topic) if topic else _chat(api, conversation, first))
    messages = [one for one in messages if one.get("deleted") is not True][:MOST_REMARKS]
    remarks = [_remark(one) for one in messages if id_or_nothing(one, "message_id")]
    return tuple(await _approved(api, remarks))


async def _topic(api: Api, topic: str) -> list[Mapping[str, Any]]:
    query = {"container_id_type": "thread", "container_id": topic}
    return await _pages(api, query, most=MOST_REMARKS // _PAGE)


async def _chat(
    api: Api, conversation: Conversation, first: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    root, began_ms = conversation.thread_id, word(first, "create_time")
    if not began_ms.isdecimal():
        return []
    query = {
        "container_id_type": "chat",
        "container_id": conversation.id,
        "start_time": str(int(began_ms) // 1000),
    }
    found = await _pages(api, query, most=_PAGES_OF_A_CHAT)
    return [one for one in found if root in (word(one, "message_id"), word(one, "root_id"))]


async def _pages(api: Api, query: Mapping[str, str], *, most: int) -> list[Mapping[str, Any]]:
    asked = {
        **query,
        "sort_type": "ByCreateTimeAsc",
        "page_size": str(_PAGE),
        "with_sender_name": "true",
    }
    found: list[Mapping[str, Any]] = []
    for _ in range(most):
        page = (await api.call("GET", "im/v1/messages", params=asked)).data
        found += _objects(page.get("items"))
        token = word(page, "page_token")
        if page.get("has_more") is not True or not token:
            break
        asked["page_token"] = token
    return found


def _remark(message: Mapping[str, Any]) -> Remark:
    sender = part(message, "sender")
    name = without_bidi(clean(word(sender, "sender_name"))).strip()
    said = read(
        word(message, "msg_type"),
        word(part(message, "body"), "content"),
        [
            Mention(key=word(one, "key"), name=word(one, "name"))
            for one in _objects(message.get("mentions"))
        ],
    )
    return Remark(
        ref=MessageRef(platform=PLATFORM, id=id_or_nothing(message, "message_id")),
        user=User(platform=PLATFORM, id=id_or_nothing(sender, "id"), name=name),
        text=said.text,
        called=(name,) if name else (),
        by_bot=word(sender, "sender_type") != "user",
    )


async def _approved(api: Api, remarks: Sequence[Remark]) -> Sequence[Remark]:
    """The same with approvals, as far as a few calls tell."""
    asked = [at for at, one in enumerate(remarks) if at and not one.by_bot][-_APPROVALS_LOOKED_UP:]
    found = list(remarks)
    for at in asked:
        try:
            found[at] = replace(remarks[at], approvals=await _approvals(api, remarks[at]))
        except ChannelRefused as refused:
            log.warning("approvals_unknown", extra={"code": refused.code})
            break
    return found


async def _approvals(api: Api, remark: Remark) -> int:
    path = f"im/v1/messages/{quote(remark.ref.id, safe='')}/reactions"
    answer = await api.call("GET", path, params={"page_size": str(_PAGE)})
    people = {
        word(part(one, "operator"), "operator_id")
        for one in _objects(answer.data.get("items"))
        if meaning_of(word(part(one, "reaction_type"), "emoji_type")) == "up"
        and word(part(one, "operator"), "operator_type") == "user"
    }
    return len(people - {remark.user.id, ""})


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
