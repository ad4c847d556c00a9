"""The playground as a newcomer meets it: a real browser on a real server."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect
from prometheus_client import CollectorRegistry

from adapters.playground.channel import Playground
from bot.web import build_web, serve
from tests.adapters.playground.desk import ScriptedDesk
from tests.adapters.playground.handbook import (
    HOSTILE,
    LEAVE_EN,
    LEAVE_ZH,
    PASSAGES,
    SCRIPTS,
    SETTINGS,
)

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), None)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A page, the core behind it, and everything the browser complained about."""

    page: Page
    desk: ScriptedDesk
    playground: Playground
    address: str
    complaints: list[str]

    async def ask(self, text: str) -> None:
        await self.page.fill("#question", text)
        await self.page.press("#question", "Enter")

    async def answered(self) -> None:
        await expect(self.page.locator(".card .buttons").last).to_be_visible()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all; each visit has a profile of its own."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        await started.close()


@asynccontextmanager
async def visiting(
    browser: Browser, locale: str = "en-GB", *, width: int = 1180
) -> AsyncIterator[Visit]:
    desk = ScriptedDesk(scripts=SCRIPTS, passages=PASSAGES)
    playground = Playground(settings=SETTINGS, accept=desk.accept)
    app = build_web(
        routes=playground.routes(),
        pings={},
        registry=CollectorRegistry(),
        on_shutdown=(playground.close,),
    )
    async with (
        desk.working(playground),
        serve(app, "127.0.0.1", 0, drain_s=1) as port,
    ):
        context = await browser.new_context(
            locale=locale, viewport={"width": width, "height": 800}, reduced_motion="reduce"
        )
        page = await context.new_page()
        page.set_default_timeout(10_000)
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: (
                complaints.append(said.text)
                if said.type == "error" and "Failed to load resource" not in said.text
                else None
            ),
        )
        address = f"http://127.0.0.1:{port}/"
        await page.goto(address)
        await expect(page.locator("#question")).to_be_visible()
        yield Visit(
            page=page,
            desk=desk,
            playground=playground,
            address=address,
            complaints=complaints,
        )
        await context.close()
        assert complaints == []


async def test_a_newcomer_presses_an_example_and_gets_an_answer_with_its_sources(browser: Browser):
    async with visiting(browser) as visit:
        await expect(visit.page.locator("h1")).to_have_text("What would you like to know?")
        await expect(visit.page.locator("#knows")).to_contain_text("Employee handbook")

        await visit.page.get_by_role("button", name=LEAVE_EN).click()
        await visit.answered()

        await expect(visit.page.locator(".welcome")).to_be_hidden()
        await expect(visit.page.locator(".said .bubble")).to_have_text(LEAVE_EN)
        await expect(visit.page.locator(".card strong").first).to_have_text("25 days")
        await expect(visit.page.locator(".source .document")).to_have_text("Employee handbook")
        await expect(visit.page.locator("#spoken")).to_contain_text("25 days")


async def test_the_answer_grows_before_it_is_complete(browser: Browser):
    async with visiting(browser) as visit:
        visit.desk.gate.clear()
        await visit.ask(LEAVE_EN)

        card = visit.page.locator(".card")
        await expect(card).to_contain_text("In your first year")
        await expect(card).to_have_attribute("aria-busy", "true")
        await expect(card.locator(".buttons")).to_have_count(0)
        await card.evaluate("card => { card.kept = card.querySelector('p'); }")
        visit.desk.gate.set()
        await visit.answered()

        # The paragraph that grew is the same element: nothing was torn down on the way.
        assert await card.evaluate("card => card.kept === card.querySelector('p')")
        await expect(card).to_have_attribute("aria-busy", "false")


async def test_a_chinese_browser_gets_chinese_and_the_language_can_be_changed(browser: Browser):
    async with visiting(browser, "zh-CN") as visit:
        await expect(visit.page.locator("h1")).to_have_text("有什么想了解的？")
        await visit.ask(LEAVE_ZH)
        await visit.answered()
        await expect(visit.page.locator(".sources h3")).to_have_text("出处")

        await visit.page.get_by_role("button", name="English").click()

        await expect(visit.page.locator(".sources h3")).to_have_text("Sources")
        await expect(visit.page.locator("html")).to_have_attribute("lang", "en")
        await expect(visit.page.locator(".card").first).to_have_attribute("lang", "zh-Hans")
        await visit.page.reload()
        await expect(visit.page.locator(".sources h3")).to_have_text("Sources")


