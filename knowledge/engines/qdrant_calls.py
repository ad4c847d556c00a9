"""One request to a Qdrant server: its deadline, its retries, and what went wrong in our words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit, urlunsplit

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from knowledge.errors import (
    KnowledgeError,
    StorageFull,
    StoreForbidden,
    StoreMissing,
    StoreUnavailable,
)

if TYPE_CHECKING:
    from pydantic import SecretStr

    from knowledge.engines.qdrant_cluster import Cluster

Result = TypeVar("Result")

_BUSY = frozenset({429, 502, 503, 504})
"""The server, or what stands in front of it, may answer the same request a moment later."""

_LONGEST_WAIT_S = 5.0
_SHOWN_CHARACTERS = 200


class Calls:
    """Sends requests to one server.

    secret: the key, which no error ever shows.
    """

    def __init__(
        self,
        url: str,
        *,
        cluster: Cluster,
        secret: SecretStr | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.shown = without_login(url)
        self._timeout_s = cluster.timeout_s
        self._first_wait_s = cluster.first_wait_s
        self._secret = secret.get_secret_value() if secret else ""
        self._tries = AsyncRetrying(
            stop=stop_after_attempt(1 + cluster.retries),
            wait=self._wait_s,
            retry=retry_if_exception(_may_pass),
            sleep=sleep,
            reraise=True,
        )

    async def send(self, call: Callable[[], Awaitable[Result]]) -> Result:
        """What the server answers, within the deadline.

        Raises:
            StoreForbidden: the key is missing, wrong, or may not do that.
            StoreMissing: there is no such collection.
            StorageFull: the server's disk has no room left.
            StoreUnavailable: whatever else goes wrong between us.
        """
        from qdrant_client.common.client_exceptions import QdrantException
        from qdrant_client.http.exceptions import ApiException

        async def once() -> Result:  # tenacity awaits nothing but what says that it is async
            return await call()

        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._tries.copy()(once)
        except TimeoutError as error:
            raise StoreUnavailable(
                f"Qdrant at {self.shown} did not answer within {self._timeout_s:g} s"
            ) from error
        except (ApiException, QdrantException, ValueError, AssertionError) as error:
            # The last two are how the client takes an answer that is no JSON, or has no result.
            # What the server said may quote what was sent, so it is not chained: logs show chains.
            raise self._translated(error) from None

    def _translated(self, error: Exception) -> KnowledgeError:
        from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

        if isinstance(error, UnexpectedResponse):
            return self._refused(error.status_code or 0, error.content)
        cause = error.source if isinstance(error, ResponseHandlingException) else error
        if type(cause).__name__ == "ValidationError":
            return StoreUnavailable(f"{self.shown} answers, but not as Qdrant does")
        why = self._clean(str(cause)) or type(cause).__name__
        return StoreUnavailable(f"Qdrant at {self.shown} does not answer: {why}")

    def _refused(self, status: int, content: bytes) -> KnowledgeError:
        said = self._clean(_said(content))
        if status in (401, 403):
            return StoreForbidden(self.shown, status)
        if status == 404:
            return StoreMissing(f"{self.shown}: 404 {said}")
        if b"No space left" in content:
            return StorageFull(self.shown)
        return StoreUnavailable(f"{self.shown}: {status} {said}".rstrip())

    def _clean(self, text: str) -> str:
        shown = text.replace(self._secret, "***") if self._secret else text
        return shown[:_SHOWN_CHARACTERS]

    def _wait_s(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = _retry_after_s(error)
        own: float = self._first_wait_s * 2.0 ** (state.attempt_number - 1)
        return min(max(asked, own), _LONGEST_WAIT_S)


def without_login(url: str) -> str:
    """An address as it may be shown: without a name and password in it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def _may_pass(error: BaseException) -> bool:
    """Whether the same request may succeed a moment later."""
    import httpx
    from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
    from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

    if isinstance(error, UnexpectedResponse):
        return error.status_code in _BUSY
    if isinstance(error, ResponseHandlingException):
        # Refused, reset, or half an answer; a timeout has used up what there was.
        return isinstance(error.source, httpx.NetworkError | httpx.RemoteProtocolError)
    return isinstance(error, ResourceExhaustedResponse)


def _retry_after_s(error: BaseException | None) -> float:
    from qdrant_client.common.client_exceptions import ResourceExhaustedResponse

    return float(error.retry_after_s) if isinstance(error, ResourceExhaustedResponse) else 0.0


def _said(content: bytes) -> str:
    """The sentence in a refusal of Qdrant; nothing of what somebody else answers in its place."""
    try:
        status = json.loads(content).get("status")
    except (ValueError, AttributeError):
        return ""
    return str(status.get("error", "")) if isinstance(status, dict) else ""
