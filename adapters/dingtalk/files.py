"""Files that people attach: a message of its own, which comes along where it is quoted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from adapters.dingtalk.api import Api
from adapters.dingtalk.payload import Payload, object_in, text_of
from adapters.dingtalk.settings import DingTalkSettings
from adapters.files import file_name
from adapters.http import Http, same_origin
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import InboundMessage, SharedFile

_PLATFORM: Final = "dingtalk"
_DOWNLOAD: Final = "/v1.0/robot/messageFiles/download"
_LONGEST_CODE: Final = 4_000

# Where DingTalk keeps files: its own machines, and those of the cloud it belongs to.
_STORES: Final = (".dingtalk.com", ".aliyuncs.com")


def files_in(payload: Payload) -> tuple[SharedFile, ...]:
    """The file of a message, or of the one it quotes; a picture and a voice message are none."""
    if text_of(payload, "msgtype") == "file":
        return _file(object_in(payload, "content"))
    replied = object_in(object_in(payload, "text"), "repliedMsg")
    if text_of(replied, "msgType") == "file":
        return _file(object_in(replied, "content"))
    return ()


def _file(content: Payload) -> tuple[SharedFile, ...]:
    code = text_of(content, "downloadCode")
    if not code or len(code) > _LONGEST_CODE:
        return ()
    name = file_name(text_of(content, "fileName"))
    return (SharedFile(platform=_PLATFORM, id=code, name=name),)


class Files:
    """Reads files: where one lies DingTalk is asked, by the code that came with its message."""

    def __init__(self, settings: DingTalkSettings, api: Api, http: Http) -> None:
        self._settings = settings
        self._api = api
        self._http = http

    async def of(self, message: InboundMessage) -> tuple[SharedFile, ...]:
        """That of a message or of the one it quotes: it comes with the message."""
        return message.files

    async def fetch(self, file: SharedFile, *, most_bytes: int) -> bytes:
        """What stands in a file.

        Raises:
            ChannelError: DingTalk does not give it out, or it is too large.
        """
        body = {"downloadCode": file.id, "robotCode": self._settings.robot}
        url = _address(await self._api.call("POST", _DOWNLOAD, body))
        if not self._is_dingtalks(url):
            raise ChannelRefused("file_elsewhere")
        # The address is the permission: no token is told to where files lie.
        loaded = await self._http.load(url, most_bytes=most_bytes)
        if loaded.status >= 500 or loaded.status == 429:
            raise ChannelUnavailable(f"status {loaded.status}")
        if loaded.status != 200:
            raise ChannelRefused(f"http_{loaded.status}")
        return loaded.content

    def _is_dingtalks(self, url: str) -> bool:
        if same_origin(url, self._settings.api):
            return True
        host = _host(url)
        return host.endswith(_STORES) and same_origin(url, f"https://{host}")


def _address(said: Mapping[str, Any]) -> str:
    """Where the file lies; in DingTalk's own stores it is never read in the open."""
    url = said.get("downloadUrl")
    if not isinstance(url, str):
        return ""
    in_the_open = url.startswith("http://") and _host(url).endswith(_STORES)
    return f"https{url.removeprefix('http')}" if in_the_open else url


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
