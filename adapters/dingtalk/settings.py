"""What an operator says about DingTalk."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class DingTalkSettings(BaseModel):
    """The `[dingtalk]` section.

    robot_code: as the console shows it; empty means the client id, which is the same for most apps.
    corp_id, robot_code: where set, requests that name another organisation or robot are refused.
    card_template_id: the AI card answers are shown in; empty means plain Markdown messages.
    card_secret: signs card callbacks over HTTP; empty means the client secret.
    card_route_key: the name under which the address of card callbacks is known to DingTalk.
    card_callback_url: our public `…/dingtalk/cards`, told to DingTalk at the start; empty where
        it was registered by hand.
    max_drafts: edits of one answer, the last one included. Each is a call, and a free organisation
        has 5,000 a month for everything it does.
    max_draft_bytes, max_streamed_bytes: of one draft, and of all drafts of a card together; what
        DingTalk advises.
    max_content_bytes: of the final text of a card.
    max_message_bytes: of a Markdown message with all that is around it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = False
    mode: Literal["http", "stream"] = "http"
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    robot_code: str = ""
    corp_id: str = ""
    card_template_id: str = ""
    card_secret: SecretStr = SecretStr("")
    card_route_key: str = "deskmate"
    card_callback_url: str = ""
    event_token: SecretStr = SecretStr("")
    event_aes_key: SecretStr = SecretStr("")
    api_base_url: str = ""
    max_drafts: int = Field(default=6, ge=1)
    draft_interval_s: float = Field(default=1.0, gt=0)
    max_draft_bytes: int = Field(default=1_000, ge=100)
    max_streamed_bytes: int = Field(default=3_000, ge=100)
    max_content_bytes: int = Field(default=20_000, ge=1_000)
    max_message_bytes: int = Field(default=15_000, ge=1_000)

    @property
    def api(self) -> str:
        """Where all calls go, without a slash at the end."""
        return (self.api_base_url or "https://api.dingtalk.com").rstrip("/")

    @property
    def legacy_api(self) -> str:
        """Where the calls go that the new interface does not have."""
        return (self.api_base_url or "https://oapi.dingtalk.com").rstrip("/")

    @property
    def robot(self) -> str:
        """Who speaks."""
        return self.robot_code or self.client_id

    @property
    def card_key(self) -> SecretStr:
        """What card callbacks are signed with."""
        return self.card_secret if self.card_secret.get_secret_value() else self.client_secret

    @property
    def missing(self) -> tuple[str, ...]:
        """The keys that are needed and say nothing."""
        keys = {"client_id": self.client_id, "client_secret": self.client_secret.get_secret_value()}
        return tuple(key for key, value in keys.items() if not value)
