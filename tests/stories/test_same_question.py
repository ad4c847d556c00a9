"""The same question, written another way, gets the same decision from the same page.

And the page may be in the other language.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import pytest
import pytest_asyncio
from opencc import OpenCC

from bot.knowledge_base import KnowledgeBase, open_knowledge
from bot.settings import Settings
from knowledge.answer import final_answer
from knowledge.engines.extractive import Extractive
from knowledge.language import language_of
from knowledge.model import Answer, Outcome, Question
from knowledge.settings import AnsweringSettings
from knowledge.weights import Shelf

pytestmark = [pytest.mark.models, pytest.mark.asyncio(loop_scope="module")]

HANDBOOK = Path(str(files("bot.content") / "handbook"))
PAGES = ("annual_leave", "passwords_mfa", "payroll", "probation", "vpn")
QUESTIONS = (
    "年假第一年有几天？",
    "满五年年假多少天？",
    "没休完的年假能留到明年吗？",
    "工资几号发？",
    "试用期多长时间？",
    "试用期能延长吗？",
    "密码多久要换一次？",
    "VPN 怎么连接？",
    "How many days of annual leave do I get?",
    "When is payday?",
    "How long is probation?",
    "Can probation be extended?",
    "How often do I have to change my password?",
    "How do I connect to the VPN?",
    "Who approves the stock split of our parent company?",
)
ANOTHER_ORDER = (
    ("年假第一年有几天？", "第一年有几天年假？"),
    ("试用期多长时间？", "多长时间是试用期？"),
    ("密码多久要换一次？", "多久要换一次密码？"),
)
IN_THE_OTHER_LANGUAGE: tuple[tuple[str, str], ...] = (
    ("年假第一年有几天？", "annual_leave"),
    ("工资几号发？", "payroll"),
    ("试用期多长时间？", "probation"),
    ("密码多久要换一次？", "passwords_mfa"),
    ("How many days of annual leave do I get?", "annual_leave"),
    ("When is payday?", "payroll"),
    ("How long is probation?", "probation"),
    ("How do I connect to the VPN?", "vpn"),
)
BOTH = frozenset({"zh", "en"})
SLIPS = (
    ("年假第一年有几天？", "年价第一年有几天？"),
    ("密码多久要换一次？", "蜜码多久要换一次？"),
    ("试用期多长时间？", "试用其多长时间？"),
)
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F) if chr(code).isalnum()}
TRADITIONAL = OpenCC("s2t")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def knowledge(
    tmp_path_factory: pytest.TempPathFactory, shelf: Shelf
) -> AsyncIterator[KnowledgeBase]:
    """Some pages of the sample handbook in both languages, each for those who read it."""
    folder = tmp_path_factory.mktemp("handbook")
    for name in ("e5-small", "use-multilingual"):
        shelf.pull(name)
    for language in ("zh", "en"):
        (folder / f"for_{language}" / language).mkdir(parents=True)
        for page in PAGES:
            shutil.copy(HANDBOOK / language / f"{page}.md", folder / f"for_{language}" / language)
    settings = Settings(answering=AnsweringSettings(judge=False))
    async with open_knowledge(
        settings, shelf, store_folder=folder / "store", generator=Extractive()
    ) as knowledge:
        for language in ("zh", "en"):
            readers = frozenset({language})
            await knowledge.ingest.run([folder / f"for_{language}"], audience=readers)
        yield knowledge


async def decided(knowledge: KnowledgeBase, text: str) -> tuple[bool, str]:
    """Whether a question is answered, and the page that comes first."""
    question = Question(text=text, language=language_of(text), audience=BOTH)
    async for step in knowledge.answerer.stream(question):
        if isinstance(step, Answer):
            answered = step.outcome is not Outcome.UNKNOWN
            return answered, step.hits[0].passage.document_id
    raise AssertionError("no answer came")


@pytest.mark.parametrize("question", QUESTIONS)
async def test_capitals_change_nothing(knowledge: KnowledgeBase, question: str) -> None:
    assert await decided(knowledge, question.upper()) == await decided(knowledge, question)


@pytest.mark.parametrize("question", QUESTIONS)
async def test_full_width_forms_change_nothing(knowledge: KnowledgeBase, question: str) -> None:
    wide = question.translate(FULL_WIDTH)

    assert await decided(knowledge, wide) == await decided(knowledge, question)


@pytest.mark.parametrize("question", QUESTIONS)
async def test_courtesy_changes_nothing(knowledge: KnowledgeBase, question: str) -> None:
    chinese = language_of(question) == "zh"
    form = "您好，请问一下，{}谢谢！" if chinese else "Hi, could you please tell me: {} Thanks!"
    polite = form.format(question)

    assert await decided(knowledge, polite) == await decided(knowledge, question)


@pytest.mark.parametrize("question", QUESTIONS[:8])
async def test_the_script_changes_nothing(knowledge: KnowledgeBase, question: str) -> None:
    traditional = TRADITIONAL.convert(question)

    assert await decided(knowledge, traditional) == await decided(knowledge, question)


@pytest.mark.parametrize(("question", "other"), [*ANOTHER_ORDER, *SLIPS])
async def test_another_order_or_a_slip_changes_nothing(
    knowledge: KnowledgeBase, question: str, other: str
) -> None:
    assert await decided(knowledge, other) == await decided(knowledge, question)


@pytest.mark.parametrize(("question", "page"), IN_THE_OTHER_LANGUAGE)
async def test_a_page_in_the_other_language_is_found(
    knowledge: KnowledgeBase, question: str, page: str
) -> None:
    other = "en" if language_of(question) == "zh" else "zh"

    first, *_ = await knowledge.retriever.retrieve(question, audience=frozenset({other}))

    assert first.passage.document_id == f"{other}__{page}"


@pytest.mark.parametrize(
    ("question", "row"),
    [("年假有几天？", "第 2 至第 4 年"), ("How many days of annual leave do I get?", "2nd to 4th")],
)
async def test_the_example_of_the_greeting_is_answered_from_the_table(
    knowledge: KnowledgeBase, question: str, row: str
) -> None:
    asked = Question(text=question, language=language_of(question), audience=BOTH)

    answer = await final_answer(knowledge.answerer, asked)

    assert any(row in citation.quote for citation in answer.citations)
