"""The page of settings lists every key with its default, and no page names another key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import time
from functools import reduce
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from bot.cli.init import TEMPLATE
from bot.settings import Settings, load
from tests.docs.pages import PAGES, ROOT, blocks, name_of, spans

REFERENCE = ROOT / "docs" / "reference" / "settings.md"


def keys(model: type[BaseModel] = Settings, section: str = "") -> Iterator[tuple[str, str, object]]:
    """Every setting: its section, its key and its default."""
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, BaseModel):
            yield from keys(type(default), f"{section}.{name}".strip("."))
        else:
            yield section, name, default


KNOWN = {(section, key): default for section, key, default in keys()}
TABLES = {("loop", "owners"), ("onboarding", "offices")}
PLATFORMS = ("slack", "feishu", "dingtalk")
EMPTY = ("empty", "none")
EXAMPLES = TABLES | {
    ("knowledge", "dictionary"),
    ("knowledge", "folders"),
    ("access", "audiences"),
    ("access", "role_groups"),
}

ROW = re.compile(r"^\| `\[([a-z_.]+)\]( \w+)?`((?:, `\w+`)*) \| (.*?) \|", re.MULTILINE)
BLOCKS = [(page, text) for page in PAGES for text in blocks(page, "toml")]


def rows() -> Iterator[tuple[tuple[str, str], str]]:
    """Each key that the page lists under its own section, with the default it says."""
    for section, first, others, cell in ROW.findall(REFERENCE.read_text("utf-8")):
        outer, _, name = section.rpartition(".")
        if (outer, name) in KNOWN:
            yield (outer, name), cell
            continue
        named = [first.strip(), *re.findall(r"\w+", others)]
        said = cell.split(", ") if len(named) > 1 else [cell]
        for key, default in zip(named, said * (len(named) // len(said)), strict=True):
            yield (section, key), default


def written(default: object) -> str:
    """A default as the page writes it."""
    value = default.get_secret_value() if isinstance(default, SecretStr) else default
    match value:
        case None | "" | () | {}:
            return "nothing"
        case bool():
            return f"`{str(value).lower()}`"
        case tuple():
            return ", ".join(f"`{one}`" for one in value)
        case time():
            return f"`{value:%H:%M}`"
        case Path():
            return f"`./{value}`"
        case _:
            return f"`{value}`"


def test_every_key_is_listed() -> None:
    page = REFERENCE.read_text("utf-8")
    listed = {key for key, _ in rows()}
    for key in ("enabled", "mode", "api_base_url"):
        assert f"`{key}`" in page
        listed |= {(platform, key) for platform in PLATFORMS}
    for section, key in TABLES:
        assert f"`[[{section}.{key}]] " in page

    assert listed | TABLES == KNOWN.keys()


def test_every_default_is_the_one_that_counts() -> None:
    for key, said in rows():
        if said in EMPTY:
            assert written(KNOWN[key]) == "nothing", key
        elif said != "all":
            assert said in (written(KNOWN[key]), written(KNOWN[key]).replace(".0`", "`")), key


@pytest.mark.parametrize(("page", "text"), BLOCKS, ids=[name_of(page) for page, _ in BLOCKS])
def test_a_configuration_to_copy_is_understood(page: Path, text: str, tmp_path: Path) -> None:
    file = tmp_path / "deskmate.toml"
    file.write_text(text, "utf-8")

    assert load(file).model_fields_set


def test_what_init_comments_out_is_the_default_or_an_example(tmp_path: Path) -> None:
    file = tmp_path / "deskmate.toml"
    file.write_text(re.sub(r"(?m)^# (?=\w+ = |\[\[|\")", "", TEMPLATE), "utf-8")

    settings = load(file)

    changed = {key for key, default in KNOWN.items() if value_of(settings, *key) != default}
    assert changed == EXAMPLES


def value_of(settings: Settings, section: str, key: str) -> object:
    """What a setting says."""
    value: object = reduce(getattr, [*section.split("."), key], settings)
    return value


def test_variables_that_pages_name_are_settings() -> None:
    for page in PAGES:
        for section, key in re.findall(r"\bDESKMATE_([A-Z]+)__([A-Z_]+)", page.read_text("utf-8")):
            assert (section.lower(), key.lower()) in KNOWN, name_of(page)


def test_keys_that_pages_name_with_their_section_are_settings() -> None:
    for page in PAGES:
        for span in spans(page):
            named = re.match(r"\[([a-z]+(?:\.[a-z]+)*)\] (\w+)", span)
            if named and named[1] in {section for section, _ in KNOWN}:
                assert named.groups() in KNOWN, f"{name_of(page)}: {span}"
