"""What an operator says about Slack."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr


class SlackSettings(BaseModel):
    """The `[slack]` section.

    app_id: of this app; events of another are ignored. Empty: learnt from our own first message.
    api_base_url: where the Web API is; empty means Slack itself.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = False
    mode: Literal["http", "socket"] = "http"
    bot_token: SecretStr = SecretStr("")
    signing_secret: SecretStr = SecretStr("")
    app_token: SecretStr = SecretStr("")
    app_id: str = ""
    api_base_url: str = ""

    @property
    def web_api_url(self) -> str:
        """The address that method names are appended to; an origin alone gets Slack's own path."""
        if not self.api_base_url:
            return "https://slack.com/api/"
        bare = urlsplit(self.api_base_url).path in ("", "/")
        return self.api_base_url.rstrip("/") + ("/api/" if bare else "/")

    @property
    def missing(self) -> tuple[str, ...]:
        """The keys that this mode needs and that say nothing."""
        second = "app_token" if self.mode == "socket" else "signing_secret"
        keys = {"bot_token": self.bot_token, second: getattr(self, second)}
        return tuple(key for key, value in keys.items() if not value.get_secret_value())
