"""Commands that ask and look: each shows what whoever asks may read, and tells of nothing else."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.cards import VERDICT
from bot.core.model import Fields, MessageRef, User
from bot.core.texts import EN, ZH
from bot.core.texts_commands import COMMAND_TEXTS
from tests.fakes_core import ADA, BOB, press
from tests.stories.office import GROUP, OWEN, ROOT, Office, office, shown, write

SAID = COMMAND_TEXTS["en"]
SECRETS = ("Salary", "salary", "bands", "marmots", "41000", "pay/")
ABOUT_PAY = "What is the salary band of senior engineers?"
ABOUT_LEAVE = "How many paid vacation days do staff receive in the second year?"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path) as opened:
        yield opened


async def test_a_question_by_command_is_answered_for_the_asker_alone(here: Office) -> None:
    (reply,) = await here.say(f"/deskmate ask {ABOUT_LEAVE}", user=ADA, place=GROUP)

    assert reply.only_for == ADA
    assert "12 paid vacation days" in shown(reply.card)


async def test_by_command_one_reads_in_a_group_what_one_may_read_oneself(here: Office) -> None:
    asked = f"/deskmate ask {ABOUT_PAY}"

    (hers,) = await here.say(asked, user=ADA, place=GROUP)
    (his,) = await here.say(asked, user=BOB, place=GROUP)

    assert "41000 marmots" in shown(his.card)
    assert his.only_for == BOB
    # What she asked herself may be said again; what stands in the document may not.
    assert not any(secret in shown(hers.card) for secret in ("marmots", "41000", "Salary bands"))


async def test_an_answer_by_command_can_be_judged_like_any_other(here: Office) -> None:
    (reply,) = await here.say(f"/deskmate ask {ABOUT_LEAVE}", user=ADA, place=GROUP)
    ref = next(ref for ref, card in here.channel.shown.items() if card == reply.card)

    await here.desks.dispatcher.dispatch(press(ref, VERDICT, user=ADA, vote="up"))

    (verdict,) = await here.state.verdicts.of(ref)
    assert verdict.value == 1
    assert not await here.state.answers.any_in(GROUP)  # nobody else goes on with it


async def test_the_same_command_delivered_again_shows_nothing_new(here: Office) -> None:
    (reply,) = await here.say(f"/deskmate ask {ABOUT_LEAVE}", user=ADA)

    again = await here.channel.send(reply)

    assert again == MessageRef(platform="fake", id="m1")
    assert len(here.channel.sent) == 1


@pytest.mark.parametrize("typed", ["/deskmate ask", "／ｄｅｓｋｍａｔｅ　ａｓｋ"])
async def test_without_a_question_the_usage_is_shown(here: Office, typed: str) -> None:
    assert "/deskmate ask" in await here.told(typed, user=ADA)


async def test_questions_by_command_count_against_the_limit(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        for _ in range(100):
            await here.say("/deskmate search leave", user=ADA)

        said = await here.told(f"/deskmate ask {ABOUT_LEAVE}", user=ADA)

    assert said.strip() == EN.limited.format(seconds=60)


# ── sources ───────────────────────────────────────────────────────────────────────────────────


async def test_sources_lists_only_what_the_asker_may_read(here: Office) -> None:
    hers = await here.told("/deskmate sources", user=ADA)
    his = await here.told("/deskmate sources", user=BOB)

    assert SAID.sources_title.format(count=1) in hers
    assert "Annual leave" in hers
    assert not any(secret in hers for secret in SECRETS)
    assert SAID.sources_title.format(count=2) in his
    assert "Salary bands** · " in his
    assert "fake:bob" in his


async def test_a_filter_that_only_fits_forbidden_documents_fits_nothing(here: Office) -> None:
    forbidden = await here.told("/deskmate sources bands", user=ADA)
    missing = await here.told("/deskmate sources bends", user=ADA)

    assert forbidden.strip() == SAID.sources_none_with.format(words="bands")
    assert missing.strip() == SAID.sources_none_with.format(words="bends")


async def test_sources_are_paged_by_buttons(here: Office) -> None:
    write(
        here.folder, {f"room{n:02}.md": f"# Room {n:02}\n\nSeats {n} people.\n" for n in range(15)}
    )
    async with here.serving.ingesting() as ingest:
        await ingest.run([here.folder / "pages"])

    first = await here.told("/deskmate sources room", user=ADA)
    second = await here.press(SAID.sources_next, user=ADA)
    back = await here.press(SAID.sources_previous, user=ADA)

    assert "Room 09" in first
    assert "Room 10" not in first
    assert "Room 10" in second
    assert "Annual leave" not in second
    assert SAID.sources_page.format(page=1, pages=2) in back
    assert "Room 14" in await here.told("/deskmate sources 99 room", user=ADA)


# ── search ────────────────────────────────────────────────────────────────────────────────────


async def test_search_says_who_found_what_and_how_likely_it_answers(here: Office) -> None:
    said = await here.told(f"/deskmate search {ABOUT_LEAVE}", user=ADA)

    assert "1. Annual leave" in said
    for name in (SAID.search_by_e5, SAID.search_by_use, SAID.search_by_words):
        assert f"{name}: place 1" in said
    assert "holds the answer by itself" in said
    assert "Certainty 0." in said


async def test_a_search_tells_nothing_of_what_the_asker_may_not_read(here: Office) -> None:
    hers = await here.told(f"/deskmate search {ABOUT_PAY}", user=ADA)
    his = await here.told(f"/deskmate search {ABOUT_PAY}", user=BOB)

    assert "Salary bands" in his
    assert not any(secret in hers for secret in ("Salary bands", "marmots", "41000"))
    assert "2." not in hers


async def test_a_search_needs_a_question_of_bearable_length(here: Office) -> None:
    nothing = await here.told("/deskmate search", user=ADA)
    endless = [await here.told(f"/deskmate {name} {'long ' * 1_000}") for name in ("search", "ask")]

    assert nothing.strip() == SAID.search_usage
    assert {said.strip() for said in endless} == {EN.too_long.format(characters=4_000)}


# ── status ────────────────────────────────────────────────────────────────────────────────────


async def test_status_counts_only_what_the_asker_may_read(here: Office) -> None:
    hers = await here.told("/deskmate status", user=ADA)
    his = await here.told("/deskmate status", user=BOB)

    assert (
        f"{SAID.status_documents}: {SAID.status_of_yours.format(documents=1, passages=1)}" in hers
    )
    assert f"{SAID.status_documents}: {SAID.status_of_yours.format(documents=2, passages=2)}" in his
    assert f"{SAID.status_version}: 1.2.3" in hers
    assert f"{SAID.status_model}: extractive" in hers
    assert SAID.status_all not in hers


async def test_administrators_see_what_the_bot_works_on(here: Office) -> None:
    said = await here.told("/deskmate status")

    assert f"{SAID.status_all}: {SAID.status_of_yours.format(documents=2, passages=2)}" in said
    assert f"{SAID.status_gaps}: 0" in said
    assert SAID.status_threshold in said


# ── stats ─────────────────────────────────────────────────────────────────────────────────────


async def test_stats_count_by_week_and_name_only_what_one_may_read(here: Office) -> None:
    await here.say(ABOUT_LEAVE, user=ADA)
    here.clock.move(timedelta(days=7))
    (answered,) = await here.say(f"/deskmate ask {ABOUT_PAY}", user=BOB)
    await here.say("Which colour is the mayor's hat?", user=ADA)
    ref = next(ref for ref, card in here.channel.shown.items() if card == answered.card)
    await here.desks.dispatcher.dispatch(press(ref, VERDICT, user=BOB, vote="down"))

    said = await here.told("/deskmate stats", user=OWEN)

    assert f"{SAID.stats_questions}: ▁▁▁▁▁▁▅█ 2" in said
    assert f"{SAID.stats_refused}: ▁▁▁▁▁▁▁▅ 50%" in said
    assert f"{SAID.stats_not_helpful}: ▁▁▁▁▁▁█▁ 0" in said  # as the platform's clock says
    assert "Annual leave (1)" in said
    assert not any(secret in said for secret in SECRETS)


async def test_stats_without_any_question_say_so(here: Office) -> None:
    assert (await here.told("/deskmate stats", user=OWEN)).strip() == SAID.stats_none


# ── who may, and how it is told ───────────────────────────────────────────────────────────────


OWNERS_ONLY = ("stats", "mute", "unmute")
ADMINS_ONLY = ("ingest", "audience", "model", "threshold", "export")


@pytest.mark.parametrize(
    "typed", ["/deskmate {}", "／deskmate {}", "/desk\u200dmate \ufeff{}", "/{}"]
)
async def test_a_command_is_refused_privately_however_it_is_typed(here: Office, typed: str) -> None:
    for name in (*OWNERS_ONLY, *ADMINS_ONLY):
        wide = "".join(chr(ord(letter) + 0xFEE0) for letter in name)
        for word in (name, wide, name.upper()):
            (reply,) = await here.say(typed.format(word), user=ADA, place=GROUP)

            assert reply.only_for == ADA
            assert shown(reply.card).strip() == EN.command_refused.format(name=name)


async def test_owners_are_no_administrators(here: Office) -> None:
    for name in ADMINS_ONLY:
        said = await here.told(f"/deskmate {name}", user=OWEN)

        assert said.strip() == EN.command_refused.format(name=name)


@pytest.mark.parametrize(
    ("user", "may", "may_not"),
    [
        (ADA, ("ask", "status", "sources", "search"), (*OWNERS_ONLY, *ADMINS_ONLY)),
        (OWEN, ("ask", *OWNERS_ONLY), ADMINS_ONLY),
        (ROOT, ("ask", *OWNERS_ONLY, *ADMINS_ONLY), ()),
    ],
)
async def test_the_help_lists_what_one_may_use(
    here: Office, user: User, may: tuple[str, ...], may_not: tuple[str, ...]
) -> None:
    listed = await here.told("/deskmate help", user=user)

    assert all(f"/deskmate {name}:" in listed for name in may)
    assert not any(f"/deskmate {name}:" in listed for name in may_not)


async def test_the_help_of_a_command_says_how_it_is_typed(here: Office) -> None:
    assert SAID.search_usage in await here.told("/deskmate help search", user=ADA)
    assert "/deskmate export" not in await here.told("/deskmate help export", user=ADA)


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("/deskmate 状态", COMMAND_TEXTS["zh"].status_title),
        ("／deskmate 文档", COMMAND_TEXTS["zh"].sources_title.format(count=1)),
        ("/deskmate 搜索 年假", COMMAND_TEXTS["zh"].search_title),
        ("/deskmate 帮助", ZH.help_title),
    ],
)
async def test_chinese_names_answer_in_chinese(here: Office, typed: str, title: str) -> None:
    assert (await here.told(typed, user=ADA)).startswith(title)


@pytest.mark.parametrize("page", ["commands.md", "commands.zh.md"])
async def test_the_reference_lists_every_command_with_its_other_names(
    tmp_path: Path, page: str
) -> None:
    text = (Path("docs/reference") / page).read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    async with office(tmp_path) as here:
        listed = await here.say("/deskmate help")

    typed = [label for block in listed[0].card.blocks if isinstance(block, Fields)
             for label, _ in block.rows]  # fmt: skip
    for command in typed:
        name = command.removeprefix("/deskmate ")
        assert any(re.match(rf"\| .*`{name}\b", row) for row in rows), name