async def test_a_chip_opens_the_passage_with_the_quote_marked_and_escape_leads_back(
    browser: Browser,
):
    async with visiting(browser, "zh-CN") as visit:
        await visit.ask(LEAVE_ZH)
        await visit.answered()

        chip = visit.page.locator(".chip button").first
        await chip.click()

        drawer = visit.page.locator("#drawer")
        await expect(drawer.locator(".title")).to_have_text("员工手册")
        marked = "".join(await drawer.locator("mark").all_text_contents())
        assert marked == SCRIPTS[LEAVE_ZH].answer.citations[0].quote
        link = drawer.locator("a")
        await expect(link).to_have_attribute("href", "https://intranet.example/handbook/zh#leave")
        await expect(link).to_have_attribute("rel", re.compile("noopener"))
        await visit.page.keyboard.press("Escape")
        await expect(drawer).to_be_hidden()
        await expect(chip).to_be_focused()


async def test_a_quote_is_found_across_bold_words(browser: Browser):
    async with visiting(browser) as visit:
        await visit.ask(LEAVE_EN)
        await visit.answered()

        await visit.page.locator(".source").click()

        marks = visit.page.locator("#drawer mark")
        await expect(marks).to_have_count(3)
        assert "".join(await marks.all_text_contents()) == (
            "Full-time employees receive 25 days of paid annual leave per calendar year."
        )


async def test_a_verdict_shows_as_pressed_and_can_be_taken_back(browser: Browser):
    async with visiting(browser) as visit:
        await visit.ask(LEAVE_EN)
        await visit.answered()
        up = visit.page.locator("[data-press=verdict]").first

        await up.click()
        await expect(up).to_have_attribute("aria-pressed", "true")
        await expect(visit.page.locator(".note")).to_contain_text("Thank you")
        await visit.page.reload()
        await expect(up).to_have_attribute("aria-pressed", "true")
        await up.click()

        await expect(up).to_have_attribute("aria-pressed", "false")
        assert [reaction.withdrawn for reaction in visit.desk.reactions()] == [True]


async def test_a_thumb_down_asks_why_and_the_reason_arrives(browser: Browser):
    async with visiting(browser) as visit:
        await visit.ask(LEAVE_EN)
        await visit.answered()

        await visit.page.locator("[data-press=verdict]").nth(1).click()
        form = visit.page.locator("form[data-form]")
        await form.locator("select").select_option("outdated")
        await form.locator("textarea").fill("It is 27 days.")
        await form.get_by_role("button").click()

        await expect(visit.page.locator(".note")).to_contain_text("helps to improve")
        await expect(form).to_have_count(0)
        (action,) = visit.desk.actions("verdict_reason")
        answer = await visit.page.locator(".card").first.get_attribute("data-ref")
        assert dict(action.values) == {
            "answer": answer,
            "reason": "outdated",
            "correction": "It is 27 days.",
        }


async def test_what_it_does_not_know_it_says_and_offers_a_person(browser: Browser):
    async with visiting(browser) as visit:
        await visit.ask("Who won the cup final?")
        await visit.answered()

        await expect(visit.page.locator(".card")).to_contain_text("does not answer this")
        await expect(visit.page.locator(".sources")).to_have_count(0)
        await visit.page.locator("[data-press=ask_person]").click()
        await expect(visit.page.locator(".note")).to_be_visible()
        assert len(visit.desk.actions("ask_person")) == 1


async def test_hostile_text_is_only_text(browser: Browser):
    async with visiting(browser) as visit:
        await visit.ask(HOSTILE)
        await visit.answered()

        card = visit.page.locator(".card")
        await expect(card).to_contain_text("<img src=x onerror=")
        await expect(card).to_contain_text("<script>document.title='owned'</script>")
        await expect(card).to_contain_text("[this](javascript:document.title='owned')")
        await expect(card).to_contain_text("<b onclick=alert(1)>code</b>")
        assert await card.locator("a, img, script, b").count() == 0
        await card.locator(".source").click()
        await expect(visit.page.locator("#drawer a")).to_have_count(0)
        assert await visit.page.title() == "Deskmate"


async def test_a_question_full_of_markup_and_foreign_script_is_shown_as_typed(browser: Browser):
    text = '<img src=x onerror="document.title=1"> שלום 你好 \u202e evil **x**'
    async with visiting(browser) as visit:
        await visit.ask(text)
        await visit.answered()

        await expect(visit.page.locator(".bubble")).to_have_text(text)
        assert await visit.page.locator(".said img").count() == 0


