"""`deskmate calibrate`: how sure must it be, so that few enough answers are wrong?"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import asdict
from pathlib import Path

from bot.cli.evaluate import gold_of, measure
from bot.cli.options import Subcommands, add_config, add_json, settings_of
from bot.cli.terminal import print_json, say
from bot.deciders import deciders_of
from bot.settings import Settings
from bot.state import opened_state
from knowledge.budget import Attempt, Threshold, fit, questions_needed
from knowledge.errors import CalibrationImpossible
from knowledge.evaluate import Evaluation, load_questions
from knowledge.model import Outcome

_PROMISES = {
    "certain": "with 90 % certainty at most {rate:.1%} of the answers given are wrong",
    "expected": "on average at most {rate:.1%} of the questions asked are answered wrongly",
}


def add_to(subcommands: Subcommands) -> None:
    """Describe the command."""
    parser = subcommands.add_parser(
        "calibrate", help="fit when to say “I don't know” on your own labelled questions"
    )
    parser.add_argument("--corpus", type=Path, required=True, metavar="PATH")
    parser.add_argument("--qa", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--max-wrong-rate",
        type=_rate,
        metavar="R",
        help="share of given answers that may be wrong; default: answering.max_wrong_rate",
    )
    add_config(parser)
    add_json(parser)
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> int:
    """Answer every labelled question whatever the confidence, then choose the threshold.

    Raises:
        CalibrationImpossible: no threshold keeps the budget; what was stored stays.
    """
    settings = settings_of(arguments)
    answering = settings.answering
    if arguments.max_wrong_rate is not None:
        answering = answering.model_copy(update={"max_wrong_rate": arguments.max_wrong_rate})
    found = await _answered_all(settings, arguments)
    threshold = fit(attempts(found), max_wrong_rate=answering.max_wrong_rate)
    if threshold is None:
        raise CalibrationImpossible(_why_not(len(found.judged), answering.max_wrong_rate))
    async with opened_state(settings) as state:
        await state.thresholds.put(deciders_of(settings), threshold)
        where = state.database.name
    if arguments.json:
        print_json(asdict(threshold))
    else:
        _tell(threshold, where)
    return 0


def attempts(found: Evaluation) -> list[Attempt]:
    """Each question as confidence and whether its answer is wrong; no answer counts as wrong."""
    return [
        Attempt(
            confidence=judged.got.confidence,
            wrong=judged.wrong or judged.got.outcome is Outcome.UNKNOWN,
        )
        for judged in found.judged
    ]


async def _answered_all(settings: Settings, arguments: argparse.Namespace) -> Evaluation:
    never_refusing = settings.answering.model_copy(update={"least_confidence": 0.0})
    return await measure(
        settings.model_copy(update={"answering": never_refusing}),
        arguments.corpus,
        load_questions(arguments.qa),
        "answer",
        gold=await asyncio.to_thread(gold_of, arguments.corpus),
    )


def _rate(word: str) -> float:
    try:
        rate = float(word)
    except ValueError:
        rate = 0.0
    if not 0.0 < rate < 1.0:
        raise argparse.ArgumentTypeError(f"{word!r} is not between 0 and 1")
    return rate


def _why_not(asked: int, max_wrong_rate: float) -> str:
    needed = questions_needed(max_wrong_rate)
    if asked < needed:
        return f"{asked} labelled questions are too few: {max_wrong_rate:.1%} needs {needed}"
    return (
        f"even the surest of {asked} answers are wrong more often than {max_wrong_rate:.1%}: "
        "look at what `deskmate evaluate` says of them, or allow more with --max-wrong-rate"
    )


def _tell(threshold: Threshold, where: str) -> None:
    say(_PROMISES[threshold.guarantee].format(rate=threshold.max_wrong_rate))
    say(
        f"answers from confidence {threshold.least_confidence:.3f} on: {threshold.given} of "
        f"{threshold.asked} questions, {threshold.wrong} of them wrong"
    )
    say(f"stored in {where}")
