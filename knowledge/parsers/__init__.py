"""One file a document format; each turns bytes into a Document.

A new format is one file here and one line in the table below.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import cast

from knowledge.ports import Parser

_MODULES: Mapping[str, str] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdx": "markdown",
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".pptx": "pptx",
    ".xlsx": "table",
    ".csv": "table",
    ".tsv": "table",
    ".txt": "text",
    ".text": "text",
}

SUFFIXES = frozenset(_MODULES)
"""Every file name ending with a parser, in lower case."""


def parser_for(suffix: str) -> Parser | None:
    """The parser for a file name's ending such as `.pdf`; None for formats we do not read.

    A format's libraries are loaded when its first file is met.
    """
    name = _MODULES.get(suffix.lower())
    if name is None:
        return None
    # mypy cannot see into a module chosen at run time; every one of them has this function.
    return cast("Parser", import_module(f"{__name__}.{name}").parse)
