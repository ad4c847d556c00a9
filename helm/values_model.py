"""What can be said to the chart: names, defaults, bounds and meanings, in one place.

`values.yaml`, `values.schema.json` and `docs/reference/helm-values.md` are written from it by
`values_schema.py`. Keys are spelled as Kubernetes spells them, in camelCase.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Shape: TypeAlias = dict[str, Any]
"""A piece of a Kubernetes manifest, taken over as it is."""

Words: TypeAlias = dict[str, str]
Quantity = Annotated[str, Field(pattern=r"^[0-9.]+([EPTGMk]i?|m)?$")]


class Values(BaseModel):
    """A table of values: what it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


def says(meaning: str, default: Any, **bounds: Any) -> Any:
    """A value with its meaning; lists and maps are made anew each time."""
    if isinstance(default, (dict, list, type)):
        factory = default if isinstance(default, type) else lambda: type(default)(default)
        return Field(default_factory=factory, description=meaning, **bounds)
    return Field(default=default, description=meaning, **bounds)


def sized(cpu: str, memory: str, most_memory: str) -> Shape:
    """Requests, and a limit of memory; none of CPU, which would only make answers wait."""
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": most_memory}}


class Image(Values):
    repository: str = says("where your build of the Dockerfile was pushed to", "deskmate")
    tag: str = says("empty: the chart's appVersion", "")
    digest: str = says(
        "`sha256:…`; goes before the tag, and is what production should name",
        "",
        pattern=r"^$|^sha256:[0-9a-f]{64}$",
    )
    pull_policy: Literal["IfNotPresent", "Always", "Never"] = says("", "IfNotPresent")


class KeyOfSecret(Values):
    name: str = says("of a Secret in the release's namespace", "")
    key: str = says("the key in it", "password")


class SecretStore(Values):
    name: str = says("of the SecretStore", "")
    kind: Literal["SecretStore", "ClusterSecretStore"] = says("", "ClusterSecretStore")


class Remote(Values):
    key: str = Field(min_length=1)
    property: str = ""


class External(Values):
    enabled: bool = says("an ExternalSecret fetches the secrets (External Secrets Operator)", False)
    api_version: str = says("of the operator's CRD", "external-secrets.io/v1")
    store: SecretStore = says("the store that it reads", SecretStore)
    refresh_interval: str = says("how often it looks for new ones", "1h")
    remote: dict[str, Remote] = says(
        "setting → where the store has it: `slack.bot_token: {key: deskmate, property: token}`",
        {},
    )


class Secrets(Values):
    existing_secret: str = says("a Secret that exists already; the chart makes none", "")
    keys: Words = says("setting → its key in that Secret: `slack.bot_token: slack-bot-token`", {})
    external: External = says("", External)


class Persistence(Values):
    size: Quantity = says("of the volume for SQLite and embedded Qdrant", "20Gi")
    storage_class: str = says("empty: the cluster's default", "")
    existing_claim: str = says(
        "your own claim. With PostgreSQL and Qdrant none is needed; one that many may write at "
        "once then holds what is still in files (exports, fetched pages)",
        "",
    )


class Models(Values):
    source: Literal["pull", "image", "claim"] = says(
        "where the weights come from: fetched at the start of a pod, in the image already "
        "(target `complete` of the Dockerfile), or on a claim that you filled",
        "pull",
    )
    names: list[str] = says("empty: the embedders, and the local model where none is served", [])
    claim: str = says("for `source: claim`", "")
    size: Quantity = says("of the volume for `source: pull`", "5Gi")
    index_url: str = says(
        "a package index of your own for `source: pull`, without a password in it",
        "",
        pattern=r"^$|^https?://[^@]+$",
    )


class Documents(Values):
    volume: Shape = says(
        "a volume source, read only: `persistentVolumeClaim: {claimName: handbook}` or `nfs: …`; "
        "what is below it may be read by `/deskmate ingest` too",
        {},
    )
    mount_path: str = says("where pods see it", "/documents", pattern="^/")


class Ingest(Values):
    enabled: bool = says("a CronJob takes the documents in; needs PostgreSQL and Qdrant", False)
    schedule: str = says("as cron writes it", "17 * * * *")
    time_zone: str = says("of the schedule, as `Asia/Shanghai`; empty: the cluster's", "")
    audiences: list[str] = says("who may read them; empty: as configured", [])
    deadline_seconds: int = says("an ingest that takes longer is stopped", 7200, ge=60)
    resources: Shape = says("", sized("1", "1Gi", "3Gi"))


