from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from adapters.registry import PLATFORMS
from bot.settings import Settings

_IMPORT = """
import sys, adapters.registry
sdks = {"slack_bolt", "slack_sdk", "lark_oapi", "dingtalk_stream"}
channels = {f"adapters.{platform}.channel" for platform in adapters.registry.PLATFORMS}
print(sorted((sdks | channels) & set(sys.modules)))
"""


def test_every_platform_has_a_section_of_its_name() -> None:
    assert set(PLATFORMS) <= set(Settings.model_fields)


def test_no_platform_is_imported_before_it_is_built() -> None:
    found = subprocess.run(  # noqa: S603 -- our own words
        [sys.executable, "-c", _IMPORT],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )

    assert found.stdout.strip() == "[]"
