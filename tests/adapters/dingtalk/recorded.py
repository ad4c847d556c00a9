"""Golden files: what is recorded there, and DESKMATE_RECORD=1 to record anew."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parents[2] / "golden" / "dingtalk"


def payload(name: str) -> Any:
    """A recorded payload of DingTalk."""
    return json.loads((GOLDEN / "payloads" / f"{name}.json").read_text("utf-8"))


def recorded(folder: str, name: str, value: object) -> object:
    """What is recorded under this name; with DESKMATE_RECORD=1 it is this value from now on."""
    place = GOLDEN / folder / f"{name}.json"
    if os.environ.get("DESKMATE_RECORD"):
        place.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
        place.write_text(f"{text}\n", "utf-8")
    return json.loads(place.read_text("utf-8"))
