"""Figures put into pages: Markdown tables, and stretches of a page that a command writes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column to the left, all others to the right."""
    marks = ["---", *["---:"] * (len(heads) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, marks, *rows))


def replace_marked(page: Path, name: str, text: str) -> None:
    """Put the text between `<!-- name -->` and `<!-- /name -->`, in place of what stands there.

    Raises:
        ValueError: the page has no such marks.
    """
    before = page.read_text("utf-8")
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    after, found = pattern.subn(lambda match: f"{match[1]}\n{text}\n\n{match[2]}", before)
    if not found:
        raise ValueError(f"{page} has no <!-- {name} --> … <!-- /{name} -->")
    page.write_text(after, encoding="utf-8")
