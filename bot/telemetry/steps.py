"""The steps that are timed, and which of them are parts of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TIMED: Final[Mapping[str, str]] = {
    "ack": "an event is taken in",
    "claim": "events that came together are put on disk",
    "wait": "an event waits for its turn",
    "event": "all work on an event",
    "context": "who reads, and what was said before",
    "answer": "from the question to the answer",
    "curated": "verified answers are looked through",
    "retrieve": "passages are searched",
    "embed": "the question becomes vectors",
    "search": "the store is asked",
    "fuse": "rankings become one",
    "late": "the best are compared token by token",
    "rerank": "a cross-encoder reads the best",
    "widen": "what stands around them is read",
    "decide": "is the answer there, and in which statements",
    "judge": "the model says whether it is there",
    "same_judge": "the model says whether two questions ask the same",
    "generate": "the model writes",
    "queue": "a prompt waits for the model",
    "model": "the model works on a prompt",
    "check": "does the evidence say so",
    "render": "an answer becomes a card",
    "send": "a platform takes a card",
    "update": "a platform changes a card",
}
"""Every step with a time, and what happens in it."""

PARTS: Final[Mapping[str, frozenset[str]]] = {
    "ack": frozenset({"claim"}),
    "retrieve": frozenset({"embed", "search", "fuse", "late", "rerank", "widen"}),
    "judge": frozenset({"queue", "model"}),
    "same_judge": frozenset({"queue", "model"}),
    "generate": frozenset({"queue", "model"}),
    "answer": frozenset(
        {"curated", "retrieve", "decide", "judge", "same_judge", "generate", "check"}
    ),
}
"""What each step may hold. A draft that is sent while the model writes is no part of the writing,
though it lies within its time.
"""
