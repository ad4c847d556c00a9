"""`deskmate ingest`: documents in."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from bot.cli.options import Subcommands, add_audience, add_config, add_json, open_shelf, settings_of
from bot.cli.terminal import counting_bar, print_json, say
from bot.knowledge_base import open_knowledge
from knowledge.engines.extractive import Extractive
from knowledge.model import IngestReport


def add_to(subcommands: Subcommands) -> None:
    """Describe the command."""
    parser = subcommands.add_parser("ingest", help="take documents in, or bring them up to date")
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="files, folders, .jsonl"
    )
    add_config(parser)
    add_audience(parser, "who may read these documents (default: everyone)")
    add_json(parser)
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> int:
    """Ingest and report: 1 if nothing at all could be taken in."""
    audience = frozenset(arguments.audience) or None
    # No language model is needed here, so none has to be on this machine.
    opened = open_knowledge(settings_of(arguments), open_shelf(), generator=Extractive())
    async with opened as knowledge:
        with counting_bar("ingesting") as report_progress:
            report = await knowledge.ingest.run(
                arguments.paths, audience=audience, on_progress=report_progress
            )
    if arguments.json:
        print_json(as_json(report))
    else:
        _say(report)
    nothing = not (report.documents or report.unchanged or report.deleted)
    return 1 if report.failed and nothing else 0


def as_json(report: IngestReport) -> dict[str, object]:
    """A report as `ingest --json` prints it."""
    return {**asdict(report), "failed": [asdict(failure) for failure in report.failed]}


def _say(report: IngestReport) -> None:
    for failure in report.failed:
        say(f"not taken in: {failure.path}: {failure.reason}")
    say(
        f"{report.documents} documents ({report.passages} passages) taken in, "
        f"{report.unchanged} unchanged, {report.deleted} deleted, {len(report.failed)} failed, "
        f"{report.seconds:.1f} s"
    )
