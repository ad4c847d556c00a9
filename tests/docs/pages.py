"""The pages people read, and what stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])

_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def name_of(page: Path) -> str:
    """How a page is called when a test speaks of it."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, *languages: str) -> Iterator[str]:
    """The blocks of a page in these languages, without the indent of a list they stand in."""
    for indent, language, text in _BLOCK.findall(page.read_text("utf-8")):
        if language in languages:
            yield re.sub(f"(?m)^{indent}", "", text)


def prose(page: Path) -> str:
    """What a page says beside its blocks."""
    return _BLOCK.sub("", page.read_text("utf-8"))


def spans(page: Path) -> list[str]:
    """What a page sets in a code type, within its sentences and tables."""
    return [span.replace("\\|", "|") for span in re.findall(r"`([^`\n]+)`", prose(page))]
