"""What docs/how-to/connect-dingtalk.md says is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from adapters.dingtalk.render import STANDARD_TEMPLATE, render_card
from adapters.dingtalk.settings import DingTalkSettings
from bot.core.cards import progress_card

GUIDE = (Path(__file__).parents[3] / "docs/how-to/connect-dingtalk.md").read_text("utf-8")


def rows(pattern: str) -> dict[str, str]:
    return dict(re.findall(rf"(?m)^\| `({pattern})` \| ([^|]+) \|", GUIDE))


def test_the_configuration_to_paste_is_understood() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)

    section = DingTalkSettings.model_validate(tomllib.loads(example)["dingtalk"])

    assert section.enabled


def test_the_limits_are_the_ones_in_the_table() -> None:
    for key, default in rows(r"(?:max|draft)_\w+").items():
        assert float(default) == DingTalkSettings.model_fields[key].default


def test_every_variable_of_a_card_is_in_the_table() -> None:
    variables = render_card(progress_card("en"), template_id="x", max_bytes=20_000)

    assert set(variables) <= set(rows(r"\w+"))


def test_the_standard_template_is_named() -> None:
    assert GUIDE.count(STANDARD_TEMPLATE) == 2
