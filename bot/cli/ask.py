"""`deskmate ask`: one question, one answer."""

from __future__ import annotations

import argparse
from contextlib import aclosing

from adapters.console.channel import Terminal
from adapters.console.codec import PLATFORM
from bot.app import curated_first
from bot.cli.options import (
    Subcommands,
    add_audience,
    add_config,
    add_json,
    open_shelf,
    readers_of,
    settings_of,
)
from bot.cli.terminal import print_json, result_console
from bot.core.cards import answer_card, draft_card, progress_card
from bot.core.model import Card, Conversation, Reply
from bot.core.texts import TEXTS
from bot.knowledge_base import open_knowledge
from bot.state import opened_state
from knowledge.answer import final_answer
from knowledge.language import language_of
from knowledge.model import Answer, Draft, Outcome, Question
from knowledge.ports import Answerer

_HERE = Conversation(platform=PLATFORM, id="ask", direct=True)


def add_to(subcommands: Subcommands) -> None:
    """Describe the command."""
    parser = subcommands.add_parser("ask", help="answer one question")
    parser.add_argument("question", metavar="QUESTION")
    add_config(parser)
    add_audience(parser, "who will read the answer")
    add_json(parser)
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> int:
    """Answer and print."""
    # What a terminal could not decode arrives as lone surrogates, which no tokenizer takes.
    text = arguments.question.encode("utf-8", "replace").decode().strip()
    question = Question(text=text, language=language_of(text), audience=readers_of(arguments))
    settings = settings_of(arguments)
    async with (
        open_knowledge(settings, open_shelf()) as knowledge,
        opened_state(settings) as state,
    ):
        answerer = curated_first(knowledge.for_core(), state)
        if arguments.json:
            print_json(as_json(await final_answer(answerer, question)))
        else:
            await _print(answerer, question)
    return 0


async def _print(answerer: Answerer, question: Question) -> None:
    terminal = Terminal(result_console())
    try:
        await show(answerer, question, terminal)
    finally:
        await terminal.close()


async def show(answerer: Answerer, question: Question, terminal: Terminal) -> Answer:
    """Print the answer as it grows, then its card."""
    language = question.language
    await terminal.send(_reply(question, progress_card(language)))
    async with aclosing(answerer.stream(question)) as said:
        async for step in said:
            if isinstance(step, Draft):
                await terminal.send(_reply(question, draft_card(step.text, language)))
                continue
            await terminal.send(_reply(question, answer_card(step, language)))
            return step
    raise RuntimeError("the answerer ended without an answer")


def as_json(said: Answer) -> dict[str, object]:
    """An answer as `ask --json` prints it."""
    return {
        "outcome": said.outcome.value,
        "text": said.text if said.outcome is not Outcome.UNKNOWN else _not_known(said),
        "confidence": round(said.confidence, 4),
        "language": said.language,
        "citations": [
            {
                "marker": citation.marker,
                "document_id": citation.document_id,
                "passage_id": citation.passage_id,
                "title": citation.title,
                "uri": citation.uri,
                "quote": citation.quote,
            }
            for citation in said.citations
        ],
        "engine": said.engine,
        "tokens": {"prompt": said.tokens.prompt, "completion": said.tokens.completion},
        "timings_ms": {
            "retrieve": round(said.timings.retrieve_ms, 1),
            "generate": round(said.timings.generate_ms, 1),
            "total": round(said.timings.total_ms, 1),
        },
    }


def _not_known(said: Answer) -> str:
    texts = TEXTS[said.language]
    return texts.unsure if said.citations else texts.unknown


def _reply(question: Question, card: Card) -> Reply:
    return Reply(key=question.text, conversation=_HERE, card=card)