class Migrations(Values):
    enabled: bool = says("`deskmate migrate` before pods of a new version start", True)
    deadline_seconds: int = says("a migration that takes longer has failed", 900, ge=30)
    resources: Shape = says("", sized("100m", "256Mi", "512Mi"))


class BundledPostgresql(Values):
    enabled: bool = says("one PostgreSQL server of our own, for trying a cluster out", False)
    image: str = says("", "docker.io/library/postgres:18-bookworm")
    size: Quantity = says("of its volume", "10Gi")
    storage_class: str = says("", "")
    resources: Shape = says("", sized("250m", "256Mi", "1Gi"))


class Postgresql(Values):
    host: str = says("empty, and none bundled: SQLite in the volume", "")
    port: int = says("where it listens", 5432, ge=1, le=65535)
    database: str = says("must exist; the user owns it", "deskmate", pattern="^[A-Za-z0-9_-]+$")
    user: str = says("", "deskmate", pattern="^[A-Za-z0-9_.-]+$")
    parameters: str = says(
        "after the `?` of the address", "ssl=require", pattern="^[A-Za-z0-9_=&./-]*$"
    )
    password: KeyOfSecret = says("", KeyOfSecret)
    bundled: BundledPostgresql = says("", BundledPostgresql)


class BundledQdrant(Values):
    enabled: bool = says("one Qdrant server of our own; a cluster is given by `url`", False)
    image: str = says("", "docker.io/qdrant/qdrant:v1.20.0-unprivileged")
    size: Quantity = says("of its volume", "20Gi")
    storage_class: str = says("", "")
    resources: Shape = says("", sized("500m", "1Gi", "4Gi"))


class Qdrant(Values):
    url: str = says(
        "empty, and none bundled: embedded in the volume. Its key is `knowledge.qdrant_api_key` "
        "of the secrets",
        "",
        pattern=r"^$|^https?://[^/@]+/?$",
    )
    bundled: BundledQdrant = says("", BundledQdrant)


class Weights(Values):
    claim: str = says("a claim with the weights, mounted read only at `/weights`", "")
    path: str = says("below it: a GGUF file for llama-server, a folder for vLLM", "")
    hugging_face: str = says(
        "or fetched: `owner/repository[:quant]`; opens HTTPS to the world for the model server",
        "",
    )
    size: Quantity = says("of the cache for what is fetched", "40Gi")


class Gpu(Values):
    count: int = says("0: on CPU", 0, ge=0)
    resource: str = says("how the device plugin calls it", "nvidia.com/gpu")
    runtime_class: str = says("`nvidia` where the nodes need it said", "")


class ModelServer(Values):
    enabled: bool = says("a language model server beside the bot", False)
    kind: Literal["llama-server", "vllm"] = says("which of the two", "llama-server")
    image: str = says(
        "the very one you tried, best by digest, out of `ghcr.io/ggml-org/llama.cpp` (`server-…`, "
        "`server-cuda-…`) or `docker.io/vllm/vllm-openai`; none is assumed",
        "",
    )
    model: str = says("how the model is called in requests", "local")
    weights: Weights = says("", Weights)
    context_tokens: int = says("of one answer", 8192, ge=512)
    parallel: int = says("answers at a time (llama-server)", 4, ge=1, le=256)
    gpu: Gpu = says("", Gpu)
    args: list[str] = says("further words of its command line", [])
    replicas: int = says("how many servers", 1, ge=1)
    resources: Shape = says("", sized("2", "4Gi", "8Gi"))
    startup_seconds: int = says("so long loading the weights may take", 1800, ge=30)
    run_as_user: int = says("the numeric user; never 0", 10001, ge=1)
    node_selector: Words = says("", {})
    tolerations: list[Shape] = says("", [])
    affinity: Shape = says("", {})


class Server(Values):
    type: Literal["ClusterIP", "NodePort", "LoadBalancer"] = says("how it is reached", "ClusterIP")
    port: int = says("of the Service; pods listen on 8080", 80, ge=1, le=65535)
    annotations: Words = says("", {})


class Ingress(Values):
    enabled: bool = says(
        "lets callbacks in, of enabled platforms in mode `http`; no other path", False
    )
    class_name: str = says("of the controller; empty: the cluster's default", "")
    host: str = says("the public name", "")
    tls_secret: str = says("a TLS Secret; platforms call by HTTPS only", "")
    annotations: Words = says("", {})


class Autoscaling(Values):
    enabled: bool = says("more replicas while events wait; needs PostgreSQL and Qdrant", False)
    min_replicas: int = says("while nothing waits", 2, ge=1)
    max_replicas: int = says("however much waits", 6, ge=1)
    queue_depth: int = says(
        "unfinished events a replica (`deskmate_events_unfinished`); 0: not looked at. Needs an "
        "adapter that serves custom metrics",
        20,
        ge=0,
    )
    cpu_percent: int = says("of the requested CPU; 0: not looked at", 80, ge=0, le=1000)


