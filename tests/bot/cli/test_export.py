"""`deskmate export`: what was taught and said, written to a file for other programs."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot.cli.parser import run
from bot.core.exports import Origin, feedback, finetune
from bot.core.model import AnswerRecord, MessageRef, Proposal, ProposalState, User, Verdict
from bot.core.teaching import Lesson, Teaching
from bot.stores.state import State, open_state, utc_now
from knowledge import prompt
from knowledge.evidence import Evidence
from knowledge.model import Citation, CuratedAnswer, Departure, Passage, Question
from knowledge.statements import statements
from tests.fakes_core import ADA, BOB, GROUP, START, FakeClock, grounded

ROOT = User(platform="slack", id="UROOT", name="Root")
EVE = User(platform="slack", id="UEVE", name="Eve")
QUOTE = "Staff receive **10 days** of annual leave."
LEAVE = Lesson(
    question="How long is leave?",
    text="Leave is 10 days. [1]",
    language="en",
    wordings=("Days off?", "年假几天", "1. Leave;\nhow long?"),
    audience=frozenset({"hr", "staff"}),
    owner="slack:UEVE",
    review_on=date(2027, 3, 1),
    citations=(
        Citation(
            marker=1,
            passage_id="leave#1",
            document_id="leave",
            title="Leave",
            uri="leave.md",
            quote=QUOTE,
            heading_path=("Annual",),
            page=3,
        ),
    ),
)
GYM = Lesson(question="健身房在哪？", text="三楼 [B] 区，\n刷卡进入。", language="zh")

T = TypeVar("T")


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    in_folder(monkeypatch, "data")
    monkeypatch.setenv("DESKMATE_MODELS_DIR", str(tmp_path / "none"))


def in_folder(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("DESKMATE_STORAGE__DATA_DIR", str(Path.cwd() / name))


def with_state(do: Callable[[State], Awaitable[T]], folder: str = "data") -> T:
    async def opened() -> T:
        state = await open_state(data_dir=Path(folder), clock=FakeClock())
        try:
            return await do(state)
        finally:
            await state.close()

    return asyncio.run(opened())


def teach(*lessons: Lesson, reason: str = "teach") -> None:
    async def all_of_them(state: State) -> None:
        teaching = Teaching(curated=state.curated, clock=FakeClock())
        for lesson in lessons:
            await teaching.teach(lesson, by=ROOT, key=f"{reason}{lesson}", reason=reason)

    with_state(all_of_them)


def standing(folder: str) -> tuple[CuratedAnswer, ...]:
    return with_state(
        lambda state: Teaching(curated=state.curated, clock=utc_now).all_standing(), folder
    )


def exported(what: str) -> list[Any]:
    assert run(["export", "--what", what, "--out", f"{what}.jsonl"]) == 0
    return [json.loads(line) for line in Path(f"{what}.jsonl").read_text("utf-8").splitlines()]


# ── curated ───────────────────────────────────────────────────────────────────────────────────


def test_a_curated_answer_is_written_with_all_it_has() -> None:
    teach(LEAVE)

    assert exported("curated") == [
        {
            "question": "How long is leave?",
            "answer": "Leave is 10 days. [1]",
            "wordings": ["Days off?", "年假几天", "1. Leave;\nhow long?"],
            "audience": ["hr", "staff"],
            "owner": "slack:UEVE",
            "review_on": "2027-03-01",
            "sources": [
                {
                    "marker": 1,
                    "passage_id": "leave#1",
                    "document_id": "leave",
                    "title": "Leave",
                    "uri": "leave.md",
                    "quote": QUOTE,
                    "heading_path": ["Annual"],
                    "page": 3,
                }
            ],
            "language": "en",
            "verified_by": "Root",
            "verified_at": "2025-03-03T09:00:00+00:00",
        }
    ]


def test_what_was_forgotten_is_not_exported() -> None:
    teach(LEAVE, GYM)
    [leave, _] = standing("data")
    with_state(lambda state: state.curated.withdraw(leave.id, key="x", by=ROOT.key))

    assert [line["question"] for line in exported("curated")] == ["健身房在哪？"]


def test_an_export_is_taught_elsewhere_without_loss(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    teach(LEAVE, GYM)
    lines = exported("curated")

    in_folder(monkeypatch, "elsewhere")
    run(["teach", "curated.jsonl", "--accept", "--by", "slack:UROOT", "--json"])

    report = json.loads(capsys.readouterr().out)
    assert (report["accepted"], report["failed"]) == (2, [])
    kept = ("id", "question", "text", "language", "wordings", "audience", "owner", "citations")
    before, after = standing("data"), standing("elsewhere")
    for name in (*kept, "review_on"):
        assert [getattr(one, name) for one in after] == [getattr(one, name) for one in before]
    Path("curated.jsonl").unlink()
    unverified = [
        {name: said for name, said in line.items() if not name.startswith("verified")}
        for line in exported("curated")
    ]
    assert all(line.items() >= again.items() for line, again in zip(lines, unverified, strict=True))


def test_an_export_taught_where_it_comes_from_changes_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    teach(LEAVE, GYM)
    exported("curated")

    run(["teach", "curated.jsonl", "--json"])

    report = json.loads(capsys.readouterr().out)
    assert (report["proposed"], report["unchanged"], report["failed"]) == (0, 2, [])


# ── feedback ──────────────────────────────────────────────────────────────────────────────────


async def answered_and_judged(state: State) -> None:
    ref = MessageRef(platform="fake", id="m1")
    asked = Question(text="Where is the gym?", language="en")
    record = AnswerRecord(
        ref=ref,
        conversation=GROUP,
        asker=ADA,
        question="Where is the gym?",
        answer=grounded(asked, "On the third floor. [1]"),
        audience=frozenset({"everyone"}),
        answered_at=START,
    )
    await state.answers.add(record)
    gone = MessageRef(platform="fake", id="m2")
    verdicts = (
        Verdict(ref=ref, user=ADA, value=1, given_at=START),
        Verdict(
            ref=ref,
            user=BOB,
            value=-1,
            reason="outdated",
            correction="It moved. \ud83d",
            given_at=START + timedelta(minutes=1),
        ),
        Verdict(ref=gone, user=ADA, value=1, given_at=START + timedelta(minutes=2)),
    )
    for verdict in verdicts:
        await state.verdicts.give(verdict)


def test_feedback_has_a_line_a_verdict_and_no_names() -> None:
    with_state(answered_and_judged)

    liked, disliked, forgotten = exported("feedback")

    people = [line.pop("person") for line in (liked, disliked, forgotten)]
    assert liked == {
        "question": "Where is the gym?",
        "answer": "On the third floor. [1]",
        "outcome": "grounded",
        "value": 1,
        "reason": "",
        "correction": "",
        "given_at": "2025-03-03T09:00:00+00:00",
    }
    assert (disliked["value"], disliked["reason"]) == (-1, "outdated")
    assert disliked["correction"] == "It moved. \ud83d"
    assert (forgotten["question"], forgotten["answer"], forgotten["outcome"]) == (None, None, None)
    assert people[0] == people[2] != people[1]
    written = Path("feedback.jsonl").read_text("utf-8")
    assert not any(name in written for name in (ADA.name, BOB.name, ADA.key, BOB.key))


async def with_salts(state: State) -> list[list[Any]]:
    return [list(await feedback(Origin(stores=state, salt=salt))) for salt in (b"a", b"a", b"b")]


def test_nobody_is_recognised_from_one_export_to_the_next() -> None:
    with_state(answered_and_judged)

    first, again, other = with_state(with_salts)

    assert first == again
    assert first[0]["person"] != other[0]["person"]


# ── finetune ──────────────────────────────────────────────────────────────────────────────────


def test_a_verified_answer_is_a_chat_as_the_model_is_asked_at_run_time() -> None:
    teach(LEAVE)
    passage = Passage(
        id="leave#1",
        document_id="leave",
        title="Leave",
        uri="leave.md",
        language="en",
        text=f"{QUOTE} Part-time staff receive half of it.",
        heading_path=("Annual",),
    )
    cited = Evidence(statement=statements(passage.text)[0], passage=passage, score=1.0)
    asked = prompt.build("How long is leave?", [cited], "en").turns

    first, second, _ = exported("finetune")

    assert first["messages"] == [
        {"role": "system", "content": asked[0].text},
        {"role": "user", "content": asked[-1].text},
        {"role": "assistant", "content": "Leave is 10 days."},
    ]
    assert "Staff receive 10 days of annual leave." in first["messages"][1]["content"]
    assert second["messages"][1]["content"].endswith("Question: Days off?")


def test_without_sources_the_question_alone_is_asked() -> None:
    teach(GYM)

    [chat] = exported("finetune")

    assert [message["content"] for message in chat["messages"][1:]] == [GYM.question, GYM.text]


@pytest.mark.parametrize(
    ("quote", "read"),
    [
        ("| A | 15 |  |", "A; 15"),
        ("- bring your badge", "bring your badge"),
        ("First. Second.", "First. Second."),
        ("# ", "# "),
    ],
)
def test_quotes_of_any_form_are_read_as_statements(quote: str, read: str) -> None:
    teach(replace(LEAVE, citations=(replace(LEAVE.citations[0], quote=quote),), wordings=()))

    [chat] = exported("finetune")

    assert f"Leave › Annual: {read}\nQuestion" in chat["messages"][1]["content"]


TABLE = Passage(
    id="leave#2",
    document_id="leave",
    title="Leave",
    uri="leave.md",
    language="en",
    text="| Grade | Days |\n| --- | --- |\n| A | 15 |",
    audience=frozenset({"hr"}),
)


def test_a_row_is_read_with_its_header_where_its_passage_is_known() -> None:
    row = replace(LEAVE.citations[0], passage_id=TABLE.id, quote="| A | 15 |")
    teach(replace(LEAVE, citations=(row,), wordings=()))

    async def passage_of(passage_id: str, audience: frozenset[str]) -> Passage | None:
        return TABLE if passage_id == TABLE.id and audience & TABLE.audience else None

    async def chats(state: State) -> list[Any]:
        return list(await finetune(Origin(stores=state, salt=b"", passage_of=passage_of)))

    [chat] = with_state(chats)

    assert "Leave: Grade: A; Days: 15\n" in chat["messages"][1]["content"]


def test_without_the_passages_the_quotes_are_used_and_that_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    teach(LEAVE)

    assert len(exported("finetune")) == 3

    assert "sources are written as they were quoted" in capsys.readouterr().err


@pytest.mark.models
def test_the_passages_are_looked_up_where_documents_were_taken_in(
    monkeypatch: pytest.MonkeyPatch, shelf: Any
) -> None:
    for name in ("e5-small", "use-multilingual"):
        shelf.pull(name)
    monkeypatch.setenv("DESKMATE_MODELS_DIR", str(shelf.folder))
    Path("pages").mkdir()
    Path("pages/leave.md").write_text(f"# Leave\n\n{TABLE.text}\n", encoding="utf-8")
    run(["ingest", "pages"])
    row = replace(LEAVE.citations[0], passage_id="leave#0", quote="| A | 15 |")
    teach(replace(LEAVE, citations=(row,), wordings=()))

    [chat] = exported("finetune")

    assert "Grade: A; Days: 15\n" in chat["messages"][1]["content"]


# ── audit ─────────────────────────────────────────────────────────────────────────────────────


def test_the_audit_has_every_change_and_decision_oldest_first() -> None:
    teach(LEAVE, replace(LEAVE, text="Twelve days."))
    proposal = Proposal(
        id="p1",
        kind="correction",
        question="Where is the gym?",
        text="It moved.",
        language="en",
        by="slack:UBOB",
        proposed_at=datetime(2025, 1, 1, tzinfo=UTC),
    )

    async def decide(state: State) -> None:
        [answer] = await Teaching(curated=state.curated, clock=utc_now).all_standing()
        await state.curated.withdraw(answer.id, key="x", by="slack:UEVE", reason="forget")
        await state.proposals.add(proposal)
        await state.proposals.add(replace(proposal, id="p2"))
        await state.proposals.decide("p1", ProposalState.REJECTED, by=EVE)

    with_state(decide)

    lines = exported("audit")

    assert [(line["what"], line["by"], line["reason"], line["answer"]) for line in lines] == [
        ("curated.added", "slack:UROOT", "teach", "Leave is 10 days. [1]"),
        ("curated.changed", "slack:UROOT", "teach", "Twelve days."),
        ("curated.withdrawn", "slack:UEVE", "forget", "Twelve days."),
        ("proposal.rejected", "slack:UEVE", "correction", "It moved."),
    ]
    assert lines[0]["at"] == "2025-03-03T09:00:00+00:00"
    assert lines[0]["audience"] == ["hr", "staff"]
    assert lines[3]["proposed_by"] == "slack:UBOB"
    assert lines[3]["proposed_at"] == "2025-01-01T00:00:00+00:00"


# ── the file ──────────────────────────────────────────────────────────────────────────────────


def test_what_left_the_house_is_a_line_each_without_its_words() -> None:
    left = Departure(
        id="d1",
        at=START,
        destination="https://llm.example/v1",
        engine="openai:m",
        passages={"leave#1": "0123456789abcdef"},
        placeholders={"name": 2},
        chars=640,
    )
    with_state(lambda state: state.departures.add(left))

    assert exported("egress") == [
        {
            "at": START.isoformat(),
            "id": "d1",
            "destination": "https://llm.example/v1",
            "engine": "openai:m",
            "passages": {"leave#1": "0123456789abcdef"},
            "placeholders": {"name": 2},
            "chars": 640,
            "withheld": "",
        }
    ]


def test_only_its_owner_may_read_the_file() -> None:
    exported("curated")

    assert stat.S_IMODE(Path("curated.jsonl").stat().st_mode) == 0o600


def test_a_file_is_replaced_only_by_force(capsys: pytest.CaptureFixture[str]) -> None:
    Path("out.jsonl").write_text("mine", encoding="utf-8")
    words = ["export", "--what", "curated", "--out", "out.jsonl"]

    assert run(words) == 1
    assert Path("out.jsonl").read_text("utf-8") == "mine"
    assert "out.jsonl: is there already; --force replaces it" in capsys.readouterr().err

    assert run([*words, "--force"]) == 0
    assert Path("out.jsonl").read_text("utf-8") == ""
    assert stat.S_IMODE(Path("out.jsonl").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("out", "reason"),
    [(".", ".: is no file"), ("none/out.jsonl", "none: there is no such folder")],
)
def test_a_place_that_takes_no_file_is_said_plainly(
    out: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["export", "--what", "audit", "--out", out, "--force"]) == 1

    assert reason in capsys.readouterr().err


def test_what_can_be_exported_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(["export", "--what", "everything", "--out", "x"])

    assert "curated" in capsys.readouterr().err
