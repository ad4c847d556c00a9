"""Who may read a document because somebody said so, whatever its file or folder says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

AudienceRules: TypeAlias = Mapping[str, frozenset[str]]
"""Readers by document id, or by the beginning of ids that a folder is, which ends in `__`."""

_DEEPER = "__"


def ruled(document_id: str, rules: AudienceRules) -> frozenset[str] | None:
    """The readers that were named for a document; None where nobody named any.

    Its own rule goes before its folder's, and a folder's before that of the folder around it.
    """
    if document_id in rules:
        return rules[document_id]
    folders = (name for name in rules if name.endswith(_DEEPER) and document_id.startswith(name))
    nearest = max(folders, key=len, default=None)
    return None if nearest is None else rules[nearest]


def folder_rule(folder: str) -> str:
    """The name of a folder in the rules: `hr/pay/` is `hr__pay__`."""
    return f"{folder.strip('/').replace('/', _DEEPER)}{_DEEPER}"
