"""How likely a reply begins with each of a few words, as chat completions tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

CANDIDATES: Final = 20
"""First words whose chance is told; the most that OpenAI and vLLM tell."""
UNLIKELY: Final = -20.0
"""The log probability of a word that is not among them."""


class FirstWord:
    """Listens to the events of one reply for the candidates of its first token."""

    def __init__(self) -> None:
        self._found: Mapping[str, float] = {}

    def hear(self, event: Mapping[str, object]) -> None:
        """Take in one event; only the first that tells chances counts."""
        if not self._found:
            self._found = _candidates(event)

    def chances(self, choices: Sequence[str]) -> tuple[float, ...]:
        """The log probability of each choice; nothing where none were told."""
        if not self._found:
            return ()
        return tuple(self._found.get(choice, UNLIKELY) for choice in choices)


def _candidates(event: Mapping[str, object]) -> Mapping[str, float]:
    """How likely each candidate was; of two spellings the likelier one counts."""
    found: dict[str, float] = {}
    for candidate in _top(event):
        match candidate:
            case {"token": str(token), "logprob": int() | float() as logprob}:
                word = token.strip().casefold()
                found[word] = max(found.get(word, UNLIKELY), float(logprob))
            case _:
                continue
    return found


def _top(event: Mapping[str, object]) -> Sequence[object]:
    match event.get("choices"):
        case [{"logprobs": {"content": [{"top_logprobs": [*candidates]}, *_]}}]:
            return candidates
        case _:
            return ()
