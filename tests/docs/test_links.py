"""Every link leads somewhere, and every page is led to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, name_of, prose


def links(page: Path) -> list[tuple[Path, str]]:
    """Where a page leads within the repository, with the heading that is meant."""
    found = re.findall(r"\]\(([^)\s]+)\)", prose(page))
    inside = [link.partition("#") for link in found if "://" not in link]
    return [((page.parent / path).resolve() if path else page, at) for path, _, at in inside]


def led_to(page: Path) -> set[Path]:
    """The pages that a page leads to, also by the folder they lie in."""
    targets = [target for target, _ in links(page)]
    listed = {one for target in targets if target.is_dir() for one in target.glob("*.md")}
    return listed | {target for target in targets if target.suffix == ".md"}


def anchors(page: Path) -> set[str]:
    """What a heading is called in an address, as GitHub does it."""
    headings = re.findall(r"(?m)^#+ (.*)$", prose(page))
    plain = [re.sub(r"\]\([^)]*\)|[\[`*]", "", heading).strip().lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for target, heading in links(page):
        assert target.exists(), target
        if heading and target.suffix == ".md":
            assert heading in anchors(target), f"{target}#{heading}"


def test_every_page_is_led_to_from_the_readme() -> None:
    reached: set[Path] = set()
    ahead = {ROOT / "README.md"}
    while ahead:
        reached |= ahead
        ahead = {page for one in ahead for page in led_to(one)} - reached

    assert {name_of(page) for page in PAGES if page not in reached} <= {"CHANGELOG.md"}


@pytest.mark.parametrize("page", [one for one in PAGES if ".zh." in one.name], ids=name_of)
def test_a_page_and_its_sister_lead_to_each_other(page: Path) -> None:
    sister = page.with_name(page.name.replace(".zh.", "."))

    assert (sister, "") in links(page)
    assert (page, "") in links(sister)
