"""Values that mean nothing, or not together, are refused in a sentence that helps."""

from __future__ import annotations

import helm_python
import pytest
import yaml

from helm.values_schema import files
from tests.helm.release import CHART, Manifest, render, values_of

EXAMPLES = (CHART.parent / "docs" / "how-to" / "kubernetes.md").read_text("utf-8")


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_what_make_chart_writes_is_up_to_date(path: object) -> None:
    written = {str(place): text for place, text in files().items()}

    assert (CHART / str(path)).read_text("utf-8") == written[str(path)], "run `make chart`"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"replica": 2}, "additional properties 'replica' not allowed"),
        ({"config": {"slak": {}}}, "additional properties 'slak' not allowed"),
        ({"config": {"slack": {"enabeld": True}}}, "additional properties 'enabeld' not allowed"),
        ({"config": {"server": {"host": "::"}}}, "additional properties 'host' not allowed"),
        ({"config": {"storage": {"database_url": "x"}}}, "'database_url' not allowed"),
        ({"config": {"groups": {"mode": "always"}}}, "must be one of 'mention', 'relevant'"),
        ({"config": {"limits": {"questions_per_minute": 0}}}, "minimum: got 0, want 1"),
        ({"config": {"limits": {"votes_per_day": "many"}}}, "got string, want integer"),
        ({"secrets": {"keys": {"slack.token": "x"}}}, "slack.token"),
        ({"replicas": 0}, "got 0, want 1"),
        ({"runAsUser": 0}, "got 0, want 1"),
        ({"image": {"digest": "latest"}}, "does not match pattern"),
        ({"persistence": {"size": "much"}}, "does not match pattern"),
        ({"models": {"source": "hub"}}, "must be one of 'pull', 'image', 'claim'"),
        ({"models": {"indexUrl": "https://me:secret@index"}}, "does not match pattern"),
        ({"qdrant": {"url": "qdrant:6333"}}, "does not match pattern"),
        ({"modelServer": {"kind": "ollama"}}, "must be one of 'llama-server', 'vllm'"),
    ],
    ids=lambda one: one if isinstance(one, str) else str(one)[:40],
)
def test_a_value_that_means_nothing_is_refused_by_its_name(values: Manifest, said: str) -> None:
    with pytest.raises(helm_python.HelmError) as refused:
        render(values)

    assert said in str(refused.value)


BOTH = {"postgresql": {"host": "db"}, "qdrant": {"url": "http://qdrant:6333"}}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"secrets": {"keys": {"slack.bot_token": "x"}}}, "secrets.existingSecret does not say"),
        ({"secrets": {"external": {"enabled": True}}}, "secrets.external.store.name is empty"),
        ({"models": {"source": "claim"}}, "models.claim is empty"),
        ({"ingest": {"enabled": True}} | BOTH, "documents.volume says nothing"),
        ({"autoscaling": {"enabled": True, "queueDepth": 0, "cpuPercent": 0}} | BOTH, "nothing to"),
        ({"autoscaling": {"enabled": True, "minReplicas": 9}} | BOTH, "is more than"),
        ({"postgresql": {"host": "db", "bundled": {"enabled": True}}}, "exclude each other"),
        ({"postgresql": {"bundled": {"enabled": True}}}, "make a Secret with its password"),
        ({"qdrant": {"url": "http://q:1", "bundled": {"enabled": True}}}, "exclude each other"),
        ({"modelServer": {"enabled": True}}, "name the image you tried"),
        ({"modelServer": {"enabled": True, "image": "x"}}, "say where its weights are"),
        ({"ingress": {"enabled": True}}, "ingress.host is empty"),
        ({"ingress": {"enabled": True, "host": "x"}}, "there is nothing to let in"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_values_that_do_not_go_together_are_refused(values: Manifest, said: str) -> None:
    with pytest.raises(helm_python.HelmError) as refused:
        render(values)

    assert said in str(refused.value)


def test_several_pods_may_hold_changes_back_without_a_volume_that_they_share() -> None:
    assert render({"config": {"loop": {"gate": "block"}}, "replicas": 2} | BOTH)


@pytest.mark.parametrize("block", range(EXAMPLES.count("```yaml")))
def test_every_example_of_the_guide_can_be_installed(block: int) -> None:
    text = EXAMPLES.split("```yaml")[block + 1].partition("```")[0]

    assert render(yaml.safe_load(text)).the("Deployment")


def test_an_address_of_a_model_is_said_once() -> None:
    values = values_of("gpu") | {"config": {"generation": {"base_url": "http://llm/v1"}}}

    with pytest.raises(helm_python.HelmError, match="exclude each other"):
        render(values)


def test_a_chart_inside_a_chart_gets_what_is_global() -> None:
    assert render({"global": {"region": "cn-hangzhou"}}).the("Deployment")


def test_the_package_holds_no_python(tmp_path: object) -> None:
    with helm_python.Chart.load(CHART) as chart:
        assert not [one["name"] for one in chart.files if one["name"].endswith(".py")]


def test_the_chart_is_of_the_bot_s_version() -> None:
    from bot import __version__

    with helm_python.Chart.load(CHART) as chart:
        assert chart.metadata["appVersion"] == __version__
