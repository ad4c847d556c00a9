"""The command line, as somebody types it: exit codes, sentences, JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.cli.parser import run
from bot.platforms import enabled_sections
from bot.settings import SettingsInvalid, load
from knowledge.engines.folder_lock import FolderLock

PAGE = "# Annual leave\n\nStaff receive 12 paid vacation days in the second year.\n"


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("DESKMATE_STORAGE__DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DESKMATE_GENERATION__ENGINE", "extractive")


@pytest.fixture
def weights(monkeypatch: pytest.MonkeyPatch, shelf: Any) -> None:
    for name in ("e5-small", "use-multilingual"):
        shelf.pull(name)
    monkeypatch.setenv("DESKMATE_MODELS_DIR", str(shelf.folder))


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "leave.md").write_text(PAGE, encoding="utf-8")
    return folder


def last_json(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


# ── without any weights ───────────────────────────────────────────────────────────────────────


def test_init_writes_a_configuration_that_doctor_understands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init"]) == 0
    assert (tmp_path / "deskmate.toml").is_file()

    run(["doctor"])

    assert "✓ config: every key is known" in capsys.readouterr().out


def test_init_leaves_an_existing_configuration_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "deskmate.toml").write_text("# mine", encoding="utf-8")

    assert run(["init"]) == 1

    assert (tmp_path / "deskmate.toml").read_text(encoding="utf-8") == "# mine"
    assert "was left as it is" in capsys.readouterr().err


def test_an_unknown_key_stops_a_command_with_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "deskmate.toml").write_text("[server]\nprot = 1\n", encoding="utf-8")

    assert run(["ask", "When?"]) == 1

    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert "did you mean port?" in said[0]


def test_every_platform_that_lacks_a_key_is_named_with_the_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DESKMATE_SLACK__ENABLED", "true")
    monkeypatch.setenv("DESKMATE_DINGTALK__ENABLED", "true")

    with pytest.raises(SettingsInvalid) as refused:
        enabled_sections(load())

    slack, dingtalk = str(refused.value).splitlines()
    assert slack.startswith("[slack] is enabled but says nothing for bot_token, signing_secret;")
    assert slack.endswith("DESKMATE_SLACK__BOT_TOKEN")
    assert dingtalk.endswith("DESKMATE_DINGTALK__CLIENT_ID")


@pytest.mark.parametrize(
    ("text", "part", "found", "to_do"),
    [
        ('[loop]\ngate = "block"\n', "gate", "needs somebody to ask", "name [access] admins"),
        ("", "platforms", "nobody can ask in chat", "enabled = true in [slack]"),
        (
            '[generation]\nengine = "openai"\n',
            "model server",
            "[generation] base_url must begin with http:// or https://",
            "mend [generation] base_url",
        ),
        (
            '[generation]\nengine = "auto"\nmodel = "gpt.gguf"\n',
            "generation",
            "no model called 'gpt.gguf'",
            "correct [generation] model",
        ),
    ],
)
def test_doctor_finds_what_a_start_would_stumble_over(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    part: str,
    found: str,
    to_do: str,
) -> None:
    monkeypatch.delenv("DESKMATE_GENERATION__ENGINE")
    (tmp_path / "deskmate.toml").write_text(text, "utf-8")

    run(["doctor", "--json"])

    findings = [one for one in last_json(capsys) if one["part"] == part]
    assert any(found in one["found"] and to_do in one["to_do"] for one in findings), findings


def test_a_head_that_is_cut_off_is_no_alarm(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["audit", "verify", "--head", "3f1c"])

    assert ended.value.code == 2
    assert "a head has 64 characters" in capsys.readouterr().err


def test_verifying_where_nothing_is_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DESKMATE_MODELS_DIR", str(tmp_path / "empty"))

    assert run(["models", "verify"]) == 0

    assert "no weights are on this machine" in capsys.readouterr().err


def test_a_missing_configuration_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", "--config", "none.toml", "When?"]) == 1

    assert "none.toml: there is no such file" in capsys.readouterr().err


def test_missing_weights_say_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DESKMATE_MODELS_DIR", str(tmp_path / "empty"))

    assert run(["ask", "When?"]) == 1

    assert "deskmate models pull" in capsys.readouterr().err


def test_models_list_names_size_licence_and_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "list"]) == 0

    said = capsys.readouterr().out
    assert "qwen2.5-coder-1.5b" in said
    assert "1117" in said


def test_an_unknown_model_is_refused_with_the_known_names(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["models", "pull", "gpt-9"]) == 1

    assert "e5-small" in capsys.readouterr().err


def test_verify_finds_a_changed_weight_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "models" / "smollm2-135m"
    home.mkdir(parents=True)
    (home / "SmolLM2-135M-Instruct.Q4_1.gguf").write_bytes(b"not the weights")
    monkeypatch.setenv("DESKMATE_MODELS_DIR", str(home.parent))

    assert run(["models", "verify"]) == 1

    assert "sha256" in capsys.readouterr().out


def test_enabling_a_platform_we_do_not_speak_yet_is_said_plainly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DESKMATE_SLACK__ENABLED", "true")

    assert run(["doctor"]) == 1

    assert "✗ slack" in capsys.readouterr().out


# ── with weights ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.models
@pytest.mark.usefixtures("weights")
class TestWithWeights:
    """Ingest, ask, evaluate on a small folder."""

    def test_ingest_reports_what_is_new_unchanged_and_failed(
        self, pages: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (pages / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")

        assert run(["ingest", str(pages), "--json"]) == 0
        first = last_json(capsys)
        assert run(["ingest", str(pages), "--json"]) == 0
        second = last_json(capsys)

        assert (first["documents"], first["unchanged"]) == (1, 0)
        assert (second["documents"], second["unchanged"]) == (0, 1)
        assert [failure["path"].endswith("broken.pdf") for failure in second["failed"]] == [True]

    def test_where_changes_are_held_what_is_ingested_waits_and_doctor_says_so(
        self, pages: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DESKMATE_LOOP__GATE", "block")
        run(["ingest", str(pages)])
        assert "held back" not in capsys.readouterr().err
        (pages / "leave.md").write_text(PAGE.replace("12", "7"), encoding="utf-8")

        assert run(["ingest", str(pages)]) == 0
        assert "held back" in capsys.readouterr().err
        run(["doctor"])
        assert "! gate: documents wait" in capsys.readouterr().out
        run(["ask", "How many vacation days in the second year?", "--json"])
        assert "12 paid vacation days" in last_json(capsys)["text"]

        monkeypatch.setenv("DESKMATE_LOOP__GATE", "warn")
        run(["ingest", str(pages)])  # held no longer
        run(["ask", "How many vacation days in the second year?", "--json"])
        assert "7 paid vacation days" in last_json(capsys)["text"]

    def test_ask_answers_from_what_was_ingested(
        self, pages: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(["ingest", str(pages)])
        capsys.readouterr()

        assert run(["ask", "How many vacation days in the second year?", "--json"]) == 0

        found = last_json(capsys)
        assert found["outcome"] == "degraded"
        assert "12 paid vacation days" in found["text"]
        assert found["citations"][0]["document_id"] == "leave"
        assert set(found) == {
            "outcome", "text", "confidence", "language", "citations", "engine", "tokens",
            "timings_ms",
        }  # fmt: skip

    def test_ask_prints_the_answer_with_its_source_for_people(
        self, pages: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(["ingest", str(pages)])
        capsys.readouterr()

        assert run(["ask", "How many vacation days in the second year?"]) == 0

        said = capsys.readouterr().out
        assert "12 paid vacation days" in said
        assert "[1] Annual leave" in said

    def test_an_empty_knowledge_base_answers_that_it_does_not_know(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["ask", "年假有几天？", "--json"]) == 0

        found = last_json(capsys)
        assert (found["outcome"], found["language"]) == ("unknown", "zh")
        assert "没有找到" in found["text"]

    def test_a_missing_path_is_one_sentence_and_changes_nothing(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["ingest", "nowhere"]) == 1

        said = capsys.readouterr().err.strip().splitlines()
        assert len(said) == 1
        assert "nowhere" in said[0]

    def test_a_data_folder_in_use_is_left_alone(
        self, tmp_path: Path, pages: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(["ingest", str(pages)])
        lock = FolderLock(tmp_path / "data" / "passages")

        try:
            assert run(["ingest", str(pages)]) == 1
        finally:
            lock.release()

        assert "in use by another Deskmate process" in capsys.readouterr().err

    def test_evaluate_prints_figures_and_writes_predictions(
        self, tmp_path: Path, pages: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        labelled = tmp_path / "qa.jsonl"
        question = {"id": "1", "question": "vacation days in the second year?", "language": "en"}
        gold = {"gold_doc_ids": ["leave"], "answers": ["12"], "answerable": True}
        labelled.write_text(json.dumps(question | gold) + "\n", encoding="utf-8")
        command = ["evaluate", "--corpus", str(pages), "--qa", str(labelled), "--json"]

        assert run([*command, "--predictions", str(tmp_path / "out.jsonl")]) == 0

        figures = last_json(capsys)
        (prediction,) = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
        assert (figures["n"], figures["recall@1"]) == (1, 1.0)
        assert json.loads(prediction)["hits"][0]["document_id"] == "leave"
        assert not (tmp_path / "data").exists()

    def test_evaluate_reports_and_compares_with_its_last_run(
        self, tmp_path: Path, pages: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        labelled, passages = tmp_path / "qa.jsonl", tmp_path / "passages.jsonl"
        question = {"id": "1", "question": "vacation days in the second year?", "language": "en"}
        gold = {"gold_doc_ids": ["leave"], "gold_passage_ids": ["leave#7"]}
        labelled.write_text(json.dumps(question | gold) + "\n", encoding="utf-8")
        text = "Staff receive 12 paid vacation days in the second year."
        passages.write_text(
            json.dumps({"passage_id": "leave#7", "doc_id": "leave", "text": text}), encoding="utf-8"
        )
        command = ["evaluate", "--corpus", str(pages), "--qa", str(labelled), "--mode", "retrieve"]
        report = ["--json", "--report", str(tmp_path / "report")]

        assert run([*command, *report]) == 0
        assert run([*command, *report, "--without", "dense-use", "--without", "bm25"]) == 0

        assert last_json(capsys)["passage_recall@1"] == 1.0
        (section,) = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["sections"]
        assert section["without"] == ["bm25", "dense-use"]
        assert section["comparison"]["without"] == []
        assert "<svg" in (tmp_path / "report.html").read_text(encoding="utf-8")
        assert "recall@1" in (tmp_path / "report.md").read_text(encoding="utf-8")

    def test_a_part_nobody_knows_cannot_be_left_out(
        self, tmp_path: Path, pages: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        labelled = tmp_path / "qa.jsonl"
        labelled.write_text("", encoding="utf-8")
        command = ["evaluate", "--corpus", str(pages), "--qa", str(labelled)]

        assert run([*command, "--without", "dense-e6"]) == 1

        said = capsys.readouterr().err.strip().splitlines()
        assert len(said) == 1
        assert "dense-e5, dense-use, bm25" in said[0]

    def test_evaluate_without_its_corpus_is_one_sentence(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        labelled = tmp_path / "qa.jsonl"
        labelled.write_text("", encoding="utf-8")

        assert run(["evaluate", "--corpus", "nowhere", "--qa", str(labelled)]) == 1

        assert "nowhere" in capsys.readouterr().err

    def test_a_broken_line_of_a_labelled_set_is_named(
        self, tmp_path: Path, pages: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        labelled = tmp_path / "qa.jsonl"
        labelled.write_text("{}\nnot json\n", encoding="utf-8")

        assert run(["evaluate", "--corpus", str(pages), "--qa", str(labelled)]) == 1

        assert "line " in capsys.readouterr().err

    def test_doctor_is_content_with_a_working_installation(
        self, pages: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(["ingest", str(pages)])
        capsys.readouterr()

        code = run(["doctor", "--json"])

        levels = {finding["part"]: finding["level"] for finding in last_json(capsys)}
        assert code == 0, levels
        assert levels["passages"] == "ok"

    def test_doctor_makes_no_room_for_passages(self, tmp_path: Path) -> None:
        assert run(["doctor"]) == 0

        assert [path.name for path in (tmp_path / "data").glob("passages*")] == []

    def test_a_dictionary_that_is_missing_is_named_with_what_to_do(
        self, monkeypatch: pytest.MonkeyPatch, pages: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("DESKMATE_KNOWLEDGE__DICTIONARY", "words.txt")

        assert run(["ingest", str(pages)]) == 1
        assert "deskmate: words.txt: No such file or directory\n" in capsys.readouterr().err

        run(["doctor"])
        assert "→ correct [knowledge] dictionary" in capsys.readouterr().out

    def test_a_qdrant_that_is_away_is_one_sentence(
        self, monkeypatch: pytest.MonkeyPatch, pages: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("DESKMATE_KNOWLEDGE__QDRANT_URL", "http://127.0.0.1:9")

        assert run(["ingest", str(pages)]) == 1

        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("deskmate: Qdrant at http://127.0.0.1:9 does not answer: ")

    def test_calibrate_stores_a_threshold_that_ask_then_uses(
        self, tmp_path: Path, pages: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        labelled = questions(tmp_path, 60)
        command = ["calibrate", "--corpus", str(pages), "--qa", str(labelled), "--json"]

        assert run(command) == 0

        fitted = last_json(capsys)
        assert (fitted["guarantee"], fitted["given"], fitted["wrong"]) == ("expected", 60, 0)
        run(["ingest", str(pages)])
        capsys.readouterr()
        run(["ask", "How many vacation days in the second year?", "--json"])
        less_sure = last_json(capsys)
        assert 0.5 < less_sure["confidence"] < fitted["least_confidence"]
        assert less_sure["outcome"] == "unknown"

    def test_calibrate_with_too_few_questions_stores_nothing_and_says_how_many_it_needs(
        self, tmp_path: Path, pages: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        labelled = questions(tmp_path, 3)

        assert run(["calibrate", "--corpus", str(pages), "--qa", str(labelled)]) == 1

        assert "3 labelled questions are too few: 2.0% needs 49" in capsys.readouterr().err
        assert not (tmp_path / "data").exists()


def questions(folder: Path, count: int) -> Path:
    """So many labelled questions about vacation days, which the page answers."""
    file = folder / "labelled.jsonl"
    gold = {"gold_doc_ids": ["leave"], "answers": ["12"], "answerable": True}
    asked = {"question": "vacation days in the second year?", "language": "en"}
    lines = (json.dumps({"id": str(number)} | asked | gold) for number in range(count))
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


@pytest.mark.parametrize("rate", ["0", "1", "-0.1", "two"])
def test_an_error_budget_that_is_no_share_is_refused(
    rate: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["calibrate", "--corpus", "x", "--qa", "y", "--max-wrong-rate", rate]

    with pytest.raises(SystemExit):
        run(words)

    assert "is not between 0 and 1" in capsys.readouterr().err
