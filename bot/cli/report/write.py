"""A report onto the disk, in its three forms."""

from __future__ import annotations

import json
from pathlib import Path

from bot.cli.report.markdown import markdown
from bot.cli.report.page import page
from knowledge.atomic import whole_file
from knowledge.evaluate.report import Report


def write(report: Report, path: Path) -> tuple[Path, ...]:
    """Write PATH.json, PATH.md and PATH.html; what stood there is replaced.

    Raises:
        StorageFull: no room.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    forms = {
        "json": json.dumps(report.as_json(), ensure_ascii=False, indent=1) + "\n",
        "md": markdown(report),
        "html": page(report),
    }
    written = []
    for suffix, text in forms.items():
        # Not with_suffix: the path may have dots of its own, as in "2024.11".
        target = path.with_name(f"{path.name}.{suffix}")
        with whole_file(target) as file:
            file.write(text.encode("utf-8", "replace"))
        written.append(target)
    return tuple(written)
