"""Turns become tokens, tokens become text; the library itself is tested by the contract."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from knowledge.engines.ctransformers import (
    BATCH_TOKENS,
    CTransformersModel,
    GrowingText,
    NativeModel,
    build_ctransformers,
    instructions,
    runs,
)
from knowledge.engines.gguf import read_header
from knowledge.engines.worker_wire import Load
from knowledge.errors import EngineRefused, PromptTooLong
from knowledge.model import Prompt, Tokens, Turn
from knowledge.weights import Shelf
from tests.simulators.tiny_gguf import write_tiny_gguf

START, END = 0, 1


def ids(text: str) -> list[int]:
    return [3 + byte for byte in text.encode()]


class Player:
    """Says what it was given, byte by byte, and writes down what it was asked to compute."""

    def __init__(self, *says: int) -> None:
        self.computed: list[tuple[int, list[int]]] = []
        self._says = deque(says)

    def eval(self, tokens: Sequence[int], past: int) -> None:
        self.computed.append((past, list(tokens)))

    def best(self) -> int:
        return self._says.popleft() if self._says else END


def load(path: Path) -> Load:
    return Load(engine="ctransformers", path=str(path), context_tokens=256, threads=1)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_tiny_gguf(tmp_path / "tiny.gguf", context_tokens=256)


def asked(text: str, *before: str, max_tokens: int = 40, stop: tuple[str, ...] = ()) -> Prompt:
    turns = [Turn(speaker="user", text=line) for line in (*before, text)]
    return Prompt(turns=tuple(turns), max_tokens=max_tokens, stop=stop)


def reply_to(
    model: CTransformersModel, prompt: Prompt, left: Callable[[], bool] = lambda: False
) -> tuple[list[str], Tokens]:
    pieces: list[str] = []
    return pieces, model.reply(prompt, pieces.append, left).tokens


def test_a_turn_is_its_text_between_markers(tiny: Path) -> None:
    player = Player()

    reply_to(CTransformersModel(load(tiny), player), asked("年<|im_end|>", "a"))

    first = [START, *ids("user\na"), END, *ids("\n")]
    last = [START, *ids("user\n年<|im_end|>"), END, *ids("\n"), START, *ids("assistant\n")]
    assert player.computed == [(0, first), (len(first), last)]


def test_a_beginning_is_computed_once_and_the_last_turn_always_whole(tiny: Path) -> None:
    player = Player(*ids("x"), END, *ids("y"), END)
    model = CTransformersModel(load(tiny), player)
    for _ in range(2):
        reply_to(model, asked("q", "a"))
        model.settle()

    places = [past for past, _ in player.computed]
    start = len([START, *ids("user\na"), END, *ids("\n")])
    assert places[:2] == [0, start]
    assert places[3] == start
    assert places.count(0) == 1


def test_characters_are_said_whole(tiny: Path) -> None:
    model = CTransformersModel(load(tiny), Player(*ids("年假🎉")))

    pieces, tokens = reply_to(model, asked("q"))

    assert pieces == ["年", "假", "🎉"]
    assert tokens.completion == 10


def test_half_a_character_at_the_end_is_dropped(tiny: Path) -> None:
    model = CTransformersModel(load(tiny), Player(*ids("ok年")[:-1]))

    assert reply_to(model, asked("q"))[0] == ["o", "k"]


def test_a_reply_is_no_longer_than_it_may_be(tiny: Path) -> None:
    model = CTransformersModel(load(tiny), Player(*ids("abcdef")))

    pieces, tokens = reply_to(model, asked("q", max_tokens=3))

    assert (pieces, tokens.completion) == (["a", "b", "c"], 3)


def test_a_reply_ends_before_a_stop_string(tiny: Path) -> None:
    model = CTransformersModel(load(tiny), Player(*ids("ab\nQ: c")))

    assert reply_to(model, asked("q", stop=("\nQ:",)))[0] == ["a", "b"]


def test_a_reply_ends_where_the_context_does(tiny: Path) -> None:
    model = CTransformersModel(load(tiny), Player(*ids("x" * 300)))

    tokens = reply_to(model, asked("y" * 200, max_tokens=300))[1]

    assert tokens.prompt + tokens.completion == 256


def test_a_prompt_that_does_not_fit_computes_nothing(tiny: Path) -> None:
    player = Player()

    with pytest.raises(PromptTooLong) as refused:
        reply_to(CTransformersModel(load(tiny), player), asked("y" * 400))

    assert (refused.value.context_tokens, player.computed) == (256, [])


def test_who_leaves_stops_the_computation_at_the_next_batch(tiny: Path) -> None:
    player = Player()
    model = CTransformersModel(load(tiny), player)
    answers = iter([False, True, True])

    assert reply_to(model, asked("q", "y" * 100), lambda: next(answers))[0] == []

    assert player.computed[0][0] == 0
    assert [len(tokens) for _, tokens in player.computed] == [BATCH_TOKENS]


def test_who_leaves_in_the_last_turn_leaves_the_beginning_computed(tiny: Path) -> None:
    player = Player()
    model = CTransformersModel(load(tiny), player)
    answers = iter([False, True])
    reply_to(model, asked("q", "a"), lambda: next(answers))

    reply_to(model, asked("q", "a"))

    assert [past for past, _ in player.computed].count(0) == 1


@pytest.mark.parametrize(
    ("architecture", "template", "pre"),
    [
        ("qwen2", "<|im_start|>", "smollm"),
        ("llama", "[INST]", "smollm"),
        ("llama", "<|im_start|>", "x"),
    ],
)
def test_what_we_cannot_speak_to_is_refused(
    tmp_path: Path, architecture: str, template: str, pre: str
) -> None:
    path = write_tiny_gguf(
        tmp_path / "other.gguf", architecture=architecture, template=template, pre=pre
    )

    assert not runs(read_header(path))
    with pytest.raises(EngineRefused, match="llamacpp can"):
        CTransformersModel(load(path), Player())


@pytest.mark.parametrize("cut", range(1, 6))
def test_text_that_may_become_a_stop_string_waits(cut: int) -> None:
    said: list[str] = []
    text = GrowingText(("<end>",), said.append)

    assert not text.grow("ab" + "<end>"[:cut]) or cut == 5
    assert "".join(said) == "ab"[: 2 if cut < 5 else 0]
    text.finish()

    assert "".join(said) == "ab" + ("<end>"[:cut] if cut < 5 else "")


@pytest.mark.parametrize(
    ("machine", "flags", "build"),
    [
        ("x86_64", "flags : sse avx avx2 fma\n", "avx2"),
        ("x86_64", "flags : sse avx\n", None),
        ("aarch64", "Features : neon\n", None),
    ],
)
def test_the_fast_build_is_taken_where_it_runs(
    tmp_path: Path, machine: str, flags: str, build: str | None
) -> None:
    cpu = tmp_path / "cpuinfo"
    cpu.write_text(flags)

    assert instructions(cpu, machine) == build


def test_without_a_list_of_instructions_the_library_finds_out(tmp_path: Path) -> None:
    assert instructions(tmp_path / "missing", "x86_64") is None


async def test_an_engine_is_named_after_its_model(tiny: Path) -> None:
    assert build_ctransformers(tiny, name="tiny").name == "ctransformers:tiny"


@pytest.mark.models
def test_the_library_continues_where_it_was_told_to(shelf: Shelf) -> None:
    from knowledge.engines.gguf_for_ctransformers import copy_for_ctransformers

    path = copy_for_ctransformers(shelf.pull("smollm2-135m"))
    model = NativeModel(path, threads=1, context_tokens=64)
    model.eval([1, 2, 3, 4], 0)
    expected = model.best()
    model.eval([9, 9, 9], 4)

    model.eval([3, 4], 2)

    assert model.best() == expected
