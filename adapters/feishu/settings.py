"""What an operator says about Feishu."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

OPEN_PLATFORM: Final = "https://open.feishu.cn"


class FeishuSettings(BaseModel):
    """The `[feishu]` section.

    tenant_key: events of another company are ignored; empty takes those of any.
    api_base_url: `https://open.larksuite.com` for Lark; empty means Feishu itself.
    draft_interval_s: the pause between two drafts of one card. Feishu lets an app call a method
        1,000 times a minute, so eight answers at once must not be faster than two a second.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = False
    mode: Literal["http", "websocket"] = "http"
    app_id: str = ""
    app_secret: SecretStr = SecretStr("")
    verification_token: SecretStr = SecretStr("")
    encrypt_key: SecretStr = SecretStr("")
    tenant_key: str = ""
    api_base_url: str = ""
    draft_interval_s: float = Field(default=0.5, ge=0.1, le=60)

    @property
    def origin(self) -> str:
        """Where all calls go."""
        return self.api_base_url.rstrip("/") or OPEN_PLATFORM

    @property
    def missing(self) -> tuple[str, ...]:
        """The keys that this mode needs and that say nothing."""
        keys = {"app_id": self.app_id, "app_secret": self.app_secret.get_secret_value()}
        if self.mode == "http":
            keys["verification_token"] = self.verification_token.get_secret_value()
        return tuple(key for key, value in keys.items() if not value)
