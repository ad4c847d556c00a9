"""What a command asks of a running bot that has the data folder open: a file a request.

The command writes `asked/<what>.json`; the bot does it, writes into the same file how far it is,
and a command that waits reads that. Each change replaces the file as a whole.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError

from knowledge.atomic import whole_file
from knowledge.errors import KnowledgeError, StoreUnavailable

log = logging.getLogger(__name__)

What: TypeAlias = Literal["reindex", "passages"]
"""Embed everything anew; write all passages into a file."""

_FOLDER = "asked"
_PRIVATE: Final = 0o600


class Request(BaseModel):
    """One request and how far it is.

    options: in the words of what is asked. said: what came of it, or why it failed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: What
    options: Mapping[str, str] = {}
    state: Literal["asked", "begun", "done", "failed"] = "asked"
    done: int = 0
    total: int = 0
    said: str = ""

    @property
    def open(self) -> bool:
        """Whether somebody still has to do something."""
        return self.state in ("asked", "begun")


Doing: TypeAlias = Callable[[Request, Callable[[int, int], None]], Awaitable[str]]
"""Does what is asked, tells how far it is, and returns what came of it."""


class Requests:
    """The requests of one data folder. Its calls block; they take a moment.

    Each raises StoreUnavailable where a file cannot be read or written, and StorageFull.
    """

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / _FOLDER

    def folder(self) -> Path:
        """Where results may be written, for this user only."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._folder

    def ask(self, request: Request) -> Request:
        """Ask for something; the same that is being done already is only followed."""
        known = self.read(request.what)
        if known is not None and known.open:
            return known
        self.write(request)
        return request

    def read(self, what: What) -> Request | None:
        """The last request of this kind."""
        path = self._path(what)
        try:
            return Request.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise StoreUnavailable(f"{path} cannot be read: delete it") from error

    def write(self, request: Request) -> None:
        """Keep a request as it is now."""
        try:
            self.folder()
            with whole_file(self._path(request.what), mode=_PRIVATE) as file:
                file.write(request.model_dump_json(indent=2).encode() + b"\n")
        except OSError as error:
            path = self._path(request.what)
            raise StoreUnavailable(f"{path} not written: {error.strerror or error}") from error

    def _path(self, what: What) -> Path:
        return self._folder / f"{what}.json"


class Answering:
    """Does in a running bot what commands ask of it, one thing after the other.

    What a crash interrupted is begun again.
    """

    def __init__(self, requests: Requests, doing: Mapping[What, Doing]) -> None:
        self._requests = requests
        self._doing = doing

    async def look(self) -> None:
        """Do what is asked, if anything is."""
        for what, do in self._doing.items():
            request = await asyncio.to_thread(self._requests.read, what)
            if request is not None and request.open:
                await self._do(request, do)

    async def _do(self, request: Request, do: Doing) -> None:
        log.info("asked_by_command", extra={"what": request.what})
        begun = request.model_copy(update={"state": "begun"})
        await self._keep(begun)
        last = begun

        def tell(done: int, total: int) -> None:
            nonlocal last
            last = begun.model_copy(update={"done": done, "total": total})

        telling = asyncio.create_task(self._telling(lambda: last))
        try:
            said, state = await do(request, tell), "done"
        except KnowledgeError as error:
            said, state = str(error), "failed"
            log.warning("asked_failed", extra={"what": request.what, "reason": said})
        finally:
            telling.cancel()
            await asyncio.wait({telling})
        await self._keep(last.model_copy(update={"state": state, "said": said}))

    async def _telling(self, now: Callable[[], Request]) -> None:
        told = now()
        while True:
            await asyncio.sleep(1.0)
            if now() != told:
                told = now()
                await self._keep(told)

    async def _keep(self, request: Request) -> None:
        await asyncio.to_thread(self._requests.write, request)


async def followed(
    requests: Requests,
    what: What,
    *,
    on_progress: Callable[[int, int], None],
    alone: Callable[[], Awaitable[bool]],
    every_s: float = 0.5,
) -> Request | None:
    """The request once it is done or failed; None where the bot ended before it was.

    alone: whether nobody has the folder open any more.
    """
    while True:
        await asyncio.sleep(every_s)
        request = await asyncio.to_thread(requests.read, what)
        if request is None or (request.open and await alone()):
            return None
        on_progress(request.done, request.total)
        if not request.open:
            return request
