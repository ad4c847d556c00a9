"""What can be set about the playground."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class PlaygroundSettings(BaseModel):
    """Names, examples and limits of the playground: the `[playground]` section.

    enabled: `deskmate serve` shows the page too; `deskmate demo` always does.
    allowed_hosts: names a browser may use in the address bar; any other is a rebinding attack.
    user_id: who everybody at this page is; the playground has no sign-in.
    examples_zh, examples_en: questions to start from, shown while the page is empty.
    knows_zh, knows_en: titles of what was read, so that the page can say what it knows.
    heartbeat_s: a sign of life on a silent stream, so that a dead connection is noticed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = False
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "::1")
    user_id: str = "local"
    user_name: str = ""
    examples_zh: tuple[str, ...] = ()
    examples_en: tuple[str, ...] = ()
    knows_zh: tuple[str, ...] = ()
    knows_en: tuple[str, ...] = ()
    max_text_chars: int = Field(default=4_000, ge=1)
    max_body_bytes: int = Field(default=65_536, ge=1)
    max_conversations: int = Field(default=64, ge=2)
    max_messages: int = Field(default=200, ge=2)
    max_streams: int = Field(default=16, ge=1)
    heartbeat_s: float = Field(default=15.0, gt=0)

    @model_validator(mode="after")
    def _an_open_stream_is_never_evicted(self) -> Self:
        if self.max_streams >= self.max_conversations:
            raise ValueError("max_streams must be below max_conversations")
        return self
