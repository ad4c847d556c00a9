"""Files that people attach: which a message carries, and what stands in them."""

from __future__ import annotations

from typing import Final

from adapters.files import MOST_FILES, file_name
from adapters.http import Http, Loaded, same_origin
from adapters.slack.api import SlackApi
from adapters.slack.settings import SlackSettings
from adapters.slack.shape import PLATFORM, Json, id_of, part_of, parts_of, text_of
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import InboundMessage, SharedFile

_FILES_ORIGIN: Final = "https://files.slack.com"

# What is no file of this workspace any more, or never was one.
_NOT_HERE: Final = frozenset({"tombstone", "hidden_by_limit", "external"})


def files_in(message: Json) -> tuple[SharedFile, ...]:
    """The files of a message as Slack lists them."""
    listed = (one for one in parts_of(message, "files") if id_of(one, "id"))
    return tuple(_file(one) for one in listed)[:MOST_FILES]


def _file(listed: Json) -> SharedFile:
    size = listed.get("size")
    return SharedFile(
        platform=PLATFORM,
        id=id_of(listed, "id"),
        name=file_name(text_of(listed, "name") or text_of(listed, "title")),
        size_bytes=size if isinstance(size, int) else None,
    )


class Files:
    """Reads files with the bot's own token, which needs the scope `files:read`."""

    def __init__(self, settings: SlackSettings, api: SlackApi, http: Http) -> None:
        self._settings = settings
        self._api = api
        self._http = http

    async def of(self, message: InboundMessage) -> tuple[SharedFile, ...]:
        """Those that came with a message, else those of the message its thread began with.

        Raises:
            ChannelError: Slack did not say.
        """
        place = message.conversation
        if message.files or not place.thread_id:
            return message.files
        query = {"channel": place.id, "ts": place.thread_id, "limit": "1"}
        page = await self._api.get("conversations.replies", query)
        first = (m for m in parts_of(page, "messages") if text_of(m, "ts") == place.thread_id)
        return files_in(next(first, {}))

    async def fetch(self, file: SharedFile, *, most_bytes: int) -> bytes:
        """What stands in a file.

        Where it lies Slack is asked: an address that came with a message is not followed.

        Raises:
            ChannelError: Slack does not give it out, or it is too large.
        """
        told = part_of(await self._api.get("files.info", {"file": file.id}), "file")
        if told.get("is_external") is True or text_of(told, "mode") in _NOT_HERE:
            raise ChannelRefused("file_not_here")
        url = text_of(told, "url_private_download") or text_of(told, "url_private")
        if not same_origin(url, self._settings.api_base_url or _FILES_ORIGIN):
            raise ChannelRefused("file_elsewhere")
        token = self._settings.bot_token.get_secret_value()
        loaded = await self._http.load(
            url, most_bytes=most_bytes, headers={"Authorization": f"Bearer {token}"}
        )
        return _content(loaded, told)


def _content(loaded: Loaded, told: Json) -> bytes:
    """Without the scope Slack answers with a page to log in, or the way to one."""
    if loaded.status >= 500 or loaded.status == 429:
        raise ChannelUnavailable(f"status {loaded.status}")
    said = loaded.headers.get("Content-Type", "")
    log_in = said.startswith("text/html") and text_of(told, "mimetype") != "text/html"
    if loaded.status != 200 or log_in:
        raise ChannelRefused("missing_scope" if log_in else f"http_{loaded.status}")
    return loaded.content
