"""The `[telemetry]` section: where traces go, if anywhere."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

_TRACES = "/v1/traces"


class TelemetrySettings(BaseModel):
    """The `[telemetry]` section.

    otlp_endpoint: a collector that speaks OTLP over HTTP, as in `http://otel:4318`; empty: no
        traces are made.
    otlp_headers: sent with them, as a key; secret.
    sample_ratio: the share of events that are traced.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    otlp_endpoint: str = ""
    otlp_headers: dict[str, SecretStr] = Field(default_factory=dict)
    sample_ratio: float = Field(default=1.0, ge=0.0, le=1.0)

    @field_validator("otlp_endpoint")
    @classmethod
    def _is_address(cls, address: str) -> str:
        parts = urlsplit(address)
        if address and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("an address begins with http:// or https://")
        if parts.username is not None or parts.password is not None:
            raise ValueError("keys stand in otlp_headers, not in the address")
        return address

    @property
    def traces_url(self) -> str:
        """Where traces are sent; the usual path where the address has none."""
        parts = urlsplit(self.otlp_endpoint)
        path = parts.path if parts.path.strip("/") else _TRACES
        return urlunsplit(parts._replace(path=path))
