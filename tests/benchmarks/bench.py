"""`make bench`: every figure of docs/explanation/performance.md, written to bench.json.

    python -m tests.benchmarks.bench [PART…] [--sizes 1000 10000 100000] [--sets FOLDER]
        [--out bench.json]

Each part is a module of its own and can be run alone. Parts that are measured keep what another run
found for the others, so that a part can be repeated at a quiet moment.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from knowledge.models import DEFAULT_GENERATOR
from tests.benchmarks import acks, answering, decode, footprint, ingestion, retrieval, waiting
from tests.benchmarks.machine import machine

Part = Callable[[argparse.Namespace], Mapping[str, object]]


def _retrieval(given: argparse.Namespace) -> Mapping[str, object]:
    return retrieval.run(given)


def _ingestion(_given: argparse.Namespace) -> Mapping[str, object]:
    return ingestion.run()


def _answering(given: argparse.Namespace) -> Mapping[str, object]:
    return answering.run(seconds=given.seconds, model=given.model)


def _waiting(_given: argparse.Namespace) -> Mapping[str, object]:
    return waiting.measured(("without_model",), asked=200, written=12)


def _acks(given: argparse.Namespace) -> Mapping[str, object]:
    return acks.run(seconds=given.seconds, model=given.model)


def _footprint(_given: argparse.Namespace) -> Mapping[str, object]:
    return footprint.run()


def _decode(given: argparse.Namespace) -> Mapping[str, object]:
    asked = argparse.Namespace(
        model=given.model or DEFAULT_GENERATOR, tokens=96, rounds=5, threads=0
    )
    return asyncio.run(decode.measure(asked))


PARTS: Mapping[str, Part] = {
    "footprint": _footprint,
    "ingestion": _ingestion,
    "answering": _answering,
    "waiting": _waiting,
    "acks": _acks,
    "decode": _decode,
    "retrieval": _retrieval,
}


def measure(given: argparse.Namespace) -> dict[str, object]:
    """The named parts measured, the others as the file has them."""
    known = json.loads(given.out.read_text("utf-8")) if given.out.exists() else {}
    for name in given.parts:
        print(f"== {name}, load {os.getloadavg()[0]:.1f}", flush=True)
        known[name] = PARTS[name](given)
        known["machine"] = machine()
        given.out.write_text(f"{json.dumps(known, indent=1)}\n", encoding="utf-8")
    return dict(known)


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    retrieval.add_options(parser)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each load")
    parser.add_argument("--model", default="", metavar="NAME", help="in place of the default one")
    parser.add_argument("--out", type=Path, default=Path("bench.json"))
    given = parser.parse_args()
    given.parts = given.parts or list(PARTS)
    for name in given.parts:
        if name not in PARTS:
            parser.error(f"no part is called {name!r}; there are {', '.join(PARTS)}")
    measure(given)
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
