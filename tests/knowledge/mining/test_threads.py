"""What a conversation came to: with a model, and without one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from knowledge.errors import EngineUnavailable
from knowledge.mining.threads import Spoken, ThreadMiner
from knowledge.model import Draft, Prompt
from knowledge.words import content_words, coverage

GYM = Spoken(speaker="ada", text="Hi all! Where is the gym?")


@dataclass
class Writer:
    """A language model that writes what it was told to, or is away."""

    text: str = ""
    name: str = "writer"
    read: list[Prompt] = field(default_factory=list)

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Draft, None]:
        self.read.append(prompt)
        if not self.text:
            raise EngineUnavailable("away")
        yield Draft(text=self.text[:3])
        yield Draft(text=self.text)

    async def ping(self) -> None:
        return None

    async def close(self) -> None:
        return None


async def shared_words(question: str, texts: Sequence[str]) -> list[float]:
    asked = content_words(question)
    return [coverage(asked, content_words(text)) for text in texts]


def said(speaker: str, text: str, *, trusted: bool = False, approvals: int = 0) -> Spoken:
    return Spoken(speaker=speaker, text=text, trusted=trusted, approvals=approvals)


async def mined(
    *spoken: Spoken, model: Writer | None = None, names: tuple[str, ...] = ()
) -> tuple[str, str] | None:
    miner = ThreadMiner(similarity=shared_words, generator=model)
    found = await miner.mine(spoken, names=names)
    return (found.question, found.text) if found else None


# ── without a model ───────────────────────────────────────────────────────────────────────────


async def test_the_reply_that_most_people_approved_is_the_answer() -> None:
    found = await mined(
        GYM,
        said("bob", "In the cellar.", approvals=1),
        said("eve", "On the third floor.", approvals=2),
        said("ian", "On the roof.", trusted=True),
    )

    assert found == ("Where is the gym?", "On the third floor.")


async def test_else_it_is_the_last_reply_of_an_owner() -> None:
    found = await mined(
        GYM,
        said("ian", "In the cellar.", trusted=True),
        said("ian", "No, on the roof.", trusted=True),
        said("bob", "On the third floor."),
    )

    assert found == ("Where is the gym?", "No, on the roof.")


async def test_where_nobody_vouches_there_is_no_answer() -> None:
    assert await mined(GYM, said("bob", "In the cellar.")) is None
    assert await mined(GYM) is None
    assert await mined() is None


async def test_neither_the_asker_nor_a_question_back_answers() -> None:
    found = await mined(
        GYM,
        said("eve", "Which office?", trusted=True),
        said("ada", "The one in Berlin.", approvals=3),
    )

    assert found is None


async def test_small_talk_before_the_question_is_no_question() -> None:
    found = await mined(
        said("bob", "What a day"),
        said("ada", "Where is the gym?"),
        said("eve", "Thanks for asking! On the third floor.", trusted=True),
    )

    assert found is not None
    assert found[0] == "Where is the gym?"


async def test_names_are_in_neither_question_nor_answer() -> None:
    found = await mined(
        said("ada", "@eve Eve, where is the gym?"),
        said("eve", "Ada, on the third floor. Ask Bob for the key.", approvals=1),
        names=("Ada Li", "Eve", "Bob"),
    )

    assert found == ("Where is the gym?", "On the third floor.")


async def test_an_answer_that_is_nothing_but_a_name_is_none() -> None:
    assert await mined(GYM, said("eve", "Ask Bob", approvals=2), names=("Bob",)) is None


# ── with a model ──────────────────────────────────────────────────────────────────────────────


async def test_a_model_puts_the_answer_together_from_the_replies() -> None:
    model = Writer("The gym is on the third floor.")

    found = await mined(GYM, said("eve", "The gym is on the third floor, left."), model=model)

    assert found == ("Where is the gym?", "The gym is on the third floor.")


async def test_a_model_reads_what_owners_said_before_all_else_and_no_names() -> None:
    model = Writer("The gym is on the third floor.")

    await mined(
        GYM,
        said("bob", "The gym is in the cellar."),
        said("eve", "Ada, the gym is on the third floor.", trusted=True),
        said("ian", "The gym opens at nine.", trusted=True),
        model=model,
        names=("Ada",),
    )

    read = model.read[0].turns[-1].text
    assert "third floor" in read
    assert "nine" in read
    assert "cellar" not in read
    assert "Ada" not in read


@pytest.mark.parametrize("text", ["The gym is on floor 12.", "I do not know.", "健身房在三楼", ""])
async def test_a_model_that_is_not_borne_out_is_not_believed(text: str) -> None:
    found = await mined(
        GYM,
        said("ian", "The gym opens at nine.", trusted=True),
        said("eve", "The gym is on floor 3.", trusted=True),
        model=Writer(text),
    )

    assert found == ("Where is the gym?", "The gym is on floor 3.")


@pytest.mark.parametrize("vouched", [{"approvals": 1}, {"trusted": True}])
async def test_one_reply_that_is_vouched_for_is_not_written_anew(vouched: dict[str, Any]) -> None:
    model = Writer("The gym is on floor 3.")

    found = await mined(
        GYM,
        said("bob", "In the cellar."),
        said("eve", "On floor 3, after nine.", **vouched),
        model=model,
    )

    assert found == ("Where is the gym?", "On floor 3, after nine.")
    assert model.read == []


async def test_chinese_threads_are_learnt_from_too() -> None:
    found = await mined(
        said("ada", "请问大家，健身房在哪里？"),
        said("bob", "小明，健身房在三楼。"),
        model=Writer("健身房在三楼。"),
        names=("王小明",),
    )

    assert found == ("健身房在哪里？", "健身房在三楼。")
