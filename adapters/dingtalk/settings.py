"""What an operator says about DingTalk."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, SecretStr


class DingTalkSettings(BaseModel):
    """The `[dingtalk]` section."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = False
    mode: Literal["http", "stream"] = "http"
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    robot_code: str = ""
    corp_id: str = ""
    card_template_id: str = ""
    event_token: SecretStr = SecretStr("")
    event_aes_key: SecretStr = SecretStr("")
    api_base_url: str = ""
