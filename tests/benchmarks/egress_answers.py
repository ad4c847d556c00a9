"""What redaction costs in answers.

    python -m tests.benchmarks.egress_answers [--set SET] [--asked N] [--amounts] [--model NAME]

Every question to the sample handbook is asked, or so many of a set, drawn the same every time; of
the prompts that would go out, those are counted in which something is replaced: all others leave
as they are, and so do their answers. With a model of the catalogue, served over HTTP on this
machine in place of a remote one, those prompts are answered with and without the guard, and an
answer is right if a gold answer stands in it. --amounts: those of money are replaced too.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from bot.cli.demo import handbook
from bot.cli.evaluate import index_folder
from bot.cli.options import open_shelf
from bot.egress import Unrecorded, egress_of
from bot.knowledge_base import open_knowledge
from bot.settings import load
from knowledge.engines.directories import Nobody
from knowledge.engines.extractive import Extractive
from knowledge.engines.openai_http import OpenAIHttp
from knowledge.engines.redacting import Redacting
from knowledge.errors import EngineUnavailable
from knowledge.labelled import Labelled, load_questions
from knowledge.model import Draft, Prompt, Question
from knowledge.ports import Generator
from knowledge.redaction.redactor import Redactor
from knowledge.settings import EgressSettings
from tests.benchmarks.answers import drawn, holds
from tests.benchmarks.labelled_sets import SETS
from tests.simulators.llama_server import llama_server

_QUESTIONS = Path("tests/content/questions.jsonl")
_CONTEXT_TOKENS = 2048


class Listening(Extractive):
    """Writes nothing and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Prompt] = []

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Draft, None]:
        """Keep it, and decline."""
        self.asked.append(prompt)
        async for draft in super().stream(prompt):
            yield draft


def main() -> None:
    """Print how many prompts are altered, and what becomes of their answers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="", help="a model of the catalogue that was pulled")
    parser.add_argument("--set", default="", help="a set beside the project, by name")
    parser.add_argument("--asked", type=int, default=300, help="how many questions of a set")
    parser.add_argument("--amounts", action="store_true", help="replace those of money too")
    parser.add_argument("--most", type=int, default=40, help="altered prompts to answer")
    arguments = parser.parse_args()
    asyncio.run(_measure(arguments))


async def _measure(arguments: argparse.Namespace) -> None:
    model, most = arguments.model, arguments.most
    settings = EgressSettings(amounts=arguments.amounts)
    prompts = await _prompts(*_asked(arguments.set, arguments.asked))
    redactor = Redactor(egress_of(settings).kinds)
    kinds, altered = Counter[str](), []
    for one, prompt in prompts:
        finds = redactor.finds(prompt.turns[-1].text)
        kinds.update(find.kind.value for find in finds)
        if finds:
            altered.append((one, prompt))
    print(f"{len(altered)} of {len(prompts)} prompts altered: {dict(kinds)}")
    if model and altered:
        async with llama_server(open_shelf().path(model), context_tokens=_CONTEXT_TOKENS) as url:
            await _compare(OpenAIHttp(url, model), altered[:most], settings)


def _asked(name: str, asked: int) -> tuple[Sequence[Labelled], Path]:
    """The questions, and the documents they are about."""
    if not name:
        questions = load_questions(_QUESTIONS)
        return [one for one in questions if one.answerable and one.answers], handbook()
    (one,) = [one for one in SETS if one.is_called(name)]
    return drawn(one.questions(), asked), one.corpus


async def _prompts(questions: Sequence[Labelled], corpus: Path) -> list[tuple[Labelled, Prompt]]:
    """What the model would be asked for each question that reaches it."""
    settings = load()
    always = settings.answering.model_copy(update={"least_confidence": 0.0, "judge": False})
    settings = settings.model_copy(update={"answering": always})
    found, listening = [], Listening()
    folder = index_folder(corpus, settings)
    opened = open_knowledge(settings, open_shelf(), store_folder=folder, generator=listening)
    async with opened as knowledge:
        await knowledge.ingest.run([corpus])
        for one in questions:
            del listening.asked[:]
            question = Question(text=one.text, language=one.language)
            async for _ in knowledge.answerer.stream(question):
                pass
            found += [(one, prompt) for prompt in listening.asked]
    return found


async def _compare(
    engine: OpenAIHttp, altered: Sequence[tuple[Labelled, Prompt]], settings: EgressSettings
) -> None:
    guarded = Redacting(
        engine,
        destination="",
        egress=egress_of(settings),
        log=Unrecorded(),
        directory=Nobody(),
    )
    plain, kept, same = 0, 0, 0
    for one, prompt in altered:
        before, after = await _reply(engine, prompt), await _reply(guarded, prompt)
        plain += holds(before, one.answers)
        kept += holds(after, one.answers)
        same += before == after
        if holds(before, one.answers) != holds(after, one.answers):
            print(f"  {one.text!r}\n    without: {before!r}\n    with:    {after!r}")
    print(f"of {len(altered)}: right without the guard {plain}, with it {kept}; the same {same}")
    await engine.close()


async def _reply(generator: Generator, prompt: Prompt) -> str:
    text = ""
    try:
        async for draft in generator.stream(prompt):
            text = draft.text
    except EngineUnavailable as error:
        print(f"  no reply: {error}")
    return text


if __name__ == "__main__":
    main()
