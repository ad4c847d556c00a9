"""Commands that change something: after a word of confirmation, at once, and over a restart."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.choices import Chosen
from bot.configured import chosen_settings
from bot.core.teaching import Lesson, Teaching
from bot.core.texts import EN
from bot.core.texts_commands import COMMAND_TEXTS
from bot.core.texts_steering import STEERING_TEXTS
from bot.deciders import deciders_of
from bot.settings import LoopSettings
from bot.settings_ingest import IngestSettings
from knowledge.model import Citation
from knowledge.models import CATALOGUE
from knowledge.settings import AnsweringSettings, GenerationSettings
from knowledge.weights import Shelf
from tests.fakes_core import ADA, BOB
from tests.stories.office import GROUP, OWEN, ROOT, Office, office, settings_of, shown, write

SAID = STEERING_TEXTS["en"]
ABOUT_LEAVE = "How many paid vacation days do staff receive in the second year?"
LESS_SURELY = "How many paid vacation days do staff receive?"
SMALL = "smollm2-135m"
DAYS = "12 paid vacation days"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path) as opened:
        yield opened


# ── audience ──────────────────────────────────────────────────────────────────────────────────


async def test_readers_are_changed_only_after_a_confirmation(here: Office) -> None:
    assert DAYS in await here.told(ABOUT_LEAVE, user=ADA)
    assert "**Annual leave**" in await here.told("/deskmate audience leave pay")

    done = await here.press(SAID.confirm)

    assert SAID.audience_done.format(name="Annual leave", after="pay", count=1) in done
    assert DAYS not in await here.told(ABOUT_LEAVE, user=ADA)
    assert DAYS in await here.told(ABOUT_LEAVE, user=BOB)
    assert "Annual leave" not in await here.told("/deskmate sources", user=ADA)


async def test_a_button_is_worth_no_more_than_its_words(here: Office) -> None:
    await here.say("/deskmate audience leave pay")

    refused = await here.press(SAID.confirm, user=ADA)

    assert refused.strip() == EN.command_refused.format(name="audience")
    assert DAYS in await here.told(ABOUT_LEAVE, user=ADA)


async def test_a_verified_answer_that_quotes_a_document_follows_its_readers(here: Office) -> None:
    (passage,) = await here.serving.now.store.passages(["leave"])
    cited = Citation(
        marker=1,
        passage_id=passage.id,
        document_id="leave",
        title=passage.title,
        uri=passage.uri,
        quote="Staff receive 12 paid vacation days in the second year.",
    )
    lesson = Lesson(question=ABOUT_LEAVE, text="Verified: 12.", language="en", citations=(cited,))
    teaching = Teaching(curated=here.state.curated, clock=here.clock)
    await teaching.teach(lesson, by=ROOT, key="k", reason="teach")
    assert "Verified: 12." in await here.told(ABOUT_LEAVE, user=ADA)

    await here.say("/deskmate audience leave pay confirm")

    assert "Verified" not in await here.told(ABOUT_LEAVE, user=ADA)
    assert "Verified: 12." in await here.told(ABOUT_LEAVE, user=BOB)


async def test_the_next_ingest_keeps_the_readers_that_were_named(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.say("/deskmate audience leave pay confirm")
        (tmp_path / "pages" / "leave.md").write_text(
            "# Annual leave\n\nStaff receive 99 paid vacation days in the second year.\n"
        )

    async with office(tmp_path) as here:
        assert "99 paid" in await here.told(ABOUT_LEAVE, user=BOB)
        assert "99 paid" not in await here.told(ABOUT_LEAVE, user=ADA)


async def test_a_folders_readers_are_those_of_what_comes_into_it_later(here: Office) -> None:
    said = await here.told("/deskmate audience pay/ board confirm")
    assert SAID.audience_done.format(name="pay/", after="board", count=1) in said

    write(here.folder, {"pay/bonus.md": "# Bonus\n\nThe bonus is nine marmots.\n"})
    await here.say("/deskmate ingest pages")
    await here.report()

    documents = await here.serving.now.store.documents()
    assert documents["pay__bonus"].audience == frozenset({"board"})
    assert documents["pay__bands"].audience == frozenset({"board"})


async def test_a_documents_own_rule_goes_before_its_folders(here: Office) -> None:
    await here.say("/deskmate audience pay__bands everyone confirm")
    said = await here.told("/deskmate audience pay/ board confirm")

    assert SAID.audience_same.format(name="pay/", after="board") in said
    documents = await here.serving.now.store.documents()
    assert documents["pay__bands"].audience == frozenset({"everyone"})


async def test_audiences_are_shown_and_mistakes_are_named(here: Office) -> None:
    assert SAID.audience_no_rules in await here.told("/deskmate audience")
    shown_one = await here.told("/deskmate audience Salary bands |")
    assert "**Salary bands** (`pay__bands`): pay" in shown_one
    missing = await here.told("/deskmate audience nothing pay")
    assert missing.strip() == SAID.audience_missing.format(name="nothing")
    unknown = await here.told("/deskmate audience leave everybodyy")
    assert unknown.strip() == SAID.audience_unknown.format(
        name="everybodyy", known="board, everyone, pay"
    )
    await here.say("/deskmate 受众 Annual leave ｜ pay，board confirm")
    assert "- `leave`: board, pay" in await here.told("/deskmate audience")


async def test_a_crash_before_the_readers_are_given_is_mended_at_the_next_look(
    here: Office,
) -> None:
    await here.state.named_readers.put("leave", frozenset({"pay"}), by=ROOT.key, at=here.clock())

    assert here.desks.rulings is not None
    await here.desks.rulings.look()

    assert DAYS not in await here.told(ABOUT_LEAVE, user=ADA)


async def test_what_waits_to_count_has_the_new_readers_when_it_counts(tmp_path: Path) -> None:
    loop = LoopSettings(gate="block")
    async with office(tmp_path, loop=loop) as here:
        teaching = Teaching(curated=here.state.curated, clock=here.clock)
        lesson = Lesson(question=ABOUT_LEAVE, text="12 days", language="en")
        await teaching.teach(lesson, by=ROOT, key="k", reason="teach")
        write(here.folder, {"new.md": "# Parking\n\nThe car park opens at six.\n"})
        await here.say("/deskmate ingest pages")
        assert SAID.ingest_held in await here.report()
        assert "new" not in await here.serving.now.store.documents()

        await here.say("/deskmate audience leave pay confirm")
        assert here.desks.gate is not None
        await here.desks.gate.look()

        documents = await here.serving.now.store.documents()
        assert "new" in documents
        assert documents["leave"].audience == frozenset({"pay"})


# ── ingest ────────────────────────────────────────────────────────────────────────────────────


async def test_a_folder_is_taken_in_and_reported_once(here: Office) -> None:
    write(here.folder, {"parking.md": "# Parking\n\nThe car park opens at six.\n"})

    started = await here.told("/deskmate ingest pages audience=pay")
    report = await here.report()

    assert started.strip() == SAID.ingest_started.format(what="pages")
    assert SAID.ingest_done.format(place="pages") in report
    assert "New or changed: 3" in report  # whom a page is for is part of how it is read
    assert not await here.report()
    documents = await here.serving.now.store.documents()
    assert documents["parking"].audience == frozenset({"pay"})


async def test_a_part_of_a_folder_is_not_there_twice(here: Office) -> None:
    await here.say("/deskmate ingest pay")
    await here.report()

    assert sorted(await here.serving.now.store.documents()) == ["leave", "pay__bands"]


@pytest.mark.parametrize(
    "path",
    ["/etc", "../data", "pages/../../data", "..", "pay/../../secret", ".hidden", "link", "gone",
     "~", "link/secret.md", "file.md"],
)  # fmt: skip
async def test_nothing_outside_the_allowed_folders_is_read(here: Office, path: str) -> None:
    pages = here.folder / "pages"
    for folder in (here.folder / "secret", pages / ".hidden"):
        folder.mkdir()
        (folder / "secret.md").write_text("# Secret\n\nMarmots.\n")
    (pages / "link").symlink_to(here.folder / "secret")
    (pages / "file.md").symlink_to(here.folder / "secret" / "secret.md")

    await here.say(f"/deskmate ingest {path}")
    report = await here.report()

    assert SAID.why_outside.format(detail=path) in report
    assert "Secret" not in shown((await here.say("/deskmate sources"))[0].card)


async def test_links_inside_an_allowed_folder_lead_nowhere_else(here: Office) -> None:
    (here.folder / "secret").mkdir()
    (here.folder / "secret" / "secret.md").write_text("# Secret\n\nMarmots.\n")
    (here.folder / "pages" / "link").symlink_to(here.folder / "secret")
    (here.folder / "pages" / "file.md").symlink_to(here.folder / "secret" / "secret.md")

    await here.say("/deskmate ingest pages")
    await here.report()

    assert sorted(await here.serving.now.store.documents()) == ["leave", "pay__bands"]


async def test_what_cannot_be_read_is_named_without_telling_where_it_lies(here: Office) -> None:
    write(here.folder, {"pay/broken.docx": "no document", "ok.md": "# Fine\n\nAll is fine.\n"})

    await here.say("/deskmate ingest pages")
    report = await here.report()

    assert "failed: 1" in report
    assert "pay/broken.docx" in report
    assert str(here.folder) not in report
    assert "ok" in await here.serving.now.store.documents()


async def test_without_allowed_folders_none_is_read(tmp_path: Path) -> None:
    async with office(tmp_path, ingest=IngestSettings()) as here:
        await here.say("/deskmate ingest pages")

        assert SAID.why_no_roots in await here.report()


async def test_a_page_of_the_web_is_taken_in_with_its_address(tmp_path: Path) -> None:
    async def page(_request: web.Request) -> web.Response:
        text = "<html><title>Gym</title><body><p>The gym opens at seven.</p></body></html>"
        return web.Response(text=text, content_type="text/html")

    site = web.Application()
    site.router.add_get("/gym", page)
    allowed = IngestSettings(hosts=("127.0.0.1",))
    async with TestServer(site) as server, office(tmp_path, ingest=allowed) as here:
        address = f"http://127.0.0.1:{server.port}/gym"
        for _ in range(2):  # the second time it is known
            await here.say(f"/deskmate ingest <{address}>")
            report = await here.report()

        assert "unchanged: 1" in report
        found = await here.told("/deskmate search When does the gym open?", user=ADA)
        assert "The gym opens at seven." in found
        (name,) = [id_ for id_ in await here.serving.now.store.documents() if "gym" in id_]
        (passage,) = await here.serving.now.store.passages([name])
        assert passage.uri == address


async def test_an_address_of_the_house_is_not_fetched(here: Office) -> None:
    await here.say("/deskmate ingest http://169.254.169.254/latest/meta-data")
    report = await here.report()

    assert SAID.why_address.format(detail="169.254.169.254") in report


async def test_a_file_in_the_chat_is_answered_with_what_to_do(here: Office) -> None:
    (reply,) = await here.say("/deskmate ingest", attachment="file")

    assert shown(reply.card).strip() == SAID.ingest_attachment


async def test_unknown_readers_are_refused_before_anything_is_read(here: Office) -> None:
    said = await here.told("/deskmate ingest pages audience=pya")

    assert said.startswith("\nThere is no audience “pya”")
    assert not await here.report()


# ── threshold and model ───────────────────────────────────────────────────────────────────────


async def test_the_threshold_is_shown_with_what_it_promises(here: Office) -> None:
    said = await here.told("/deskmate threshold")

    assert SAID.origin_shipped in said
    assert "0.50" in said


@pytest.mark.parametrize("typed", ["0.1", "1", "nan", "-inf", "120%", "much", "1e9"])
async def test_a_threshold_out_of_bounds_is_refused(here: Office, typed: str) -> None:
    said = await here.told(f"/deskmate threshold {typed} confirm")

    assert said.strip() == SAID.threshold_bounds.format(low=0.2, high=0.99)


async def test_a_threshold_counts_from_the_next_question_on_and_over_a_restart(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as here:
        assert DAYS in await here.told(LESS_SURELY, user=ADA)
        edition = await here.serving.now.edition_now()

        asked = await here.told("/deskmate threshold ９９%")
        assert "0.99" in asked
        assert SAID.threshold_done.format(value="0.99") in await here.press(SAID.confirm)

        assert EN.unsure in await here.told(LESS_SURELY, user=OWEN)
        assert await here.serving.now.edition_now() != edition  # so the test set runs
        assert SAID.origin_chosen in await here.told("/deskmate threshold")
        again = await here.told("/deskmate threshold 0.99 confirm")
        assert again.strip() == SAID.threshold_same

    async with office(tmp_path) as here:
        assert here.serving.least_confidence == 0.99
        await here.say("/deskmate threshold default confirm")
        assert here.serving.least_confidence == 0.5

    async with office(tmp_path) as here:
        assert here.serving.least_confidence == 0.5


async def test_where_changes_are_held_a_threshold_is_tried_out_first(tmp_path: Path) -> None:
    async with office(tmp_path, loop=LoopSettings(gate="block")) as here:
        teaching = Teaching(curated=here.state.curated, clock=here.clock)
        lesson = Lesson(question=LESS_SURELY, text="12 paid vacation days.", language="en")
        await teaching.teach(lesson, by=ROOT, key="k", reason="teach")

        said = await here.told("/deskmate threshold 0.99 confirm")
        assert said.strip() == SAID.threshold_held
        assert here.desks.gate is not None
        await here.desks.gate.look()

        assert here.serving.least_confidence == 0.5  # it would refuse what is answered now
        (trial,) = await here.state.trials.all()
        assert trial.what == {"threshold": "0.500 → 0.990"}


def test_a_threshold_chosen_for_another_model_counts_no_more(tmp_path: Path) -> None:
    plain = settings_of(tmp_path)
    chosen = Chosen(threshold=0.9, deciders=deciders_of(plain))
    judged = settings_of(
        tmp_path, answering=AnsweringSettings(), generation=GenerationSettings(engine="auto")
    )

    assert chosen_settings(plain, chosen).answering.least_confidence == 0.9
    assert chosen_settings(judged, chosen).answering.least_confidence is None


async def test_models_are_listed_and_unknown_ones_refused(here: Office) -> None:
    listed = await here.told("/deskmate model")
    assert SAID.model_now.format(model="extractive") in listed
    assert SAID.model_none_here in listed

    said = await here.told("/deskmate model gpt-9 confirm")
    assert said.strip() == SAID.model_unknown.format(name="gpt-9")


async def test_a_model_that_cannot_be_loaded_changes_nothing(tmp_path: Path) -> None:
    home = tmp_path / "models" / "smollm2-135m"
    home.mkdir(parents=True)
    for file in CATALOGUE["smollm2-135m"].files:
        (home / file.name).write_bytes(b"no model")
    async with office(tmp_path) as here:
        assert "`smollm2-135m`" in await here.told("/deskmate model")

        await here.say("/deskmate model smollm2-135m")
        started = await here.press(SAID.confirm)
        report = await here.report()

        assert started.strip() == SAID.model_started.format(name="smollm2-135m")
        assert report.strip() == SAID.model_failed.format(name="smollm2-135m")
        assert here.serving.now.generator.name == "extractive"
        assert await here.state.choices.all() == {}
        assert DAYS in await here.told(ABOUT_LEAVE, user=ADA)


@pytest.mark.models
async def test_another_model_answers_from_the_next_question_on_and_over_a_restart(
    tmp_path: Path, shelf: Shelf
) -> None:
    shelf.pull(SMALL)
    async with office(tmp_path, shelf=shelf) as here:
        await here.say(f"/deskmate model {SMALL}")
        await here.press(SAID.confirm)
        report = await here.report()

        assert "from the next question on" in report
        assert SMALL in here.serving.now.generator.name
        assert f"`{SMALL}`{SAID.model_used}" in await here.told("/deskmate model")
        assert DAYS in await here.told(ABOUT_LEAVE, user=ADA)

    async with office(tmp_path, shelf=shelf) as here:
        assert SMALL in here.serving.now.generator.name
        await here.say("/deskmate 模型 默认 确认")
        await here.report()
        assert here.serving.now.generator.name == "extractive"
        assert await here.state.choices.all() == {}


async def test_a_model_elsewhere_is_changed_by_configuration_only(tmp_path: Path) -> None:
    remote = GenerationSettings(
        engine="openai", base_url="http://127.0.0.1:9/v1", model="m", api_key="k"
    )
    async with office(tmp_path, generation=remote) as here:
        assert SAID.model_outside in await here.told("/deskmate model smollm2-135m confirm")


# ── mute ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_muted_channel_gets_no_answer_but_one_quiet_note_each(here: Office) -> None:
    (muted,) = await here.say("/deskmate mute", user=OWEN, place=GROUP)
    assert shown(muted.card).strip() == SAID.muted

    (note,) = await here.say(ABOUT_LEAVE, user=ADA, place=GROUP)
    assert shown(note.card).strip() == SAID.mute_note
    assert note.only_for == ADA
    assert await here.say(ABOUT_LEAVE, user=ADA, place=GROUP) == []
    assert await here.say(ABOUT_LEAVE, user=ADA, place=GROUP, addressed=False) == []
    assert len(await here.say(ABOUT_LEAVE, user=BOB, place=GROUP)) == 1
    assert DAYS in await here.told(f"/deskmate ask {ABOUT_LEAVE}", user=ADA, place=GROUP)
    assert DAYS in await here.told(ABOUT_LEAVE, user=ADA)
    assert COMMAND_TEXTS["en"].status_muted.format(by=OWEN.key) in await here.told(
        "/deskmate status", user=ADA, place=GROUP
    )


async def test_a_mute_outlives_a_restart_and_ends_at_once(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.say("/deskmate mute", user=OWEN, place=GROUP)
        again = await here.told("/deskmate mute", user=ROOT, place=GROUP)
        assert again.strip() == SAID.muted_already

    async with office(tmp_path) as here:
        assert DAYS not in await here.told(ABOUT_LEAVE, user=ADA, place=GROUP)
        done = await here.told("/deskmate unmute", user=ROOT, place=GROUP)
        assert done.strip() == SAID.unmuted
        assert DAYS in await here.told(ABOUT_LEAVE, user=ADA, place=GROUP)
        nothing = await here.told("/deskmate unmute", user=ROOT, place=GROUP)
        assert nothing.strip() == SAID.unmuted_already


async def test_a_direct_conversation_is_not_muted(here: Office) -> None:
    assert (await here.told("/deskmate mute", user=OWEN)).strip() == SAID.mute_not_here


# ── export ────────────────────────────────────────────────────────────────────────────────────


async def test_an_export_is_a_file_of_the_server_that_nobody_else_reads(here: Office) -> None:
    teaching = Teaching(curated=here.state.curated, clock=here.clock)
    lesson = Lesson(question="Where is the gym?", text="Third floor.", language="en")
    await teaching.teach(lesson, by=ROOT, key="k", reason="teach")

    await here.say("/deskmate export curated")
    report = await here.report()

    (file,) = (here.folder / "data" / "exports").iterdir()
    assert SAID.export_done.format(lines=1, path=file) in report
    assert "Third floor." in file.read_text("utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_an_export_of_nothing_known_lists_what_there_is(here: Office) -> None:
    for typed in ("/deskmate export", "/deskmate export ../../etc/passwd"):
        assert "`curated`, `feedback`" in await here.told(typed)
    assert not await here.report()
