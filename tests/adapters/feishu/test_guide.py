"""What docs/how-to/connect-feishu.md says is so."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from adapters.feishu.codec import CARD_ACTION, KINDS
from adapters.feishu.grants import CALLBACKS, EVENTS, SCOPES
from adapters.feishu.settings import FeishuSettings

GUIDE = (Path(__file__).parents[3] / "docs/how-to/connect-feishu.md").read_text("utf-8")


def pasted(language: str) -> str:
    (block,) = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    return str(block)


def test_the_scopes_to_paste_are_those_the_doctor_looks_for() -> None:
    asked = json.loads(pasted("json"))["scopes"]["tenant"]

    assert asked == [narrowest for narrowest, *_ in SCOPES]


def test_the_events_of_the_table_are_those_the_doctor_looks_for_and_we_understand() -> None:
    rows = re.findall(r"(?m)^\| (`[a-z]\w*\..*?) \|", GUIDE.partition("## 3.")[2])
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]

    assert tuple(named) == EVENTS
    assert {*EVENTS, *CALLBACKS} == KINDS
    assert CALLBACKS == (CARD_ACTION,)


def test_the_configuration_to_paste_is_understood() -> None:
    section = FeishuSettings.model_validate(tomllib.loads(pasted("toml"))["feishu"])

    assert section.enabled