class Disruption(Values):
    enabled: bool = says("where there are replicas", True)
    max_unavailable: int = says("at once, while nodes are drained", 1, ge=1)


class Destinations(Values):
    """Peers as NetworkPolicy writes them; empty: taken from the address."""

    platforms: list[Shape] = says("where platforms are; empty: every public address", [])
    package_index: list[Shape] = says("where the index is; empty: every public address", [])
    qdrant: list[Shape] = says("where it is; empty: what its address says", [])
    postgresql: list[Shape] = says("likewise", [])
    model: list[Shape] = says("likewise, for `config.generation.base_url`", [])
    tracing: list[Shape] = says("likewise", [])


class Network(Values):
    enabled: bool = says("everything is denied that is not configured", True)
    callbacks_from: list[Shape] = says("who may call; empty: any pod, where an Ingress is on", [])
    metrics_from: list[Shape] = says("who may scrape; empty: any pod, where it is asked for", [])
    to: Destinations = says("", Destinations)
    extra_egress: list[Shape] = says("further rules for the bot", [])


class ServiceMonitor(Values):
    enabled: bool = says("for the Prometheus Operator", False)
    interval: str = says("", "30s")
    labels: Words = says("what your Prometheus selects by", {})


class Labelled(Values):
    enabled: bool = says("", False)
    labels: Words = says("what your Prometheus or Grafana selects by", {})
    annotations: Words = says("", {})


class Monitoring(Values):
    service_monitor: ServiceMonitor = says("", ServiceMonitor)
    rules: Labelled = says("alert rules as a PrometheusRule", Labelled)
    dashboard: Labelled = says("the dashboard as a ConfigMap for Grafana's sidecar", Labelled)


class Tracing(Values):
    endpoint: str = says(
        "of an OTLP collector over HTTP, as `http://collector.tracing:4318`; empty: no traces",
        "",
        pattern=r"^$|^https?://[^@]+$",
    )


class ServiceAccount(Values):
    create: bool = says("an account without rights, whose token no pod gets", True)
    name: str = says("empty: the release's name", "")
    annotations: Words = says("", {})


class Chart(Values):
    """Everything that can be said to the chart."""

    name_override: str = says("", "")
    fullname_override: str = says("", "")
    image: Image = says("", Image)
    image_pull_secrets: list[Shape] = says("", [])
    replicas: int | None = says(
        "null: 1 with SQLite or embedded Qdrant, which allow no more; else 2", None, ge=1
    )
    config: Shape = says(
        "what deskmate.toml says, section by section; no secrets, and nothing that the chart "
        "sets (see docs/reference/settings.md)",
        {},
    )
    secrets: Secrets = says("", Secrets)
    extra_env: list[Shape] = says("further environment variables of the bot", [])
    extra_env_from: list[Shape] = says("", [])
    extra_volumes: list[Shape] = says(
        "further volumes of the bot and of ingests: a dictionary, HR's journeys, names", []
    )
    extra_volume_mounts: list[Shape] = says("", [])
    persistence: Persistence = says("", Persistence)
    models: Models = says("", Models)
    documents: Documents = says("", Documents)
    ingest: Ingest = says("", Ingest)
    migrations: Migrations = says("", Migrations)
    postgresql: Postgresql = says("", Postgresql)
    qdrant: Qdrant = says("", Qdrant)
    model_server: ModelServer = says("", ModelServer)
    service: Server = says("", Server)
    ingress: Ingress = says("", Ingress)
    autoscaling: Autoscaling = says("", Autoscaling)
    pod_disruption_budget: Disruption = says("", Disruption)
    network_policy: Network = says("", Network)
    monitoring: Monitoring = says("", Monitoring)
    tracing: Tracing = says("", Tracing)
    service_account: ServiceAccount = says("", ServiceAccount)
    resources: Shape = says("of the bot", sized("1", "2Gi", "4Gi"))
    startup_seconds: int = says("so long a start may take", 120, ge=10)
    drain_seconds: int = says("so long a pod may finish what it began", 100, ge=10)
    pod_annotations: Words = says("", {})
    pod_labels: Words = says("", {})
    node_selector: Words = says("", {})
    tolerations: list[Shape] = says("", [])
    affinity: Shape = says("", {})
    topology_spread: list[Shape] = says(
        "empty: replicas keep to different nodes where they can", []
    )
    priority_class_name: str = says("", "")
    run_as_user: int = says("the numeric user of every pod of ours; never 0", 10001, ge=1)
