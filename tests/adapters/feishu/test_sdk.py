"""The official client comes alone, and harms nobody who wants the whole package."""

from __future__ import annotations

import subprocess
import sys

ALONE = """
import sys
from adapters.feishu.sdk import import_client
client = import_client()
assert client.Client and client.ClientException and client.LogLevel.CRITICAL
names = [name for name in sys.modules if name.startswith("lark_oapi")]
assert len(names) < 200, len(names)
assert not {"lark_oapi", "lark_oapi.event.dispatcher_handler"} & set(sys.modules)
"""
IN_ANOTHER_VERSION = """
import sys
from adapters.feishu import sdk
sdk._EVENTS = "lark_oapi.elsewhere"
sys.modules["lark_oapi.event.dispatcher_handler"] = None
try:
    sdk.import_client()
except ImportError:
    assert "lark_oapi.elsewhere" not in sys.modules
else:
    raise AssertionError("it was imported all the same")
"""


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 -- our own words
        [sys.executable, "-W", "ignore", "-c", code], check=False, capture_output=True, text=True
    )


def test_the_client_comes_alone_and_leaves_no_stand_in_behind() -> None:
    ended = python(ALONE)

    assert ended.returncode == 0, ended.stderr


def test_a_client_that_needs_more_gets_the_whole_package_or_fails_clearly() -> None:
    ended = python(IN_ANOTHER_VERSION)

    assert ended.returncode == 0, ended.stderr
