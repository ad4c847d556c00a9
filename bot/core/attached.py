"""The files that a message is about: attached to it, or to the message it answers."""

from __future__ import annotations

from bot.core.errors import ChannelError, ChannelRefused
from bot.core.library import NotTaken
from bot.core.model import InboundMessage, SharedFile
from bot.core.ports import GivesFiles
from bot.core.replies import Replies


class Attached:
    """Finds files, and gives out what stands in them, where the platform does."""

    def __init__(self, replies: Replies) -> None:
        self._replies = replies

    async def of(self, message: InboundMessage) -> tuple[SharedFile, ...]:
        """The files; none where there are none.

        Raises:
            NotTaken: the platform gives no files out, or did not say.
        """
        channel = self._replies.channel(message.conversation.platform)
        if not isinstance(channel, GivesFiles):
            if message.attachment is None:
                return ()
            raise NotTaken("no_files")
        try:
            return await channel.files.of(message)
        except ChannelError as error:
            raise NotTaken("not_given", str(error)[:100]) from error

    async def give(self, file: SharedFile, most_bytes: int) -> bytes:
        """What stands in a file, of so many bytes at the most.

        Raises:
            ChannelError: the platform does not give it out.
        """
        channel = self._replies.channel(file.platform)
        if not isinstance(channel, GivesFiles):
            raise ChannelRefused("no_files")
        return await channel.files.fetch(file, most_bytes=most_bytes)
