"""Writes what was measured into docs/explanation/performance.md and its picture.

    python -m tests.benchmarks.performance --from bench.json

The figures themselves are kept beside the page as performance.json, so that everybody can draw the
page again. What stands between marks is replaced; all other text of the page stays.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks.pages import replace_marked, table
from tests.benchmarks.picture import Bar, latency_picture

FOLDER = Path("docs/explanation")
NAMES = {
    "deskmate": "Deskmate",
    "llamaindex": "LlamaIndex",
    "haystack": "Haystack",
    "txtai": "txtai",
}
_GOALS_MS = {10_000: 25.0, 100_000: 60.0}

Found = Mapping[str, Any]


def picture(retrieval: Found) -> str:
    """Milliseconds a question, by size and system."""
    groups = {
        _head(size["passages"]): [
            Bar(
                name=NAMES[name],
                p50_ms=one["p50_ms"],
                p95_ms=one["p95_ms"],
                said=f"{one['p50_ms']:,.0f} / {one['p95_ms']:,.0f} ms "
                f"· {one['recall@5']:.3f} of {one['questions']}",
                ours=name == "deskmate",
            )
            for name, one in size["systems"].items()
        ]
        for size in retrieval["sizes"]
    }
    return latency_picture(
        groups,
        title="A question, from text to ten passages · 一个问题从文本到十个段落的用时",
        foot="p50 / p95 · recall@5 of so many questions 召回率与问题数; logarithmic 对数坐标; "
        "dashed: our goal for p95 虚线为 p95 目标",
        goals={_head(size): goal for size, goal in _GOALS_MS.items()},
    )


def _head(passages: int) -> str:
    return f"{passages:,} passages · {passages:,} 个段落"


def retrieval_table(retrieval: Found) -> str:
    """Quality, times and memory, a row a system and size."""
    heads = (
        "passages, system", "questions", "recall@1", "recall@5", "Deskmate on the same",
        "recall@10", "p50 ms", "p95 ms",
        "processor ms a question", "passages/s without the embedder", "memory MB", "load",
    )  # fmt: skip
    rows = [
        [
            f"{size['passages']:,} {NAMES[name]}",
            f"{one['questions']}",
            f"{one['recall@1']:.3f}",
            f"{one['recall@5']:.3f}",
            f"{one.get('deskmate_recall@5', math.nan):.3f}",
            f"{one['recall@10']:.3f}",
            f"{one['p50_ms']:,.1f}",
            f"{one['p95_ms']:,.1f}",
            f"{one['processor_ms']:,.1f}",
            f"{one['passages_per_s']:,.0f}",
            f"{one['memory_mb']:,}",
            f"{one['load'][0]:g} – {one['load'][1]:g}",
        ]
        for size in retrieval["sizes"]
        for name, one in size["systems"].items()
    ]
    return table(heads, rows)


def embedding_table(retrieval: Found) -> str:
    """Ingestion with the embedder at work, a row a system."""
    found = retrieval["embedding"]
    rows = [
        [
            f"{NAMES[name]}, {found['passages']:,} passages",
            f"{one['passages_per_s']:,.1f}",
            f"{one['embedder_share']:.1%}",
            f"{one['load'][0]:g} – {one['load'][1]:g}",
        ]
        for name, one in found["systems"].items()
    ]
    return table(("system", "passages/s", "of the time in the embedder", "load"), rows)


def others_table(found: Found) -> str:
    """Everything that was measured of Deskmate alone, with its goal."""
    rows = [row for part, rows in _ROWS.items() if part in found for row in rows(found[part])]
    return table(("what", "measured", "goal", "load"), rows)


def _ingestion(part: Found) -> list[list[str]]:
    name = f"ingestion, {part['passages']:,} passages, both embedders and token vectors"
    load = _load(part)
    return [
        [name, f"{part['passages_per_s']} passages/s", "", load],
        ["of that inside the embedders", f"{part['embedder_share']:.1%}", "≥ 85 %", load],
        ["again, unchanged", f"{part['again_times_faster']:,.0f} times faster", "≥ 50", load],
    ]


def _answering(part: Found) -> list[list[str]]:
    load = _load(part)
    rows = [
        [
            f"quoted answers, {one['askers']} askers at once",
            f"{one['answers_per_s']}/s, {_ms(one['answer'])}",
            "",
            load,
        ]
        for one in part["extractive"]
    ]
    model = part["model"]
    if "answer" not in model:
        return [*rows, ["answers of the language model", "not measured", "", load]]
    return [
        *rows,
        [f"answers of {model['engine']}", f"{model['answers_per_s']}/s", "", load],
        ["its first piece", _ms(model["first_token"]), "", load],
        ["its last piece", _ms(model["last_token"]), "", load],
        ["the whole answer", _ms(model["answer"]), "", load],
    ]


def _waiting(part: Found) -> list[list[str]]:
    one = part["without_model"]
    name = f"{one['passages']:,} passages with token comparison:"
    return [
        [f"{name} search and decision", _ms(one["decision"]), "", _load(part)],
        [f"{name} quoted answer", _ms(one["answer"]), "p95 ≤ 150 ms", _load(part)],
    ]


def _acks(part: Found) -> list[list[str]]:
    if "not_measured" in part:
        return [["acknowledgement while the model writes", "not measured", "p99 ≤ 50 ms", ""]]
    name = f"acknowledgement at {part['events_per_s']:g} events/s while {part['model']} writes"
    return [
        [name, _ms(part["acks"], with_p99=True), "p99 ≤ 50 ms", _load(part)],
        ["/healthz meanwhile", _ms(part["healthz"], with_p99=True), "", _load(part)],
    ]


def _footprint(part: Found) -> list[list[str]]:
    load = _load(part)
    return [
        ["`deskmate --help`", f"{part['help_s']} s", "≤ 0.3 s", load],
        ["ready", f"{part['ready_s']} s", "≤ 5 s", load],
        ["memory at rest, no language model", f"{part['at_rest_mb']} MB", "≤ 350 MB", load],
        ["memory after questions", f"{part['at_work_mb']} MB", "", load],
        ["first card", _ms(part["first_card"]), "", load],
    ]


def _decode(part: Found) -> list[list[str]]:
    engines = {name: one for name, one in part.items() if isinstance(one, dict)}
    return [
        [
            f"decode speed, {part['model']} on {name}, of the bare engine's",
            f"{one['share_of_bare']['by_clock']:.1%}, by processor time "
            f"{one['share_of_bare']['by_processor']:.1%}",
            "≥ 95 %",
            "in turns",
        ]
        for name, one in engines.items()
        if "share_of_bare" in one
    ]


_ROWS: Mapping[str, Callable[[Found], list[list[str]]]] = {
    "footprint": _footprint,
    "acks": _acks,
    "answering": _answering,
    "waiting": _waiting,
    "ingestion": _ingestion,
    "decode": _decode,
}


def _ms(found: Mapping[str, float], *, with_p99: bool = False) -> str:
    if "p50_ms" not in found:
        return "too few"
    shown = f"p50 {found['p50_ms']:,.0f}, p95 {found['p95_ms']:,.0f}"
    return f"{shown}, p99 {found['p99_ms']:,.0f} ms" if with_p99 else f"{shown} ms"


def _load(part: Found) -> str:
    return f"{part['machine']['load'][0]:g}" if "machine" in part else ""


def machine_line(machine: Found, retrieval: Found | None) -> str:
    """The machine and the versions of everything that took part."""
    versions = dict(machine["versions"])
    for size in (retrieval or {}).get("sizes", []):
        for one in size["systems"].values():
            versions |= one["versions"]
    shown = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, "
        f"{machine['system']}, Python {machine['python']}, {machine['at']}. {shown}."
    )


def write(found: Found, folder: Path = FOLDER) -> None:
    """The page, its picture and its figures."""
    page = folder / "performance.md"
    retrieval = found.get("retrieval")
    replace_marked(page, "machine", machine_line(found["machine"], retrieval))
    replace_marked(page, "others", others_table(found))
    if retrieval:
        replace_marked(page, "retrieval", retrieval_table(retrieval))
        (folder / "performance.svg").write_text(picture(retrieval), encoding="utf-8")
        if "embedding" in retrieval:
            replace_marked(page, "embedding", embedding_table(retrieval))
    kept = json.dumps(found, indent=1, ensure_ascii=False)
    (folder / "performance.json").write_text(f"{kept}\n", encoding="utf-8")


def main() -> None:
    """Parse the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="source", type=Path, default=Path("bench.json"))
    given = parser.parse_args()
    write(json.loads(given.source.read_text("utf-8")))
    print(f"wrote {FOLDER / 'performance.md'}")


if __name__ == "__main__":
    main()
