"""YAML as a tree with lines: what is asked of it is there in the right shape, or a named fault."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import time
from typing import Final

import yaml

_LARGEST: Final = 1_000_000
# libyaml is twenty times faster; wheels without it exist.
_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A mistake in a file. line: 1 the first; 0 where it is about the whole file."""

    path: str
    line: int
    reason: str

    def __str__(self) -> str:
        """As people read it: `onboarding.en.yaml:12: …`."""
        return (
            f"{self.path}:{self.line}: {self.reason}"
            if self.line
            else f"{self.path}: {self.reason}"
        )


@dataclass
class Page:
    """One file while it is read. faults: what was found wrong so far."""

    path: str
    faults: list[Fault] = field(default_factory=list)

    def root(self, text: str) -> yaml.Node | None:
        """The tree of a file's text; None where it is no YAML, and that is a fault."""
        if len(text) > _LARGEST:
            self.faults.append(Fault(path=self.path, line=0, reason="the file is too large"))
            return None
        try:
            node = yaml.compose(text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 0
            self.faults.append(Fault(path=self.path, line=line, reason=f"no YAML: {error.problem}"))
            return None
        except (yaml.YAMLError, RecursionError) as error:
            self.faults.append(Fault(path=self.path, line=0, reason=f"no YAML: {error}"))
            return None
        if node is None:
            self.faults.append(Fault(path=self.path, line=0, reason="the file is empty"))
        return node

    def fault(self, node: yaml.Node, reason: str) -> None:
        """Note a mistake at this place."""
        self.faults.append(Fault(path=self.path, line=node.start_mark.line + 1, reason=reason))

    def fields(self, node: yaml.Node, known: Collection[str]) -> dict[str, yaml.Node]:
        """A mapping's values by key; a key that is not known or comes twice is a fault."""
        if not isinstance(node, yaml.MappingNode):
            self.fault(node, "expected keys with values, as in `day: 1`")
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name in found:
                self.fault(key, f"`{name}` stands here twice")
            elif known and name not in known:
                self.fault(key, _unknown(name, known))
            else:
                found[name] = value
        return found

    def items(self, node: yaml.Node | None) -> Iterator[yaml.Node]:
        """The members of a list; a single value is a list of one."""
        if isinstance(node, yaml.SequenceNode):
            yield from node.value
        elif node is not None:
            yield node

    def text(self, node: yaml.Node | None, *, longest: int = 4_000) -> str:
        """A text with its ends trimmed; empty where there is none."""
        if node is None:
            return ""
        if not isinstance(node, yaml.ScalarNode):
            self.fault(node, "expected a text")
            return ""
        said: str = node.value.strip()
        if len(said) > longest:
            self.fault(node, f"{len(said)} characters are too many, at most {longest}")
        return said[:longest]

    def texts(self, node: yaml.Node | None, *, longest: int = 200) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(self.text(one, longest=longest) for one in self.items(node))

    def number(self, node: yaml.Node | None, least: int, most: int) -> int | None:
        """A whole number in this range."""
        if node is None:
            return None
        said = self.text(node)
        try:
            number = int(said)
        except ValueError:
            self.fault(node, f"expected a whole number instead of `{said}`")
            return None
        if not least <= number <= most:
            self.fault(node, f"{number} is not between {least} and {most}")
            return None
        return number

    def clock(self, node: yaml.Node | None) -> time | None:
        """A local time, as in `9:30`."""
        if node is None:
            return None
        hours, colon, minutes = self.text(node).partition(":")
        whole = colon and hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2
        if not whole or int(hours) > 23 or int(minutes) > 59:
            self.fault(node, 'expected a time, as in `at: "9:30"`')
            return None
        return time(int(hours), int(minutes))

    def one_of(self, node: yaml.Node | None, allowed: Collection[str], otherwise: str) -> str:
        """One of these words."""
        said = self.text(node)
        if node is None or said in allowed:
            return said or otherwise
        self.fault(node, _unknown(said, allowed))
        return otherwise

    def yes(self, node: yaml.Node | None, otherwise: bool) -> bool:
        """Yes or no."""
        said = self.one_of(node, ("true", "false", "yes", "no"), "")
        return otherwise if not said else said in ("true", "yes")


def _unknown(said: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(said, known, n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(sorted(known))}"
    return f"`{said}` is not known; {hint}"
