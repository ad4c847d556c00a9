"""`deskmate teach`, as somebody types it, with a real state store."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from openpyxl import Workbook

from bot.cli.parser import run
from bot.core.model import Proposal, ProposalState, User
from bot.core.teaching import Lesson, Teaching
from bot.stores.state import State, open_state, utc_now
from knowledge.model import CuratedAnswer
from knowledge.parsers.faq_row import column_of

GUIDES = Path(__file__).parents[3] / "docs/how-to"
EXAMPLE = GUIDES / "teach-example.csv"
GUIDE = (GUIDES / "teach.md").read_text("utf-8")
FAQ = "question,answer,similar,audience,owner,review date\n"
LEAVE = f"{FAQ}How long is leave?,Ten days.,Vacation?;Days off?,hr,slack:UEVE,2027-03-01\n"
ROOT = User(platform="slack", id="UROOT", name="Root")

T = TypeVar("T")


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESKMATE_STORAGE__DATA_DIR", str(tmp_path / "data"))


def look(into: Callable[[State], Awaitable[T]]) -> T:
    """What a state store has, between two commands."""

    async def opened() -> T:
        state = await open_state(data_dir=Path("data"))
        try:
            return await into(state)
        finally:
            await state.close()

    return asyncio.run(opened())


def waiting() -> tuple[Proposal, ...]:
    return look(lambda state: state.proposals.waiting())


def verified() -> tuple[CuratedAnswer, ...]:
    return look(lambda state: Teaching(curated=state.curated, clock=utc_now).all_standing())


def write(text: str, name: str = "faq.csv") -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def last_json(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def taught(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, int, int, int]:
    """Proposed, accepted, unchanged, failed."""
    run(["teach", *words, "--json"])
    report = last_json(capsys)
    assert list(report) == ["proposed", "accepted", "unchanged", "failed"]
    return (report["proposed"], report["accepted"], report["unchanged"], len(report["failed"]))


ACCEPT = ("--accept", "--by", "slack:UROOT")


# ── proposing ─────────────────────────────────────────────────────────────────────────────────


def test_every_pair_is_proposed_for_review(capsys: pytest.CaptureFixture[str]) -> None:
    assert taught(capsys, write(LEAVE)) == (1, 0, 0, 0)

    [proposal] = waiting()
    assert (proposal.kind, proposal.question, proposal.text) == (
        "import",
        "How long is leave?",
        "Ten days.",
    )
    assert proposal.wordings == ("Vacation?", "Days off?")
    assert (proposal.audience, proposal.by_name) == ({"hr"}, "faq.csv")
    assert (proposal.owner, str(proposal.review_on)) == ("slack:UEVE", "2027-03-01")
    assert verified() == ()


def test_the_same_file_again_adds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    file = write(LEAVE)
    taught(capsys, file)

    assert taught(capsys, file) == (0, 0, 1, 0)
    assert len(waiting()) == 1


def test_what_was_rejected_is_not_proposed_again(capsys: pytest.CaptureFixture[str]) -> None:
    file = write(LEAVE)
    taught(capsys, file)
    [proposal] = waiting()
    look(
        lambda state: state.proposals.decide(
            proposal.id, ProposalState.REJECTED, by=User(platform="slack", id="UEVE")
        )
    )

    assert taught(capsys, file) == (0, 0, 1, 0)
    assert waiting() == ()


def test_a_changed_answer_is_proposed_anew(capsys: pytest.CaptureFixture[str]) -> None:
    taught(capsys, write(LEAVE))

    assert taught(capsys, write(LEAVE.replace("Ten", "Twelve"))) == (1, 0, 0, 0)


def test_the_audience_of_the_command_holds_where_the_file_says_nothing() -> None:
    run(["teach", write(f"{FAQ}A?,a,,,,\nB?,b,,finance,,\n"), "--audience", "staff"])

    assert [sorted(proposal.audience) for proposal in waiting()] == [["staff"], ["finance"]]


# ── accepting ─────────────────────────────────────────────────────────────────────────────────


def test_an_accepted_file_is_verified_in_the_name_of_a_person(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert taught(capsys, write(LEAVE), *ACCEPT) == (0, 1, 0, 0)

    [answer] = verified()
    assert (answer.question, answer.text, answer.language) == (
        "How long is leave?",
        "Ten days.",
        "en",
    )
    assert (answer.owner, answer.verified_by) == ("slack:UEVE", "UROOT")
    assert str(answer.review_on) == "2027-03-01"
    [change] = look(lambda state: state.curated.since(0))
    assert (change.by, change.reason) == ("slack:UROOT", "import")


def test_an_accepted_file_again_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    file = write(LEAVE)
    taught(capsys, file, *ACCEPT)

    assert taught(capsys, file, *ACCEPT) == (0, 0, 1, 0)
    assert taught(capsys, file) == (0, 0, 1, 0)
    assert look(lambda state: state.curated.mark()) == (1, 1)


def test_accepting_decides_what_was_proposed(capsys: pytest.CaptureFixture[str]) -> None:
    file = write(LEAVE)
    taught(capsys, file)

    taught(capsys, file, *ACCEPT)

    assert waiting() == ()


def test_a_proposal_of_what_is_verified_by_now_is_decided(
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = write("question,answer\nA?,a\n")
    taught(capsys, file)
    look(
        lambda state: Teaching(curated=state.curated, clock=utc_now).teach(
            Lesson(question="A?", text="a", language="en"), by=ROOT, key="k", reason="teach"
        )
    )

    assert taught(capsys, file, *ACCEPT) == (0, 0, 1, 0)
    assert waiting() == ()


def test_a_changed_file_replaces_the_answer_and_keeps_its_wordings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    taught(capsys, write(LEAVE), *ACCEPT)

    changed = LEAVE.replace("Ten", "Twelve").replace("Vacation?;Days off?", "Holidays?")
    taught(capsys, write(changed), *ACCEPT)

    [answer] = verified()
    assert answer.text == "Twelve days."
    assert answer.wordings == ("Holidays?", "Vacation?", "Days off?")


def test_what_was_forgotten_can_be_taught_again(capsys: pytest.CaptureFixture[str]) -> None:
    file = write(LEAVE)
    taught(capsys, file, *ACCEPT)
    [answer] = verified()
    look(
        lambda state: Teaching(curated=state.curated, clock=utc_now).forget(
            answer.id, by=ROOT, key="forget"
        )
    )

    assert taught(capsys, file, *ACCEPT) == (0, 1, 0, 0)
    assert [one.text for one in verified()] == ["Ten days."]


def test_accepting_needs_somebody_who_vouches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(["teach", write(LEAVE), "--accept"])

    assert left.value.code == 2
    assert "--accept needs --by" in capsys.readouterr().err


@pytest.mark.parametrize("person", ["UROOT", "slack:", ":UROOT"])
def test_a_person_is_named_with_the_platform(
    person: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(["teach", write(LEAVE), "--accept", "--by", person])

    assert "is no person as in slack:U1" in capsys.readouterr().err


async def test_a_running_server_sees_the_answer_at_once(tmp_path: Path) -> None:
    file = write(LEAVE)
    server = await open_state(data_dir=tmp_path / "data")
    try:
        before = await server.curated.mark()

        assert await asyncio.to_thread(run, ["teach", file, *ACCEPT]) == 0

        assert await server.curated.mark() != before
        [change] = await server.curated.since(before[1])
        assert change.answer is not None
        assert change.answer.text == "Ten days."
    finally:
        await server.close()


# ── what is wrong is told ─────────────────────────────────────────────────────────────────────


def test_a_bad_row_is_told_with_file_and_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["teach", write(f"{LEAVE}Why?,,,,,\n"), "--json"]) == 0

    shown = capsys.readouterr()
    assert json.loads(shown.out)["failed"] == [
        {"path": "faq.csv", "line": 3, "reason": "no answer"}
    ]
    assert "not taken in: faq.csv, line 3: no answer" in shown.err
    assert "1 proposed, 0 accepted, 0 unchanged, 1 failed" in shown.err


def test_columns_that_mean_nothing_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    run(["teach", write("question,answer,remark\nA?,a,b\n")])

    assert "columns that were not read: remark" in capsys.readouterr().err


def test_an_answer_as_long_as_a_document_is_told_instead_of_cut(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert taught(capsys, write(f"question,answer\nA?,{'a' * 8001}\n")) == (0, 0, 0, 1)


def test_contradictions_between_files_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    first = write("question,answer\nA?,a\n", "one.csv")
    second = write("question,answer\nA?,b\nB?,b\n", "two.csv")

    assert taught(capsys, first, second) == (1, 0, 0, 2)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("none.csv", None, "not read: No such file or directory"),
        ("faq.txt", b"question,answer", "not a question"),
        ("faq.xlsx", b"PK nothing", "not a readable XLSX file"),
        ("faq.csv", b"a,b\n1,2\n", "no row has headings"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_and_the_command_fails(
    name: str, content: bytes | None, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        Path(name).write_bytes(content)

    assert run(["teach", name, "--json"]) == 1

    [fault] = last_json(capsys)["failed"]
    assert fault["line"] == 0
    assert fault["reason"].startswith(reason)


def test_one_unreadable_file_does_not_keep_the_others_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert taught(capsys, "none.csv", write(LEAVE)) == (1, 0, 0, 1)


# ── other formats ─────────────────────────────────────────────────────────────────────────────


def test_a_workbook_is_taken_in(capsys: pytest.CaptureFixture[str]) -> None:
    book = Workbook()
    book.active.append(["标准问", "答案", "相似问"])
    book.active.append(["年假有几天", "十天。", "几天年假\n年假多少"])
    book.save("faq.xlsx")

    assert taught(capsys, "faq.xlsx", *ACCEPT) == (0, 1, 0, 0)
    assert verified()[0].wordings == ("几天年假", "年假多少")


def test_the_example_of_the_guide_is_taken_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert taught(capsys, str(EXAMPLE)) == (4, 0, 0, 0)

    assert taught(capsys, str(EXAMPLE), *ACCEPT) == (0, 4, 0, 0)


# ── the guide ─────────────────────────────────────────────────────────────────────────────────


def test_every_heading_that_the_guide_names_is_known() -> None:
    table = GUIDE.partition("| column | headings |")[2].partition("\n\n")[0]
    named = {
        heading: label
        for row in table.splitlines()[2:]
        for label, headings in [row.strip("|").split("|")[:2]]
        for heading in re.findall(r"`(.+?)`", headings)
    }

    assert len(named) >= 15
    assert [heading for heading in named if column_of(heading) is None] == []


def test_the_line_of_the_guide_is_taken_in(capsys: pytest.CaptureFixture[str]) -> None:
    line = GUIDE.partition("```json\n")[2].partition("```")[0]

    assert taught(capsys, write(line, "faq.jsonl")) == (1, 0, 0, 0)