async def test_four_thousand_signs_fit_and_one_more_is_explained(browser: Browser):
    async with visiting(browser) as visit:
        await visit.page.fill("#question", "很" * 4_001)
        await expect(visit.page.locator("#notice")).to_contain_text("4001 of 4000")
        await expect(visit.page.locator("#send")).to_be_disabled()

        await visit.ask("很" * 4_000)
        await visit.answered()

        assert [getattr(event, "text", "") for event in visit.desk.events] == ["很" * 4_000]
        wide = await visit.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide


async def test_a_busy_server_is_explained_and_the_text_is_kept(browser: Browser):
    async with visiting(browser) as visit:
        visit.desk.full = True
        await visit.ask("Can I bring my dog?")
        await expect(visit.page.locator("#notice")).to_contain_text("hands full")
        await expect(visit.page.locator("#question")).to_have_value("Can I bring my dog?")

        visit.desk.full = False
        await visit.page.press("#question", "Enter")
        await visit.answered()

        await expect(visit.page.locator("#notice")).to_be_hidden()
        await expect(visit.page.locator("#question")).to_have_value("")


async def test_a_server_that_is_gone_is_said_and_the_text_is_kept(browser: Browser):
    async with visiting(browser) as visit:
        await visit.page.context.set_offline(True)
        await visit.ask("Are you there?")

        await expect(visit.page.locator("#notice")).to_contain_text("cannot be reached")
        await expect(visit.page.locator("#question")).to_have_value("Are you there?")
        await visit.page.context.set_offline(False)
        await visit.page.press("#question", "Enter")
        await visit.answered()


async def test_a_reload_keeps_the_conversation_and_a_new_one_starts_empty(browser: Browser):
    async with visiting(browser) as visit:
        await visit.ask(LEAVE_EN)
        await visit.answered()
        await visit.ask(HOSTILE)
        await expect(visit.page.locator(".card")).to_have_count(2)

        await visit.page.reload()
        await expect(visit.page.locator(".said")).to_have_text(
            [re.compile(re.escape(LEAVE_EN)), re.compile(re.escape(HOSTILE))]
        )
        await expect(visit.page.locator(".card")).to_have_count(2)
        await visit.page.locator("#fresh").click()

        await expect(visit.page.locator("#thread > *")).to_have_count(0)
        await expect(visit.page.locator("h1")).to_be_visible()


async def test_enter_sends_only_when_no_word_is_being_composed(browser: Browser):
    async with visiting(browser, "zh-CN") as visit:
        question = visit.page.locator("#question")
        await question.fill("nianjia")
        await question.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
        await question.press("Shift+Enter")
        await question.press_sequentially("x")

        await expect(question).to_have_value("nianjia\nx")
        assert visit.desk.events == []


async def test_a_second_tab_is_another_conversation(browser: Browser):
    async with visiting(browser) as visit:
        await visit.ask(LEAVE_EN)
        await visit.answered()

        other = await visit.page.context.new_page()
        await other.goto(visit.address)

        await expect(other.locator("h1")).to_be_visible()
        await expect(other.locator(".card")).to_have_count(0)


async def test_a_phone_shows_everything_without_scrolling_sideways(browser: Browser):
    async with visiting(browser, "zh-CN", width=360) as visit:
        await visit.ask(LEAVE_ZH)
        await visit.answered()
        await visit.page.locator(".source").first.click()
        await expect(visit.page.locator("#drawer table")).to_be_visible()

        sideways = await visit.page.evaluate("document.documentElement.scrollWidth > innerWidth")

        assert not sideways


async def test_what_stands_below_sources_buttons_or_words_keeps_its_distance(browser: Browser):
    async with visiting(browser) as visit:
        await visit.ask("What does nobody know?")
        await expect(visit.page.locator(".card .buttons")).to_be_visible()

        above, below = [
            await block.bounding_box() for block in await visit.page.locator(".card .prose").all()
        ]

        assert above is not None
        assert below is not None
        assert below["y"] - (above["y"] + above["height"]) >= 10


async def test_a_phone_shows_no_half_line_in_the_empty_question(browser: Browser):
    async with visiting(browser, width=360) as visit:
        hidden = await visit.page.locator("#question").evaluate(
            "q => q.scrollHeight - q.clientHeight"
        )

        assert hidden <= 0
