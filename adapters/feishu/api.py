"""Feishu's web interface: tokens that renew themselves, and its codes in our words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from pydantic import SecretStr

from adapters.http import Http, Response, retry_after_s
from adapters.tokens import Token, Tokens
from bot.core.errors import ChannelRefused, ChannelUnavailable

Json: TypeAlias = Mapping[str, Any]

_LOGIN_PATH: Final = "auth/v3/tenant_access_token/internal"
_SECONDS_UNTIL_RESET: Final = "x-ogw-ratelimit-reset"

# Feishu's codes. https://open.feishu.cn/document/server-docs/api-call-guide/generic-error-code
_TOKEN_REFUSED: Final = frozenset({99991661, 99991663, 99991664, 99991666, 99991668})
_TOO_OFTEN: Final = frozenset({99991400, 230020})
_NOT_YET: Final = frozenset({230049})  # the message is still being sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What Feishu said."""

    body: Json

    @property
    def data(self) -> Json:
        """Its `data`; empty where it has none."""
        data = self.body.get("data")
        return data if isinstance(data, dict) else {}


class Api:
    """Calls as this app.

    Every call raises ChannelUnavailable where trying again may help, ChannelRefused with Feishu's
    code where it cannot.
    """

    def __init__(self, *, http: Http, origin: str, app_id: str, app_secret: SecretStr) -> None:
        self._http = http
        self._origin = origin
        self._app_id = app_id
        self._app_secret = app_secret
        self._tokens = Tokens(self._fetch_token)

    async def check(self) -> None:
        """Return if calls could be made now."""
        await self._tokens.get()

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Json | None = None,
    ) -> Answer:
        """What Feishu answers to a call; a refused token is renewed once."""
        token = await self._tokens.get()
        response = await self._send(method, path, token, params, body)
        if response.body.get("code") in _TOKEN_REFUSED:
            self._tokens.drop(token)
            token = await self._tokens.get()
            response = await self._send(method, path, token, params, body)
        return _answer(response)

    async def load(self, path: str, *, params: Mapping[str, str], most_bytes: int) -> bytes:
        """What stands in a file; a refused token is renewed once.

        Raises:
            FileTooLarge: there is more in it.
        """
        for last in (False, True):
            token = await self._tokens.get()
            loaded = await self._http.load(
                f"{self._origin}/open-apis/{path}",
                most_bytes=most_bytes,
                headers={"Authorization": f"Bearer {token.get_secret_value()}"},
                params=params,
            )
            if loaded.status == 200:
                break
            if last or loaded.body.get("code") not in _TOKEN_REFUSED:
                # What is refused is told in JSON, like everything else.
                _answer(Response(status=loaded.status, headers=loaded.headers, body=loaded.body))
            self._tokens.drop(token)
        return loaded.content

    async def socket_endpoint(self) -> Answer:
        """Where the long connection is to be opened, with what it has to know."""
        secrets = {"AppID": self._app_id, "AppSecret": self._app_secret.get_secret_value()}
        url = f"{self._origin}/callback/ws/endpoint"
        return _answer(await self._http.call("POST", url, headers={"locale": "zh"}, body=secrets))

    async def _send(
        self,
        method: str,
        path: str,
        token: SecretStr,
        params: Mapping[str, str] | None,
        body: Json | None,
    ) -> Response:
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
        url = f"{self._origin}/open-apis/{path}"
        return await self._http.call(method, url, headers=headers, params=params, body=body)

    async def _fetch_token(self) -> Token:
        secrets = {"app_id": self._app_id, "app_secret": self._app_secret.get_secret_value()}
        url = f"{self._origin}/open-apis/{_LOGIN_PATH}"
        answer = _answer(await self._http.call("POST", url, body=secrets))
        value, lives_s = answer.body.get("tenant_access_token"), answer.body.get("expire")
        if not isinstance(value, str) or not isinstance(lives_s, int | float):
            raise ChannelUnavailable("no token in the answer")
        return Token(value=SecretStr(value), lives_s=float(lives_s))


def _answer(response: Response) -> Answer:
    """What a response means; its code counts, whatever its status says."""
    code = response.body.get("code")
    if code == 0 and response.status < 400:
        return Answer(body=response.body)
    if response.status == 429 or code in _TOO_OFTEN:
        raise ChannelUnavailable(f"too often ({code})", retry_after_s=_reset_s(response))
    if response.status >= 500 or code in _NOT_YET:
        raise ChannelUnavailable(f"status {response.status}, code {code}")
    raise ChannelRefused(str(code) if isinstance(code, int) else f"http_{response.status}")


def _reset_s(response: Response) -> float:
    otherwise = retry_after_s(response.headers.get("Retry-After"))
    return retry_after_s(response.headers.get(_SECONDS_UNTIL_RESET), otherwise=otherwise)
