"""`deskmate ingest`: documents in."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from bot.cli.options import (
    Subcommands,
    add_audience,
    add_config,
    add_json,
    open_shelf,
    settings_of,
    shell_user,
)
from bot.cli.terminal import counting_bar, print_json, say
from bot.core.audit import AuditEntry
from bot.knowledge_base import open_knowledge
from bot.staging import ingesting
from bot.state import opened_state
from bot.stores.state import utc_now
from knowledge.engines.extractive import Extractive
from knowledge.model import IngestReport


def add_to(subcommands: Subcommands) -> None:
    """Describe the command."""
    parser = subcommands.add_parser("ingest", help="take documents in, or bring them up to date")
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="files, folders, .jsonl"
    )
    add_config(parser)
    add_audience(parser, "who may read these documents (default: as configured, else everyone)")
    add_json(parser)
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> int:
    """Ingest and report: 1 if nothing at all could be taken in."""
    audience = frozenset(arguments.audience) or None
    settings = settings_of(arguments)
    # No language model is needed here, so none has to be on this machine.
    opened = open_knowledge(settings, open_shelf(), generator=Extractive())
    async with opened_state(settings) as state:
        if settings.loop.gate == "warn":
            await state.ways.settle()
        async with opened as knowledge, ingesting(settings, knowledge, state.ways) as ingest:
            rules = await state.named_readers.all()
            with counting_bar("ingesting") as report_progress:
                report = await ingest.run(
                    arguments.paths, audience=audience, rules=rules, on_progress=report_progress
                )
            await state.audit.append(_entry(arguments, report))
        held = (await state.ways.read()).ready
    if held:
        say("held back: the documents count once the bot has tried them on its test set")
    if arguments.json:
        print_json(as_json(report))
    else:
        _say(report)
    nothing = not (report.documents or report.unchanged or report.deleted)
    return 1 if report.failed and nothing else 0


def _entry(arguments: argparse.Namespace, report: IngestReport) -> AuditEntry:
    """Put down after the documents are in, since only then it is known what came of them."""
    return AuditEntry(
        at=utc_now(),
        what="documents.ingested",
        by=shell_user(),
        about={
            "paths": [str(path) for path in arguments.paths],
            "audience": sorted(arguments.audience),
            "documents": report.documents,
            "passages": report.passages,
            "deleted": report.deleted,
            "failed": len(report.failed),
        },
    )


def as_json(report: IngestReport) -> dict[str, object]:
    """A report as `ingest --json` prints it."""
    return {
        **asdict(report),
        "failed": [asdict(failure) for failure in report.failed],
        "suspicious": [asdict(found) for found in report.suspicious],
    }


def _say(report: IngestReport) -> None:
    for failure in report.failed:
        say(f"not taken in: {failure.path}: {failure.reason}")
    for found in report.suspicious:
        say(f"speaks to a machine ({found.ploy}), not used: {found.document_id}: {found.quote!r}")
    say(
        f"{report.documents} documents ({report.passages} passages) taken in, "
        f"{report.unchanged} unchanged, {report.deleted} deleted, {len(report.failed)} failed, "
        f"{report.seconds:.1f} s"
    )
