"""Calls to DingTalk's open API: its token, its pace, its quota, and what its answers mean."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import aiohttp
from pydantic import SecretStr

from adapters.dingtalk.settings import DingTalkSettings
from adapters.http import Closed, Http, Response, retry_after_s
from adapters.pacing import Pace
from adapters.tokens import Token, Tokens
from bot.core.errors import ChannelRefused, ChannelUnavailable

log = logging.getLogger(__name__)

QUOTA: Final = "Forbidden.AccessDenied.ApiCountLimitForOrg"

_QUOTA_HOLD_S: Final = 600.0
_TOO_FAST: Final = (
    "Forbidden.AccessDenied.Qps",
    "Forbidden.AccessDenied.Qpm",
    "qps.exceed.limit",
    "request.overlimit",
    "send.too.fast",
)
_NOT_GRANTED: Final = "AccessTokenPermissionDenied"
_NOT_TAKEN: Final = ("system.busy", "ServiceUnavailable")
_LEGACY_TOKEN_REFUSED: Final = frozenset({40001, 40014, 42001})
_LEGACY_BUSY: Final = frozenset({-1, 88, 90018})
_TOKEN_REFUSED: Final = ("InvalidAuthentication", "invalidAccessToken", "accesstoken.expired")


class Unconfirmed(ChannelUnavailable):
    """No clear answer: the call may have been carried out all the same."""


class Api:
    """The open API of one app. A call is tried once; who may repeat it knows whether it is safe."""

    def __init__(
        self,
        settings: DingTalkSettings,
        http: Http,
        *,
        pace: Pace,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._http = http
        self._pace = pace
        self._now = now
        self._tokens = Tokens(self._fetch_token, now=now)
        self._quota_back_at = 0.0

    async def check(self) -> None:
        """Return if calls could be made now.

        Raises:
            ChannelError: DingTalk does not answer, or does not know these credentials.
        """
        await self._tokens.get()

    async def call(self, method: str, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Make one call and return what it says when it says that it worked.

        A token that was refused is replaced once.

        Raises:
            Unconfirmed: nobody knows whether it was carried out.
            ChannelUnavailable: it was not, and trying again may help.
            ChannelRefused: DingTalk said no; `QUOTA` where the month's calls are used up.
        """
        if self._now() < self._quota_back_at:
            raise ChannelRefused(QUOTA)
        await self._pace.turn(path)
        response = await self._answer(method, path, body)
        code = _code(response)
        if code == QUOTA:
            self._quota_back_at = self._now() + _QUOTA_HOLD_S
            log.error("monthly_quota_used_up", extra={"hold_s": _QUOTA_HOLD_S})
        return _said_yes(response, code)

    async def legacy(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Read something over the older interface: the `result` of its answer.

        Raises:
            ChannelUnavailable: no answer now.
            ChannelRefused: DingTalk said no, or said nothing.
        """
        if self._now() < self._quota_back_at:
            raise ChannelRefused(QUOTA)
        await self._pace.turn(path)
        token = await self._tokens.get()
        response = await self._http.call(
            "POST",
            f"{self._settings.legacy_api}{path}",
            params={"access_token": token.get_secret_value()},
            body=body,
        )
        passing = failure(response.status, _code(response), response.headers)
        if passing is not None:
            raise passing
        code, result = response.body.get("errcode"), response.body.get("result")
        if code in _LEGACY_TOKEN_REFUSED:
            self._tokens.drop(token)
            raise ChannelUnavailable(f"token refused ({code})")
        if code in _LEGACY_BUSY:
            raise ChannelUnavailable(f"busy ({code})")
        if response.status != 200 or code != 0 or not isinstance(result, dict):
            raise ChannelRefused(str(code) if isinstance(code, int) else f"{response.status}")
        return result

    async def denied(
        self, method: str, path: str, body: Mapping[str, Any]
    ) -> tuple[str, ...] | None:
        """Make a call and return the scopes it lacks; None where it may be made, () if unnamed.

        Raises:
            ChannelError: DingTalk does not know us, or does not answer.
        """
        response = await self._answer(method, path, body)
        if not _code(response).endswith(_NOT_GRANTED):
            return None
        detail = response.body.get("accessdenieddetail")
        scopes = detail.get("requiredScopes") if isinstance(detail, dict) else None
        named = scopes if isinstance(scopes, list) else ()
        return tuple(scope for scope in named if isinstance(scope, str))

    async def open_connection(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask for an address and a ticket of the Stream gateway; needs no token.

        Raises:
            ChannelError: there is none.
        """
        response = await self._post_unsigned("/v1.0/gateway/connections/open", body)
        return _said_yes(response, _code(response))

    async def _answer(self, method: str, path: str, body: Mapping[str, Any]) -> Response:
        token = await self._tokens.get()
        response = await self._send(method, path, body, token=token.get_secret_value())
        if response.status != 401 and _code(response) not in _TOKEN_REFUSED:
            return response
        self._tokens.drop(token)
        token = await self._tokens.get()
        return await self._send(method, path, body, token=token.get_secret_value())

    async def _send(
        self, method: str, path: str, body: Mapping[str, Any], *, token: str
    ) -> Response:
        headers = {"x-acs-dingtalk-access-token": token}
        with_url = f"{self._settings.api}{path}"
        try:
            return await self._http.call(method, with_url, headers=headers, body=body)
        except ChannelUnavailable as error:
            raise unconfirmed(error) from error

    async def _fetch_token(self) -> Token:
        response = await self._post_unsigned(
            "/v1.0/oauth2/accessToken",
            {
                "appKey": self._settings.client_id,
                "appSecret": self._settings.client_secret.get_secret_value(),
            },
        )
        said = _said_yes(response, _code(response))
        value, lives_s = said.get("accessToken"), said.get("expireIn")
        if not isinstance(value, str) or not isinstance(lives_s, int | float):
            raise ChannelUnavailable("an answer without a token")
        return Token(value=SecretStr(value), lives_s=float(lives_s))

    async def _post_unsigned(self, path: str, body: Mapping[str, Any]) -> Response:
        return await self._http.call("POST", f"{self._settings.api}{path}", body=body)


def unconfirmed(error: ChannelUnavailable) -> ChannelUnavailable:
    """The same error, telling apart what never left from what may have arrived."""
    never_left = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
    if isinstance(error, Closed) or isinstance(error.__cause__, never_left):
        return error
    return Unconfirmed(str(error))


def failure(status: int, code: str, headers: Mapping[str, str]) -> ChannelUnavailable | None:
    """Why trying again may help, or None where it cannot."""
    if status == 429 or code.startswith(_TOO_FAST):
        return ChannelUnavailable(
            "too fast", retry_after_s=retry_after_s(headers.get("Retry-After"))
        )
    if code in _NOT_TAKEN or status == 503:
        return ChannelUnavailable(f"busy ({status})")
    return Unconfirmed(f"status {status}") if status >= 500 else None


def _said_yes(response: Response, code: str) -> Mapping[str, Any]:
    passing = failure(response.status, code, response.headers)
    if passing is not None:
        raise passing
    # A call can answer 200 and say in its body that nothing was done.
    flags = (response.body.get("success"), response.body.get("result"))
    if response.status != 200 or any(flag is False for flag in flags):
        raise ChannelRefused(code or f"status {response.status}")
    return response.body


def _code(response: Response) -> str:
    code = response.body.get("code")
    return code[:100] if isinstance(code, str) else ""
