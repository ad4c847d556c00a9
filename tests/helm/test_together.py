"""Whatever is switched on together, what comes out is whole."""

from __future__ import annotations

from collections.abc import Iterable

import helm_python
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helm.release import Manifest, Release, render

_WEIGHTS = st.sampled_from(
    [
        {"source": "pull"},
        {"source": "image"},
        {"source": "claim", "claim": "weights"},
        {"source": "pull", "indexUrl": "https://index.example.com/simple"},
    ]
)
_POSTGRESQL = st.sampled_from(
    [
        {},
        {"host": "db.example.com"},
        {"host": "10.0.0.5", "password": {"name": "pg"}},
        {"bundled": {"enabled": True}, "password": {"name": "pg"}},
    ]
)
_QDRANT = st.sampled_from([{}, {"url": "http://qdrant:6333"}, {"bundled": {"enabled": True}}])
_MODEL = st.sampled_from(
    [
        {},
        {"enabled": True, "image": "m:1", "weights": {"huggingFace": "a/b"}},
        {
            "enabled": True,
            "image": "m:1",
            "kind": "vllm",
            "weights": {"claim": "w", "path": "m"},
            "gpu": {"count": 1},
        },
    ]
)
_SECRETS = st.sampled_from(
    [
        {},
        {"existingSecret": "s", "keys": {"slack.bot_token": "t", "generation.api_key": "k"}},
        {
            "external": {
                "enabled": True,
                "store": {"name": "v"},
                "remote": {"slack.bot_token": {"key": "a"}, "postgresql.password": {"key": "b"}},
            }
        },
    ]
)
_VALUES = st.fixed_dictionaries(
    {
        "models": _WEIGHTS,
        "postgresql": _POSTGRESQL,
        "qdrant": _QDRANT,
        "modelServer": _MODEL,
        "secrets": _SECRETS,
        "documents": st.sampled_from([{}, {"volume": {"nfs": {"server": "n", "path": "/"}}}]),
        "config": st.sampled_from([{}, {"slack": {"enabled": True}}]),
        "autoscaling": st.fixed_dictionaries({"enabled": st.booleans()}),
        "ingest": st.fixed_dictionaries({"enabled": st.booleans()}),
        "ingress": st.fixed_dictionaries(
            {"enabled": st.booleans(), "host": st.just("bot.example")}
        ),
        "networkPolicy": st.fixed_dictionaries({"enabled": st.booleans()}),
        "tracing": st.sampled_from([{}, {"endpoint": "http://collector:4318"}]),
    }
)


@settings(max_examples=150)
@given(values=_VALUES)
def test_every_combination_is_whole_or_refused_in_a_sentence(values: Manifest) -> None:
    release = rendered(values)
    if isinstance(release, str):
        assert release.split(".")[0] in values, release
        return

    there = {(one["kind"], one["metadata"]["name"]) for one in release.manifests}
    assert len(there) == len(release.manifests)
    wanted = set(_claims(release.pods()))
    ours = {name for kind, name in there if kind == "PersistentVolumeClaim"}
    assert {name for name in wanted if name.startswith("deskmate")} == ours
    for _, pod in release.pods():
        for container in pod["spec"]["containers"]:
            names = [one["name"] for one in container.get("env", [])]
            assert len(names) == len(set(names))


def rendered(values: Manifest) -> Release | str:
    """What comes out, or the sentence that says why nothing does."""
    try:
        return render(values)
    except helm_python.HelmRenderError as refused:
        return str(refused).partition("/deployment.yaml:1:4): ")[2]


def _claims(pods: Iterable[tuple[str, Manifest]]) -> list[str]:
    return [
        volume["persistentVolumeClaim"]["claimName"]
        for _, pod in pods
        for volume in pod["spec"]["volumes"]
        if "persistentVolumeClaim" in volume
    ]
