"""Variables that were meant as settings, and say nothing that we understand."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Final

PREFIX: Final = "DESKMATE_"
"""What the name of every setting begins with in the environment."""


def stray_variables(environment: Mapping[str, str], sections: Iterable[str]) -> list[str]:
    """A sentence for each variable of a section that there is not; it would count for nothing.

    Only with two underscores: a cluster makes up DESKMATE_PORT and the like by itself.
    """
    known = sorted(name.upper() for name in sections)
    return [
        f"{variable}: unknown section; {_meant(section, known)}"
        for variable in sorted(environment)
        for section, separator, _ in (variable.removeprefix(PREFIX).partition("__"),)
        if variable.startswith(PREFIX) and separator and section.upper() not in known
    ]


def not_json(environment: Mapping[str, str], said: str) -> str:
    """Which variables of the section that could not be read are no JSON, and how they should be.

    said: what the reader complains with; it names the section alone.
    """
    section = re.search(r'field "(\w+)"', said)
    beginning = f"{PREFIX}{section[1] if section else ''}".upper()
    variables = [name for name in sorted(environment) if name.upper().startswith(beginning)]
    faulty = [name for name in variables if not _is_json(environment[name])]
    return f'{", ".join(faulty)}: lists and sections are written as JSON, ["slack:U1"]'


def _meant(section: str, known: list[str]) -> str:
    near = difflib.get_close_matches(section.upper(), known, n=1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True
