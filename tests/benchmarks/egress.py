"""What gets out to a language model elsewhere: `python -m tests.benchmarks.egress`.

Personal data and secrets are planted in documents and questions, and every byte that arrives at a
server that speaks OpenAI's protocol is searched for them. 1 if one is found.

`--corpora FOLDER` also counts what is replaced in text where nothing was planted, and how long it
takes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from bot.egress import egress_of, open_guard
from bot.engines import choose_generator
from bot.settings import Settings
from bot.stores.state import open_state
from knowledge import prompt
from knowledge.evidence import Evidence
from knowledge.model import Departure, Language, Passage
from knowledge.ports import Generator
from knowledge.redaction.placeholders import Placeholders
from knowledge.redaction.redactor import Redactor
from knowledge.redaction.staff import Names
from knowledge.settings import EgressSettings, GenerationSettings
from knowledge.statements import statements
from knowledge.weights import Shelf
from tests.benchmarks.egress_people import People, people
from tests.benchmarks.egress_planted import KINDS, Planted, plant
from tests.simulators.openai import begin, choice, send

_SAID: dict[Language, tuple[str, ...]] = {
    "zh": (
        "请联系{}处理。",
        "{}",
        "- 值班：{}\n- 其余按规定执行",
        "| 项目 | 内容 |\n|---|---|\n| 登记 | {} |",
        "如有疑问请找{}，工作日回复。",
        "**{}** 已登记在册，截至2024年12月31日有效。",
        "旧的是`{}`，新的另行通知。",
        "他说：“{}”，请核对后于3个工作日内反馈。",
        "备案信息（{}）不得外传。",
        "第3条 {} 由行政部保管，报销上限300元。",
    ),
    "en": (
        "Please contact {} first.",
        "{}",
        "- On call: {}\n- Everything else as usual",
        "| Item | Value |\n|---|---|\n| Entry | {} |",
        "If in doubt ask {}, and expect a reply within 2 days.",
        "**{}** is on file until 31 December 2024.",
        "The old one was `{}`, ask for the new one.",
        'They wrote "{}" and left at 5:30 pm.',
        "What is on file ({}) stays confidential.",
        "See section 3.2: {}, limit $300 per night.",
    ),
}
_ASKED: dict[Language, tuple[str, ...]] = {
    "zh": (
        "{}是谁负责的？",
        "我的信息是{}，年假有几天？",
        "帮我查一下{}，谢谢",
        "{}还能用吗",
        "为什么{}被拒绝了？",
    ),
    "en": (
        "Who looks after {}?",
        "Mine is {}, how many days do I have?",
        "can you check {} for me",
        "is {} still valid?",
        "{} was refused, why?",
    ),
}
_STATEMENTS = 3
_CONTROLS = 60
_AUDIENCE = frozenset({"everyone"})


@dataclass(slots=True)
class Elsewhere:
    """A server that keeps all it got, and says the last turn back in pieces."""

    url: str = ""
    heard: list[bytes] = field(default_factory=list)
    rng: random.Random = field(default_factory=lambda: random.Random(3))

    async def complete(self, request: web.Request) -> web.StreamResponse:
        """Keep the request, line by line, and echo."""
        body = await request.read()
        head = "\n".join([request.path_qs, *(f"{k}: {v}" for k, v in request.headers.items())])
        self.heard.append(head.encode() + b"\n\n" + body)
        text = json.loads(body)["messages"][-1]["content"]
        response = await begin(request)
        while text:
            size = self.rng.randrange(1, 24)
            await send(response, choice({"content": text[:size]}))
            text = text[size:]
        await send(response, choice({}, finish="stop"))
        await response.write(b"data: [DONE]\n\n")
        return response


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One question with what was planted in it and in its documents."""

    question: str
    language: Language
    read: tuple[Evidence, ...]
    planted: tuple[Planted, ...]


@dataclass(slots=True)
class Outcome:
    """What was found in what the server got."""

    planted: Counter[str] = field(default_factory=Counter)
    leaked: list[tuple[Planted, str]] = field(default_factory=list)
    not_restored: list[tuple[str, str]] = field(default_factory=list)
    halves: int = 0


