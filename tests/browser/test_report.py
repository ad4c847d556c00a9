"""The report of an evaluation as somebody opens it: a file in a real browser, without a network."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from bot.cli.report.write import write
from tests.bot.cli.report.made import HOSTILE, whole_report

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), None)
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, tmp_path: Path) -> AsyncIterator[Page]:
    """The report with every set unfolded, on a phone in the dark."""
    *_, html = write(whole_report(), tmp_path / "report")
    opened = await browser.new_page(
        viewport={"width": 400, "height": 800}, color_scheme="dark", java_script_enabled=False
    )
    await opened.goto(html.as_uri())
    yield opened
    await opened.close()


async def test_a_report_shows_its_plots_without_script_or_network(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    await page.reload()
    for summary in await page.locator("details.set > summary").all():
        await summary.click()

    plots = page.locator("svg.plot:visible")
    boxes = [await plot.bounding_box() for plot in await plots.all()]
    assert len(boxes) >= 9
    assert all(box and box["width"] > 200 and box["height"] > 100 for box in boxes)
    assert [url for url in asked if not url.startswith("file:")] == []


async def test_a_hostile_question_is_read_not_run(page: Page) -> None:
    assert await page.get_by_text(HOSTILE).count() >= 1
    assert await page.locator("script").count() == 0
