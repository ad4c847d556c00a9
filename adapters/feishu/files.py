"""Files that people attach: each is a message of its own, which a command answers."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from adapters.feishu.api import Api
from adapters.feishu.quotes import message_of
from adapters.feishu.words import json_object, word
from adapters.files import file_name
from bot.core.errors import ChannelRefused
from bot.core.model import InboundMessage, SharedFile

_PLATFORM: Final = "feishu"
_LONGEST_KEY: Final = 300


def files_in(message_id: str, kind: str, content: str) -> tuple[SharedFile, ...]:
    """The file of a message; a picture, a voice message and a folder are none."""
    if kind != "file":
        return ()
    body = json_object(content)
    key = word(body, "file_key")
    # The key is a part of an address that we call.
    if not key or len(key) > _LONGEST_KEY or not key.isprintable():
        return ()
    return (
        SharedFile(
            platform=_PLATFORM,
            id=f"{message_id}/{key}",
            name=file_name(word(body, "file_name")),
        ),
    )


class Files:
    """Reads files that were sent to a chat the bot is in."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def of(self, message: InboundMessage) -> tuple[SharedFile, ...]:
        """That of a message itself, else of the one it answers.

        Raises:
            ChannelError: Feishu did not say.
        """
        if message.files or message.quotes is None:
            return message.files
        quoted = await message_of(self._api, message.quotes.id)
        content = quoted.get("body")
        text = word(content, "content") if isinstance(content, dict) else ""
        return files_in(message.quotes.id, word(quoted, "msg_type"), text)

    async def fetch(self, file: SharedFile, *, most_bytes: int) -> bytes:
        """What stands in a file.

        Raises:
            ChannelError: Feishu does not give it out, or it is too large.
        """
        message_id, slash, key = file.id.partition("/")
        if not slash:
            raise ChannelRefused("no_file")
        path = f"im/v1/messages/{quote(message_id, safe='')}/resources/{quote(key, safe='')}"
        return await self._api.load(path, params={"type": "file"}, most_bytes=most_bytes)
