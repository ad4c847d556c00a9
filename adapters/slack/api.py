"""Slack's Web API through the official client: what went wrong, in the words of the core."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import aiohttp

from adapters.http import TIMEOUT, Closed, retry_after_s
from bot.core.errors import ChannelError, ChannelRefused, ChannelUnavailable

if TYPE_CHECKING:
    from slack_sdk.errors import SlackClientError
    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

Answer: TypeAlias = Mapping[str, Any]

_BUSY: Final = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_BROKEN: Final = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)


class FateUnknown(ChannelUnavailable):
    """No clear answer: Slack may have done it, or not."""


class SlackApi:
    """Calls methods of the Web API; connections are opened at the first call."""

    def __init__(self, *, token: str, base_url: str) -> None:
        self._token = token
        self._base_url = base_url
        self._client: AsyncWebClient | None = None
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    @property
    def client(self) -> AsyncWebClient:
        """The official client, for what needs one.

        Raises:
            Closed: no call may be made any more; nor may one by a client that was given before.
        """
        if self._closed:
            raise Closed
        if self._client is None:
            self._client, self._session = _open(self._token, self._base_url)
        return self._client

    async def post(self, method: str, body: Mapping[str, object]) -> Answer:
        """Call a method that changes something.

        Raises:
            FateUnknown: it may have worked.
            ChannelUnavailable: it did not, and trying again may help.
            ChannelRefused: Slack said no.
        """
        return await self._call(method, json=dict(body))

    async def get(self, method: str, query: Mapping[str, str]) -> Answer:
        """Call a method that only reads.

        Raises:
            ChannelUnavailable: no clear answer.
            ChannelRefused: Slack said no.
        """
        return await self._call(method, http_verb="GET", params=dict(query))

    async def socket_url(self, app_token: str) -> str:
        """Where Socket Mode waits for us, good for one connection.

        Raises:
            ChannelError: Slack gave none.
        """
        headers = {"Authorization": f"Bearer {app_token}"}
        found = await self._call("apps.connections.open", headers=headers)
        return str(found.get("url", ""))

    async def close(self) -> None:
        """Let go of connections: calls under way end without an answer, and no other is made."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    async def _call(self, method: str, **arguments: Any) -> Answer:
        from slack_sdk.errors import SlackClientError

        try:
            response = await self.client.api_call(method, **arguments)
        except SlackClientError as error:
            raise _meant(error) from error
        except aiohttp.ClientConnectorError as error:
            raise ChannelUnavailable("no connection") from error
        # AttributeError: the client's own, where the answer is no JSON object.
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, AttributeError) as error:
            raise FateUnknown(f"no answer ({type(error).__name__})") from error
        body = response.data if isinstance(response.data, dict) else {}
        return {**body, "scopes": response.headers.get("x-oauth-scopes", "")}


def quiet_logger() -> logging.Logger:
    """For Slack's libraries: they print messages, and addresses that open a socket."""
    logger = logging.Logger("slack", level=logging.CRITICAL)
    logger.disabled = True
    return logger


def _open(token: str, base_url: str) -> tuple[AsyncWebClient, aiohttp.ClientSession]:
    from slack_sdk.web.async_client import AsyncWebClient

    class Client(AsyncWebClient):
        """The official client opens another session where ours is closed; this one does not."""

        async def api_call(self, *given: Any, **arguments: Any) -> AsyncSlackResponse:
            if session.closed:
                raise Closed
            return await super().api_call(*given, **arguments)

    session = aiohttp.ClientSession(timeout=TIMEOUT)
    client = Client(
        token=token,
        base_url=base_url,
        session=session,
        logger=quiet_logger(),
        retry_handlers=[],
    )
    # The client takes one from the environment; it must not see the tokens.
    client.proxy = None
    return client, session


def _meant(error: SlackClientError) -> ChannelError:
    from slack_sdk.errors import SlackApiError

    if not isinstance(error, SlackApiError):
        return FateUnknown(f"no answer ({type(error).__name__})")
    response = error.response
    status = _status(response)
    code = _code(response)
    if status == 429 or code in _BUSY:
        wait_s = retry_after_s(response.headers.get("Retry-After"))
        return ChannelUnavailable(f"busy ({code or status})", retry_after_s=wait_s)
    if not code and 400 <= status < 500:  # no such method, or something in between says no
        return ChannelRefused(f"http_{status}")
    if status >= 500 or code in _BROKEN or not code:
        return FateUnknown(f"broken ({code or status})")
    return ChannelRefused(code)


def _status(response: Any) -> int:
    """The client raises with its own response, or with aiohttp's where the body was no JSON."""
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    return status if isinstance(status, int) else 0


def _code(response: Any) -> str:
    body = getattr(response, "data", None)
    code = body.get("error") if isinstance(body, dict) else None
    return code if isinstance(code, str) else ""
