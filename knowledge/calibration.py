"""The thresholds a company fitted on its own questions, kept beside its knowledge.

One JSON file a data folder with an entry for each choice of embedders, small enough to read and to
correct by hand: `{"e5-small+use-multilingual": {"least_confidence": 0.71, …}}`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from knowledge.atomic import whole_file
from knowledge.budget import Threshold
from knowledge.errors import CalibrationUnreadable

_FILE = "calibration.json"
_ENTRIES: Final = TypeAdapter(dict[str, Threshold])


def stored(folder: Path, embedders: str) -> Threshold | None:
    """The threshold fitted for these embedders, or None where there is none.

    Raises:
        CalibrationUnreadable: the file is there, but not what `store` writes.
    """
    return _read(folder / _FILE).get(embedders)


def store(folder: Path, embedders: str, threshold: Threshold) -> Path:
    """Keep a threshold; one of the same embedders is replaced. Returns the file.

    Raises:
        CalibrationUnreadable: what is there already is not ours to overwrite.
        StorageFull: no room.
    """
    path = folder / _FILE
    entries = {**_read(path), embedders: threshold}
    folder.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        file.write(_ENTRIES.dump_json(entries, indent=2) + b"\n")
    return path


def _read(path: Path) -> dict[str, Threshold]:
    try:
        return _ENTRIES.validate_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValidationError) as error:
        reason = (
            error.strerror if isinstance(error, OSError) else "not a threshold for each embedder"
        )
        raise CalibrationUnreadable(str(path), str(reason)) from error
