"""The image: built in two steps, run by nobody, and complete."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helm.release import CHART, render

ROOT = CHART.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
LINES = [line.strip() for line in DOCKERFILE.splitlines() if not line.startswith("#")]


def instructions(word: str) -> list[str]:
    return [line.removeprefix(word).strip() for line in LINES if line.startswith(f"{word} ")]


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.exists():
        pytest.skip("hadolint is not installed here")

    ran = subprocess.run(  # noqa: S603 - a program of the test extra
        [hadolint, "--failure-threshold", "info", ROOT / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.stdout, ran.returncode) == ("", 0)


def test_what_builds_is_not_what_runs() -> None:
    assert [line.split()[-1] for line in instructions("FROM")] == [
        "build",
        "base",
        "complete",
        "deskmate",
    ]


def test_every_image_ends_as_a_user_that_is_a_number() -> None:
    stages = DOCKERFILE.split("\nFROM ")
    for stage in stages[2:]:
        users = re.findall(r"^USER (.+)$", stage, flags=re.MULTILINE)
        assert not users or users[-1] == "10001:10001"
    assert "USER 10001:10001" in stages[2]


def test_the_chart_runs_it_as_the_same_user() -> None:
    assert render().pod("deskmate")["spec"]["securityContext"]["runAsUser"] == 10001


def test_only_wheels_with_known_hashes_are_installed() -> None:
    (locked, own) = [line for line in instructions("RUN") if '"install", "--' in line][:2]

    assert "--require-hashes" in locked
    assert '"--only-binary", ":all:"' in locked
    assert '"--no-index"' in own
    assert '"--no-deps"' in own


def test_nothing_needs_a_shell_to_run() -> None:
    for word in ("ENTRYPOINT", "CMD"):
        for line in instructions(word):
            assert json.loads(line), line
    (health,) = instructions("HEALTHCHECK")
    assert json.loads(health.partition("CMD ")[2])[0] == "python"


def test_no_library_calls_home() -> None:
    (environment,) = [line for line in instructions("ENV") if "DESKMATE_" in line and "ORT" in line]

    assert "ORT_DISABLE_TELEMETRY=1" in environment
    assert "HF_HUB_DISABLE_TELEMETRY=1" in environment


def test_the_chart_mounts_what_the_image_names() -> None:
    mounts = {one["mountPath"] for one in render().bot["volumeMounts"]}
    volumes = {place for line in instructions("VOLUME") for place in json.loads(line)}

    assert volumes <= mounts
    assert "DESKMATE_MODELS_DIR=/opt/deskmate/models" in DOCKERFILE


def test_everything_that_is_copied_is_let_through() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    let_through = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {
        source
        for line in instructions("COPY")
        if not line.startswith("--from")
        for source in line.split()[:-1]
    }

    assert ignored[1] == "*"
    assert copied == let_through
    assert all((ROOT / source).exists() for source in copied)
