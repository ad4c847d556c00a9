"""The engine's process, without the process."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.engines.worker import Asks, answer, load_model, run
from knowledge.engines.worker_wire import (
    Ask,
    End,
    Load,
    Message,
    decode,
    encode,
    encode_ask,
    encode_load,
    read_ask,
)
from knowledge.errors import EngineRefused, EngineUnavailable, ModelUnreadable, PromptTooLong
from knowledge.model import Prompt, Tokens, Turn

Left = Callable[[], bool]

ASK = Ask(
    id=7,
    prompt=Prompt(
        turns=(Turn(speaker="system", text="简短"), Turn(speaker="user", text="hi\n")),
        max_tokens=9,
        stop=("\n", "。"),
        choices=("yes", "no"),
    ),
)


class Scripted:
    """A model that says two pieces, or raises."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    def reply(self, prompt: Prompt, say: Callable[[str], None], left: Left) -> End:
        if self._error:
            raise self._error
        say("你")
        if not left():
            say("好")
        return End(tokens=Tokens(prompt=3, completion=2), chances=(-0.25,))

    def settle(self) -> None:
        """Nothing to settle."""


def told(model: Scripted, *, left: bool = False) -> list[Message]:
    sent: list[Message] = []
    answer(model, ASK, sent.append, lambda: left)
    return sent


def test_a_prompt_survives_the_wire() -> None:
    assert read_ask(decode(encode_ask(ASK))) == ASK


def test_a_message_is_one_line_whatever_is_in_it() -> None:
    assert encode_ask(ASK).count(b"\n") == 1


def test_what_is_no_object_is_no_message() -> None:
    with pytest.raises(ValueError, match="JSON object"):
        decode(b"[1]\n")


def test_a_reply_is_its_pieces_and_an_end() -> None:
    assert told(Scripted()) == [
        {"id": 7, "more": "你"},
        {"id": 7, "more": "好"},
        {"id": 7, "end": [3, 2, 0], "chances": [-0.25]},
    ]


def test_a_reply_nobody_waits_for_ends_too() -> None:
    assert told(Scripted(), left=True)[-1] == {
        "id": 7,
        "end": [3, 2, 0],
        "chances": [-0.25],
    }


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (PromptTooLong(9, 5), {"id": 7, "too_long": [9, 5]}),
        (EngineUnavailable("broke"), {"id": 7, "failed": "broke", "refused": False}),
        (EngineRefused("no"), {"id": 7, "failed": "no", "refused": True}),
    ],
)
def test_what_prevents_a_reply_is_told(error: Exception, message: Message) -> None:
    assert told(Scripted(error)) == [message]


def test_questions_wait_in_order_and_may_be_left() -> None:
    second = Ask(id=8, prompt=ASK.prompt)
    lines = io.BytesIO(encode_ask(ASK) + encode_ask(second) + encode({"leave": 7}))
    ended: list[bool] = []
    asks = Asks()

    asks.listen(lines, lambda: ended.append(True))

    assert ended == [True]
    assert asks.next() == ASK
    assert asks.left(ASK)
    assert not asks.left(second)
    assert not asks.idle()


def test_who_left_is_forgotten_with_the_question() -> None:
    asks = Asks()
    asks.listen(io.BytesIO(encode({"leave": 6}) + encode({"leave": 7})), lambda: None)

    asks.forget(ASK)

    assert not asks.left(ASK)


def test_a_bot_that_talks_nonsense_counts_as_gone() -> None:
    ended: list[bool] = []

    with pytest.raises(ValueError, match="Expecting value"):
        Asks().listen(io.BytesIO(b"nonsense\n"), lambda: ended.append(True))

    assert ended == [True]


@pytest.mark.parametrize("engine", ["llamacpp", "ctransformers"])
def test_a_file_that_is_no_model_is_refused_by_both_engines(engine: str, tmp_path: Path) -> None:
    path = tmp_path / "page.gguf"
    path.write_text("<html>404</html>")
    load = Load(engine=engine, path=str(path), context_tokens=64, threads=1)  # type: ignore[arg-type] # parametrised

    with pytest.raises(ModelUnreadable):
        load_model(load)


def test_a_model_that_does_not_load_is_reported(tmp_path: Path) -> None:
    load = Load(
        engine="ctransformers", path=str(tmp_path / "missing"), context_tokens=64, threads=1
    )
    sent: list[Message] = []

    run(io.BytesIO(encode_load(load)), sent.append, lambda: None)

    assert "FileNotFoundError" in str(sent[0]["broken"])
