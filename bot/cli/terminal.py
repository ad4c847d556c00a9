"""What commands print: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from knowledge.weights import OnProgress

_PIPE_COLUMNS = 240


def result_console() -> Console:
    """Where answers and lists go; a pipe or file gets lines that are not broken to fit a screen."""
    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else _PIPE_COLUMNS)


def say(text: str) -> None:
    """Tell the person at the terminal what is going on."""
    Console(file=sys.stderr, highlight=False).print(text, markup=False, soft_wrap=True)


def say_error(text: str) -> None:
    """Tell the person at the terminal what went wrong."""
    say(f"deskmate: {text}")


def print_json(value: object) -> None:
    """One JSON value on standard output, in ASCII where its encoding has not every character."""
    whole = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    sys.stdout.write(json.dumps(value, ensure_ascii=not whole) + "\n")
    sys.stdout.flush()


@contextmanager
def download_bar() -> Iterator[OnProgress]:
    """A progress bar a model, in bytes; silent where standard error is no terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    tasks: dict[str, TaskID] = {}
    with _progress(*columns) as progress:

        def report(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name)
            progress.update(tasks[name], completed=done, total=total or None)

        yield report


@contextmanager
def counting_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar over things that are counted."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
    )
    with _progress(*columns, TimeRemainingColumn()) as progress:
        task = progress.add_task(what, total=None)

        def report(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield report


def _progress(*columns: TextColumn | BarColumn | DownloadColumn | TimeRemainingColumn) -> Progress:
    console = Console(file=sys.stderr)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
