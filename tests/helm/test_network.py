"""Who may speak to whom: nobody to anybody, but for what is configured."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helm.release import Manifest, Release, render

PORT = 8080


def egress(release: Release, part: str = "bot") -> list[Manifest]:
    rules: list[Manifest] = release.the("NetworkPolicy", f"deskmate-{part}")["spec"].get(
        "egress", []
    )
    return [rule for rule in rules if {one["port"] for one in rule["ports"]} != {53}]


def ports(rules: list[Manifest]) -> set[int]:
    return {one["port"] for rule in rules for one in rule["ports"]}


def peers(rules: list[Manifest], port: int) -> list[Any]:
    return [peer for rule in rules if ports([rule]) == {port} for peer in rule["to"]]


def test_every_pod_is_closed_unless_another_policy_opens_it(release: Release) -> None:
    closed = release.the("NetworkPolicy", "deskmate-nothing")["spec"]

    assert closed["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in closed
    assert "egress" not in closed
    for _, pod in release.pods():
        assert closed["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()


def test_the_smallest_bot_speaks_to_nobody() -> None:
    release = render({"models": {"source": "image"}})

    assert egress(release) == []
    assert "ingress" not in release.the("NetworkPolicy", "deskmate-bot")["spec"]


def test_only_what_is_configured_is_open() -> None:
    release = render("cluster")

    assert ports(egress(release)) == {443, 5432, 6333}
    assert peers(egress(release), 5432) == [_namespace("databases")]
    assert peers(egress(release), 6333) == [_namespace("vectors")]


def test_platforms_are_reached_at_public_addresses_alone() -> None:
    (v4, v6) = peers(egress(render("cluster")), 443)

    assert v4["ipBlock"]["cidr"] == "0.0.0.0/0"
    assert {"10.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16"} <= set(v4["ipBlock"]["except"])
    assert "fc00::/7" in v6["ipBlock"]["except"]


def test_no_rule_opens_the_address_where_clouds_hand_out_credentials(release: Release) -> None:
    for policy in release.all("NetworkPolicy"):
        for rule in policy["spec"].get("egress", []):
            wide = [one["ipBlock"] for one in rule["to"] if "ipBlock" in one]
            for block in wide:
                if block["cidr"] == "0.0.0.0/0":
                    assert "169.254.0.0/16" in block["except"]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("10.0.0.5", {"ipBlock": {"cidr": "10.0.0.5/32"}}),
        ("db", {"podSelector": {}}),
        ("db.data.svc.cluster.local", {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "data"}}
        }),
        ("db.example.com", {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}}),
    ],
    ids=["an address", "a service beside us", "a service elsewhere", "a name of the world"],
)  # fmt: skip
def test_a_host_is_opened_as_narrowly_as_its_name_allows(host: str, expected: Manifest) -> None:
    release = render({"postgresql": {"host": host}, "models": {"source": "image"}})

    assert peers(egress(release), 5432)[0] == expected
    assert peers(egress(release, "migrate"), 5432)[0] == expected


def test_what_an_operator_knows_better_goes_before() -> None:
    known = {"ipBlock": {"cidr": "10.9.0.0/16"}}
    told = {"qdrant": [known], "platforms": [known], "postgresql": [known]}

    release = render(
        {
            "models": {"source": "image"},
            "config": {"slack": {"enabled": True}},
            "postgresql": {"host": "db.example.com"},
            "qdrant": {"url": "https://qdrant.example.com"},
            "networkPolicy": {"to": told},
        }
    )

    assert all(rule["to"] == [known] for rule in egress(release))
    assert ports(egress(release)) == {443, 5432}


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("http://qdrant.vectors.svc:6333", 6333),
        ("https://qdrant.example.com", 443),
        ("http://10.0.0.7/", 80),
    ],
)
def test_the_port_of_an_address_is_the_one_it_means(url: str, port: int) -> None:
    release = render({"qdrant": {"url": url}, "models": {"source": "image"}})

    assert ports(egress(release)) == {port}


def test_a_model_server_elsewhere_and_a_collector_are_opened() -> None:
    generation = {"engine": "openai", "base_url": "http://llm.models.svc:8000/v1"}
    release = render(
        {
            "models": {"source": "image"},
            "config": {"generation": generation},
            "tracing": {"endpoint": "http://collector.tracing.svc:4318"},
        }
    )

    assert peers(egress(release), 8000) == [_namespace("models")]
    assert peers(egress(release), 4318) == [_namespace("tracing")]


def test_a_platform_at_an_address_of_its_own_is_opened() -> None:
    slack = {"enabled": True, "api_base_url": "http://slack-proxy.edge.svc:8090"}
    release = render({"models": {"source": "image"}, "config": {"slack": slack}})

    assert peers(egress(release), 8090) == [_namespace("edge")]


def test_an_ingest_reaches_stores_and_no_platform() -> None:
    release = render("everything")

    assert ports(egress(release, "ingest")) == {443, 5432, 6333}  # 443: where weights are fetched
    assert ports(egress(release)) > ports(egress(release, "ingest"))


def test_stores_and_models_of_the_release_call_nobody() -> None:
    release = render("everything")

    assert all(not egress(release, part) for part in ("qdrant", "postgresql", "model"))


def test_stores_and_models_of_the_release_are_called_by_it_alone() -> None:
    release = render("everything")

    for part in ("qdrant", "postgresql", "model"):
        (rule,) = release.the("NetworkPolicy", f"deskmate-{part}")["spec"]["ingress"]
        (caller,) = rule["from"]
        labels = caller["podSelector"]["matchLabels"]
        assert labels["app.kubernetes.io/instance"] == "deskmate"
        assert "namespaceSelector" not in caller


def test_callers_are_the_ingress_and_prometheus_as_they_were_named() -> None:
    (rule,) = render("everything").the("NetworkPolicy", "deskmate-bot")["spec"]["ingress"]

    assert rule["from"] == [_namespace("ingress-nginx"), _namespace("monitoring")]
    assert [one["port"] for one in rule["ports"]] == [PORT]


def test_further_rules_are_taken_over() -> None:
    assert 8443 in ports(egress(render("everything")))


def test_policies_can_be_left_to_somebody_else() -> None:
    assert render({"networkPolicy": {"enabled": False}}).all("NetworkPolicy") == []


def _namespace(name: str) -> Manifest:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}