def main() -> None:
    """Print what got out, what came back, and what it cost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=800)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--show", type=int, default=12, help="how many leaks to list")
    parser.add_argument("--corpora", type=Path, default=Path("../shared/eval/corpora"))
    parser.add_argument("--list", default="", help="list what is replaced of this kind in corpora")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    staff = people(rng)
    trials = [trial(rng, staff, number) for number in range(arguments.requests)]
    open_door = EgressSettings(inside=(), kinds=())
    control, _ = asyncio.run(sent(trials[:_CONTROLS], staff, open_door))
    print(f"without redaction {len(control.leaked)} of {sum(control.planted.values())} are seen")
    outcome, departures = asyncio.run(sent(trials, staff, EgressSettings(inside=())))
    _report(outcome, departures, arguments.show)
    _cost(arguments.corpora, staff, arguments.list)
    sys.exit(1 if outcome.leaked else 0)


def trial(rng: random.Random, staff: People, number: int) -> Trial:
    """A question and its documents, four values in them; every kind in turn."""
    language: Language = rng.choice(("zh", "en"))
    planted = [
        plant(
            KINDS[(number * (_STATEMENTS + 1) + at) % len(KINDS)],
            _either(language, rng),
            rng,
            staff,
        )
        for at in range(_STATEMENTS + 1)
    ]
    *in_documents, in_question = planted
    read = tuple(
        e for at, one in enumerate(in_documents) for e in _evidence(one, language, rng, at)
    )
    question = rng.choice(_ASKED[language]).format(in_question.text)
    return Trial(question=question, language=language, read=read, planted=tuple(planted))


def _either(language: Language, rng: random.Random) -> Language:
    """Mostly values of the text's own language."""
    other: Language = "en" if language == "zh" else "zh"
    return language if rng.random() < 0.8 else other


def _evidence(
    planted: Planted, language: Language, rng: random.Random, at: int
) -> Iterator[Evidence]:
    form = rng.choice(_SAID[language])
    text = form.format(planted.text.replace("\n", " ") if form.startswith("|") else planted.text)
    passage = Passage(
        id=f"doc{at}#0", document_id=f"doc{at}", title="规定" if language == "zh" else "Rules",
        uri=f"doc{at}.md", language=language, text=text, audience=_AUDIENCE,
    )  # fmt: skip
    for statement in statements(text):
        yield Evidence(statement=statement, passage=passage, score=1.0)


async def sent(
    trials: Sequence[Trial], staff: People, egress: EgressSettings
) -> tuple[Outcome, tuple[Departure, ...]]:
    """Each trial asked of a server elsewhere, and what the ledger says of it."""
    with tempfile.TemporaryDirectory() as folder:
        async with _elsewhere() as server:
            names = Path(folder) / "names.txt"
            names.write_text(staff.directory, encoding="utf-8")
            settings = Settings(
                storage={"data_dir": folder},
                generation=GenerationSettings(engine="openai", base_url=server.url, model="m"),
                egress=egress.model_copy(update={"names_file": names}),
            )
            outcome = await _through(settings, server, trials)
            state = await open_state(data_dir=Path(folder))
            departures = await state.departures.all()
            await state.close()
    return outcome, departures


@asynccontextmanager
async def _elsewhere() -> AsyncIterator[Elsewhere]:
    server = Elsewhere()
    app = web.Application(client_max_size=1 << 24)
    app.router.add_post("/v1/chat/completions", server.complete)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


async def _through(settings: Settings, server: Elsewhere, trials: Sequence[Trial]) -> Outcome:
    """Each trial asked, and what arrived searched for what was planted in it."""
    outcome = Outcome()
    async with open_guard(settings) as guard:
        generator = choose_generator(settings.generation, Shelf(Path("none")), guard=guard)
        for trial in trials:
            del server.heard[:]
            await _asked(generator, trial, outcome)
            heard = b"\n".join(server.heard)
            for planted in trial.planted:
                outcome.planted[planted.kind] += 1
                if seen := _seen(planted, heard):
                    outcome.leaked.append((planted, seen))
        await generator.close()
    return outcome


async def _asked(generator: Generator, trial: Trial, outcome: Outcome) -> None:
    asking = prompt.build(trial.question, trial.read, trial.language)
    drafts = [draft.text async for draft in generator.stream(asking)]
    # A draft ends where a placeholder may begin, so no draft ever shows one or a part of one.
    outcome.halves += sum(not drafts[-1].startswith(draft) for draft in drafts)
    if _plain(drafts[-1]) != _plain(asking.turns[-1].text):
        outcome.not_restored.append((asking.turns[-1].text, drafts[-1]))


