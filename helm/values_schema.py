"""Writes `values.yaml`, `values.schema.json` and `docs/reference/helm-values.md`: `make chart`.

The chart's own values come from `values_model.py`, the section `config` from the bot's settings,
so that a key the bot does not know is refused before anything is installed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel

from bot.settings import Settings
from helm.values_model import Chart, Values

CHART: Final = Path(__file__).parent
REFERENCE: Final = CHART.parent / "docs" / "reference" / "helm-values.md"

CHART_SETS: Final = {
    "server": {"host", "port"},
    "storage": {"data_dir", "database_url"},
    "knowledge": {"qdrant_url"},
    "telemetry": {"otlp_endpoint"},
}
"""Settings that the chart knows from other values; saying them twice would let them differ."""

_NEW: Final[Mapping[str, str]] = {"$defs": "definitions"}
_DIALECT: Final = "http://json-schema.org/draft-07/schema#"

Node = dict[str, Any]


def schema() -> Node:
    """The JSON Schema of the chart's values, in the dialect that every Helm understands."""
    whole = _tidy(Chart.model_json_schema(by_alias=True))
    settings = _tidy(Settings.model_json_schema())
    secret = sorted(secret_settings())
    whole["definitions"] |= {f"config.{name}": node for name, node in config(settings).items()}
    whole["properties"]["config"] = _said_by(whole, "config") | {
        "$ref": "#/definitions/config.Settings"
    }
    keys = whole["definitions"]["Secrets"]["properties"]["keys"]
    keys["propertyNames"] = {"enum": secret}
    remote = whole["definitions"]["External"]["properties"]["remote"]
    remote["propertyNames"] = {"enum": [*secret, "postgresql.password"]}
    whole["properties"]["global"] = {"type": "object"}  # Helm's own, for charts inside charts
    written: Node = {"$schema": _DIALECT} | whole
    return written


def secret_settings() -> Iterator[str]:
    """Every secret setting, as `section.key`."""
    settings = Settings.model_json_schema()
    for section, place in settings["properties"].items():
        node = settings["$defs"].get(place.get("$ref", "").rpartition("/")[2], {})
        for key, value in node.get("properties", {}).items():
            if _is_secret(value) and key not in CHART_SETS.get(section, set()):
                yield f"{section}.{key}"


def _is_secret(node: Node) -> bool:
    """A secret, or a table of them."""
    inside = node.get("additionalProperties")
    return bool(node.get("writeOnly")) or (isinstance(inside, dict) and _is_secret(inside))


def config(settings: Node) -> Node:
    """The definitions of deskmate.toml, without secrets and without what the chart sets."""
    definitions: Node = settings.pop("definitions") | {"Settings": settings}
    owners = {name: place["$ref"] for name, place in settings["properties"].items()}
    for section, reference in owners.items():
        section_node = definitions[reference.rpartition("/")[2]]
        section_node["properties"] = {
            key: value
            for key, value in section_node["properties"].items()
            if not _is_secret(value) and key not in CHART_SETS.get(section, set())
        }
    return {name: _moved(node) for name, node in definitions.items()}


def values_yaml() -> str:
    """The default values, each with its meaning above it."""
    head = "# Written by `make chart`; docs/reference/helm-values.md has the same as a table.\n"
    return head + "\n".join(_yaml_lines(Chart, indent="")) + "\n"


def reference() -> str:
    """The page that lists every value."""
    rows = [f"| `{key}` | {default} | {meaning} |" for key, default, meaning in _rows(Chart)]
    return _HEAD + "\n".join(rows) + "\n"


def files() -> Mapping[Path, str]:
    """Every generated file with its text."""
    return {
        CHART / "values.schema.json": json.dumps(schema(), indent=2, ensure_ascii=False) + "\n",
        CHART / "values.yaml": values_yaml(),
        REFERENCE: reference(),
    }


def main() -> None:
    """Write what is generated."""
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")


_HEAD: Final = """# Values of the Helm chart

Written by `make chart`. Every value with its default; `helm install` refuses any other key.
[How to install](../how-to/kubernetes.md) says which of them you need.

| value | default | means |
|---|---|---|
"""


def _said_by(whole: Node, key: str) -> Node:
    return {"description": whole["properties"][key]["description"]}


def _tidy(node: Any) -> Any:
    """Without titles, defaults and formats, which validators read differently, nor docstrings."""
    if isinstance(node, list):
        return [_tidy(one) for one in node]
    if not isinstance(node, dict):
        return node
    dropped = {"title", "format", "default"} | ({"description"} if "properties" in node else set())
    tidy: Node = {_NEW.get(key, key): _tidy(one) for key, one in node.items() if key not in dropped}
    if "properties" in node:  # there, a key that is called `title` is no annotation
        tidy["properties"] = {name: _tidy(one) for name, one in node["properties"].items()}
    return _referring(tidy, "#/$defs/", "#/definitions/")


def _moved(node: Any) -> Any:
    """References into the part of the schema that is the bot's."""
    if isinstance(node, list):
        return [_moved(one) for one in node]
    if not isinstance(node, dict):
        return node
    moved = {key: _moved(value) for key, value in node.items()}
    return _referring(moved, "#/definitions/", "#/definitions/config.")


def _referring(node: Node, old: str, new: str) -> Node:
    reference = node.get("$ref")
    return node | {"$ref": reference.replace(old, new)} if isinstance(reference, str) else node


def _yaml_lines(model: type[Values], indent: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if not indent:
            yield ""
        if field.description:
            yield f"{indent}# {field.description}"
        inner = _inner(field.annotation)
        if inner is not None:
            yield f"{indent}{field.alias or name}:"
            yield from _yaml_lines(inner, indent + "  ")
            continue
        text = yaml.safe_dump(
            {field.alias or name: field.get_default(call_default_factory=True)},
            sort_keys=False, allow_unicode=True, width=1_000,
        )  # fmt: skip
        yield from (f"{indent}{line}" for line in text.splitlines())


def _rows(model: type[Values], above: str = "", meant: str = "") -> Iterator[tuple[str, str, str]]:
    for name, field in model.model_fields.items():
        key = f"{above}{field.alias or name}"
        meaning = field.description or ""
        inner = _inner(field.annotation)
        if inner is not None:
            yield from _rows(inner, f"{key}.", meaning)
            continue
        default = json.dumps(field.get_default(call_default_factory=True), ensure_ascii=False)
        shown = f"`{default}`" if default != '""' else "empty"
        yield key, shown, meaning or (meant if name == "enabled" else "")


def _inner(annotation: Any) -> type[Values] | None:
    is_table = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return annotation if is_table else None


if __name__ == "__main__":
    main()
