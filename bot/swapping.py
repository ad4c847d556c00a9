"""The last step of a restore: what was built aside takes its places, or nothing does.

Everything is written aside first. Then `restore.json` says what moves where, and from then on it
counts: whoever finds that file finishes the moves before doing anything else.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from knowledge.atomic import whole_file
from knowledge.errors import RestoreRefused

_FILE: Final = "restore.json"


class Swap(BaseModel):
    """What is removed, and what is moved where afterwards; doing it twice comes to the same.

    elsewhere: something on a server changes too, which only the restore itself can finish.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    removes: Sequence[Path]
    moves: Mapping[Path, Path]
    elsewhere: bool


def begin(data_dir: Path, swap: Swap) -> None:
    """From here on it counts."""
    with whole_file(data_dir / _FILE) as file:
        file.write(swap.model_dump_json(indent=1).encode())


def finish(data_dir: Path) -> None:
    """Do what is left of a swap, if one was begun."""
    swap = _read(data_dir)
    if swap is None:
        return
    for path in swap.removes:
        _remove(path)
    # What is moved in from here on must not be removed by whoever goes on after a crash.
    begin(data_dir, swap.model_copy(update={"removes": ()}))
    for source, target in swap.moves.items():
        if source.exists():
            _remove(target)
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
    (data_dir / _FILE).unlink(missing_ok=True)


def is_begun(data_dir: Path) -> bool:
    """Whether a swap waits to be finished."""
    return (data_dir / _FILE).exists()


def finish_if_cut_off(data_dir: Path) -> None:
    """What every command does first.

    Raises:
        RestoreRefused: a restore was cut off that changes servers too: it must be run again.
    """
    swap = _read(data_dir)
    if swap is not None and swap.elsewhere:
        raise RestoreRefused(
            "a restore was cut off half way: run the same `deskmate restore --replace` again"
        )
    finish(data_dir)


def _read(data_dir: Path) -> Swap | None:
    path = data_dir / _FILE
    try:
        return Swap.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValidationError as error:
        raise RestoreRefused(f"{path} is not what a restore writes: run it again") from error


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
