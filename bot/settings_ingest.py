"""The `[ingest]` section: what administrators may take in by command."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class IngestSettings(BaseModel):
    """The `[ingest]` section.

    roots: folders below which `/deskmate ingest` may read; none: no folder.
    hosts: of the house, which may be fetched from though their addresses are private, at any port;
        others are refused.
    max_bytes: of a fetched file. total_s: until all of it must be there, redirects included.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    roots: tuple[Path, ...] = ()
    hosts: tuple[str, ...] = ()
    max_bytes: int = Field(default=20_000_000, ge=1_000, le=50_000_000)
    total_s: float = Field(default=30.0, gt=0, le=600)
