"""A chart rendered by Helm's own engine, and questions to what came out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import helm_python
import yaml

Manifest: TypeAlias = dict[str, Any]

CHART: Final = Path(__file__).parents[2] / "helm"
_VALUES: Final = Path(__file__).parent / "values"
SETS: Final = tuple(sorted(path.stem for path in _VALUES.glob("*.yaml")))
"""Names of the values that every general test renders."""

_NODES: Final = ("Deployment", "StatefulSet", "Job", "CronJob")


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What would be installed."""

    manifests: tuple[Manifest, ...]
    notes: str

    def all(self, kind: str) -> list[Manifest]:
        return [one for one in self.manifests if one["kind"] == kind]

    def the(self, kind: str, name: str = "deskmate") -> Manifest:
        (found,) = [one for one in self.all(kind) if one["metadata"]["name"] == name]
        return found

    def has(self, kind: str, name: str) -> bool:
        return any(one["metadata"]["name"] == name for one in self.all(kind))

    def pods(self) -> Iterator[tuple[str, Manifest]]:
        """Name and pod template of everything that runs."""
        for one in self.manifests:
            if one["kind"] in _NODES:
                yield one["metadata"]["name"], _template(one)

    def pod(self, name: str) -> Manifest:
        return dict(self.pods())[name]

    def containers(self) -> Iterator[tuple[str, Manifest]]:
        for name, pod in self.pods():
            for container in _containers(pod):
                yield f"{name}/{container['name']}", container

    @property
    def bot(self) -> Manifest:
        return _containers(self.pod("deskmate"))[-1]

    @property
    def toml(self) -> str:
        text: str = self.the("ConfigMap")["data"]["deskmate.toml"]
        return text


def env(container: Manifest) -> Mapping[str, Any]:
    """Variables by name: a value, or where it comes from."""
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in container["env"]}


def values_of(name: str) -> Manifest:
    values: Manifest = yaml.safe_load((_VALUES / f"{name}.yaml").read_text("utf-8"))
    return values


def render(values: Manifest | str | None = None, *, chart: Path = CHART) -> Release:
    """What `helm install deskmate` would create with these values, or with a set of them."""
    given = values_of(values) if isinstance(values, str) else (values or {})
    with helm_python.Chart.load(chart) as loaded:
        files = loaded.render(values=given, name="deskmate", namespace="bots")
    notes = next(text for name, text in files.items() if name.endswith("NOTES.txt"))
    rendered = (text for name, text in sorted(files.items()) if not name.endswith("NOTES.txt"))
    documents = (one for text in rendered for one in yaml.load_all(text, _Once) if one)
    return Release(manifests=tuple(documents), notes=notes)


class _Once(yaml.SafeLoader):
    """Safe, and strict: a key that stands twice in a map is a mistake, not the last one's."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"twice: {keys}"
        return super().construct_mapping(node, deep=deep)


def _template(one: Manifest) -> Manifest:
    spec = one["spec"]["jobTemplate"]["spec"] if one["kind"] == "CronJob" else one["spec"]
    template: Manifest = spec["template"]
    return template


def _containers(pod: Manifest) -> list[Manifest]:
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