def _seen(planted: Planted, heard: bytes) -> str:
    """What of a value stands in the bytes that arrived, separators aside; empty where nothing."""
    said = heard.decode("utf-8", "replace") + "\n" + _unescaped(heard)
    for hidden in planted.hidden:
        if hidden in said:
            return hidden
        bare, body = _plain(hidden), _plain(said)
        size = min(planted.window or len(bare), len(bare))
        windows = (bare[at : at + size] for at in range(len(bare) - size + 1))
        if found := next((w for w in windows if w in body), ""):
            return found
    return ""


def _unescaped(heard: bytes) -> str:
    """The turns without JSON's escapes."""
    bodies = (part for part in heard.split(b"\n") if part.startswith(b"{"))
    return "\n".join(m["content"] for body in bodies for m in json.loads(body)["messages"])


def _plain(text: str) -> str:
    """Letters and digits alone, in one width and case."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def _report(outcome: Outcome, departures: Sequence[Departure], show: int) -> None:
    total = sum(outcome.planted.values())
    leaks = Counter(planted.kind for planted, _ in outcome.leaked)
    print(f"{total} planted, {len(outcome.leaked)} leaked")
    for kind, count in sorted(outcome.planted.items()):
        print(f"  {kind:8} {count:5} planted {leaks[kind]:4} leaked")
    for planted, seen in outcome.leaked[:show]:
        print(f"  LEAK {planted.kind} {planted.text!r}: {seen!r}")
    print(f"{len(outcome.not_restored)} replies not restored, {outcome.halves} drafts with a half")
    for was, said in outcome.not_restored[:show]:
        print(f"  WAS {was!r}\n  SAID {said!r}")
    replaced = Counter[str]()
    for departure in departures:
        replaced.update(departure.placeholders)
    print(f"{len(departures)} departures in the ledger, replaced: {dict(replaced)}")


# ── what it costs ─────────────────────────────────────────────────────────────────────────────


def _cost(corpora: Path, staff: People, listed: str) -> None:
    if not corpora.is_dir():
        print(f"{corpora} is not there: false redactions are not counted")
        return
    names = Names((*staff.zh, *staff.en))
    redactor = Redactor(egress_of(EgressSettings()).kinds, names)
    took_ms: list[float] = []
    for corpus in sorted(corpora.iterdir()):
        texts = list(_passages(corpus))
        if texts:
            _replaced(corpus.name, texts, redactor, listed)
            took_ms += _times(texts, redactor)
    took_ms.sort()
    print(
        f"2,000 characters: p50 {took_ms[len(took_ms) // 2]:.1f} ms, "
        f"p95 {took_ms[int(len(took_ms) * 0.95)]:.1f} ms of {len(took_ms)} prompts"
    )


def _replaced(name: str, texts: Sequence[str], redactor: Redactor, listed: str) -> None:
    kinds, touched = Counter[str](), 0
    for text in texts:
        finds = redactor.finds(text)
        touched += bool(finds)
        kinds.update(find.kind.value for find in finds)
        for find in finds:
            if find.kind.value == listed:
                before, after = (
                    text[max(0, find.start - 12) : find.start],
                    text[find.end : find.end + 12],
                )
                print(f"    {before!r} <{text[find.start : find.end]!r}> {after!r}")
    each = {kind: round(1000 * count / len(texts), 1) for kind, count in kinds.most_common()}
    print(
        f"{name}: {len(texts)} passages, {1000 * touched / len(texts):.0f} of 1,000 touched; {each}"
    )


def _times(texts: Sequence[str], redactor: Redactor) -> Iterator[float]:
    """Processor time of prompts of 2,000 characters, in milliseconds."""
    whole = "\n".join(texts)
    for at in range(0, min(len(whole), 400_000) - 2000, 2000):
        text = whole[at : at + 2000]
        began_s = time.process_time()
        redactor.redacted(text, Placeholders(text))
        yield (time.process_time() - began_s) * 1000


def _passages(corpus: Path) -> Iterator[str]:
    file = corpus / "passages.jsonl"
    if file.is_file():
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                # As a model reads them: links are their labels, a row has its column names.
                read = statements(json.loads(line)["text"])
                yield "\n".join(statement.text for statement in read)


if __name__ == "__main__":
    main()
