"""The words of a message that is quoted: an event names it without them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from adapters.feishu.api import Api
from adapters.feishu.content import Mention, read
from adapters.feishu.words import part, word


async def words_of(api: Api, message_id: str) -> str:
    """The text of a message; empty where there is none to read.

    Raises:
        ChannelError: Feishu did not say.
    """
    message = await message_of(api, message_id)
    content = word(part(message, "body"), "content")
    return read(word(message, "msg_type"), content, _people(message)).text


async def message_of(api: Api, message_id: str) -> Mapping[str, Any]:
    """A message as Feishu shows it to us; {} where there is none.

    Raises:
        ChannelError: Feishu did not say.
    """
    answer = await api.call("GET", f"im/v1/messages/{quote(message_id, safe='')}")
    items = answer.data.get("items")
    first = items[0] if isinstance(items, list) and items else None
    return first if isinstance(first, dict) else {}


def _people(message: Mapping[str, Any]) -> Iterator[Mention]:
    mentions = message.get("mentions")
    for mention in mentions if isinstance(mentions, list) else ():
        if isinstance(mention, dict):
            yield Mention(key=word(mention, "key"), name=word(mention, "name"))
