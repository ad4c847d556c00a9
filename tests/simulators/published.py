"""Holds requests and responses against a published OpenAPI description."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

METHODS = ("get", "put", "post", "delete")


class Published:
    """What an API says of itself.

    Paths are templates, as in `/collections/{collection_name}`.
    """

    def __init__(self, description: Path) -> None:
        raw = json.loads(description.read_text(encoding="utf-8"))
        self._paths = raw["paths"]
        self._components = _as_json_schema(raw["components"])
        self._validator = cache(self._make_validator)

    def check_request(self, method: str, path: str, body: object) -> None:
        """Raise jsonschema.ValidationError unless the body has the published shape."""
        described = self._paths[path][method].get("requestBody")
        if described is None:
            assert body is None, f"{method} {path} takes no body"
            return
        self._validator(method, path, "request").validate(body)

    def check_parameters(
        self, method: str, path: str, query: Mapping[str, str], places: Mapping[str, str]
    ) -> None:
        """Raise unless everything in the address is published and has the published shape."""
        described = self._paths[path][method].get("parameters", [])
        known = {(each["in"], each["name"]): each for each in described}
        for where, given in (("query", query), ("path", places)):
            for name, value in given.items():
                assert (where, name) in known, f"{method} {path} takes no {where} {name}"
                self._parameter(known[where, name]["schema"], value)
        needed = {key for key, each in known.items() if each.get("required")}
        missing = needed - {("query", n) for n in query} - {("path", n) for n in places}
        assert not missing, f"{method} {path} needs {missing}"

    def _parameter(self, schema: Any, value: str) -> None:
        from jsonschema import Draft202012Validator

        with suppress(ValueError):
            value = json.loads(value)  # a number or a boolean
        described = {**_as_json_schema(schema), "components": self._components}
        Draft202012Validator(described).validate(value)

    def check_response(self, method: str, path: str, body: object) -> None:
        """Raise jsonschema.ValidationError unless a 200 may look like this."""
        self._validator(method, path, "response").validate(body)

    def _make_validator(self, method: str, path: str, side: str) -> Any:
        from jsonschema import Draft202012Validator

        operation = self._paths[path][method]
        content = operation["requestBody"] if side == "request" else operation["responses"]["200"]
        schema = _as_json_schema(content["content"]["application/json"]["schema"])
        return Draft202012Validator({**schema, "components": self._components})


def _as_json_schema(described: Any) -> Any:
    """OpenAPI 3.0 says `nullable` where JSON Schema names the type null."""
    if isinstance(described, list):
        return [_as_json_schema(item) for item in described]
    if not isinstance(described, dict):
        return described
    if described == {"nullable": True}:
        return {"type": "null"}
    schema = {name: _as_json_schema(value) for name, value in described.items()}
    if schema.pop("nullable", False) is True:
        return {"anyOf": [schema, {"type": "null"}]}
    return schema
