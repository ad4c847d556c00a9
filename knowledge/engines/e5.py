"""multilingual-e5-small on onnxruntime: the default embedder.

Without fastembed around it, which would read the vocabulary into 281 MB (decision 33).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from knowledge.engines.cores import available_cores
from knowledge.engines.e5_pieces import E5Pieces
from knowledge.engines.model_thread import ModelThread
from knowledge.engines.onnx_errors import told
from knowledge.engines.question_memory import QuestionMemory
from knowledge.model import TokenEmbedding, TokenVectors, Vector

if TYPE_CHECKING:
    from onnxruntime import (  # type: ignore[import-untyped]  # it ships no types
        InferenceSession,
        RunOptions,
    )

Made = TypeVar("Made")

# The model was trained with these words before every text; without them recall@1 falls from
# .87 to .77 on our questions, and nothing else adds them.
_QUESTION, _PASSAGE = "query: ", "passage: "

_DIMENSION = 384
_BATCH = 16
"""Texts at a time: a question that comes during an ingest waits for one batch at most."""
_TINY = 1e-12

_SPIN_US = "20"
"""Threads soon sleep while they wait for one another. The library's spin, which doubles the
processor time of a question; while somebody else wants the cores too, as the language model does, a
question takes three times as long. Threads that sleep at once take half as long again on a machine
of their own.
"""


class E5:
    """A TokenEmbedder; texts past 512 tokens are cut by the model.

    The model is loaded at first use, in its own thread, and takes about 80 MB: its words stay in
    their file.
    """

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        """folder: the converted model. threads: 0: as many as this process may use."""
        # Nothing of ours in there: a circle would keep the model until the next full collection.
        load = partial(_load, folder, threads or available_cores())
        self._thread: ModelThread[_Loaded] = ModelThread("e5", load)
        self._questions: QuestionMemory[TokenEmbedding] = QuestionMemory()

    @property
    def name(self) -> str:
        return "e5"

    @property
    def dimension(self) -> int:
        return _DIMENSION

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        return await self._in_batches(texts, _vectors)

    async def embed_passage_tokens(self, texts: Sequence[str]) -> list[TokenEmbedding]:
        return await self._in_batches(texts, _different_tokens)

    async def embed_question(self, text: str) -> Vector:
        return (await self.embed_question_tokens(text)).vector

    async def embed_question_tokens(self, text: str) -> TokenEmbedding:
        found = self._questions.find(text)
        if found is None:
            (found,) = await self._thread.run(
                lambda model: _all_tokens(_read(model, _QUESTION, [text]))
            )
            self._questions.keep(text, found, size=found.vector.nbytes + found.tokens.nbytes)
        return found

    async def _in_batches(
        self, texts: Sequence[str], made: Callable[[_Reading], list[Made]]
    ) -> list[Made]:
        # Neighbours in a batch are padded to the longest: of equal length, nothing is wasted.
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        found: dict[int, Made] = {}
        for start in range(0, len(order), _BATCH):
            places = order[start : start + _BATCH]
            batch = [texts[place] for place in places]
            last = start + _BATCH >= len(order)
            of_batch = await self._thread.run(partial(_made_of, batch=batch, made=made, last=last))
            found.update(zip(places, of_batch, strict=True))
        return [found[place] for place in range(len(texts))]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    """The model and what cuts texts for it.

    giving_back: makes a run end with its room given back. A batch of passages needs 350 MB, which
        onnxruntime would keep for the next one.
    """

    session: InferenceSession
    pieces: E5Pieces
    giving_back: RunOptions


def _load(folder: Path, threads: int) -> _Loaded:
    # Half a second and 20 MB.
    from onnxruntime import InferenceSession, RunOptions, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.spin_duration_us", _SPIN_US)
    with told("e5"):
        session = InferenceSession(
            folder / "model.onnx", sess_options=options, providers=["CPUExecutionProvider"]
        )
    giving_back = RunOptions()
    giving_back.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return _Loaded(session=session, pieces=E5Pieces(folder), giving_back=giving_back)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What the model made of a batch of texts.

    states: the last layer's, texts × tokens × numbers, padded. mask: 1 where there is a token.
    ids: of the tokens. added: how many tokens before a text are not its own.
    """

    states: npt.NDArray[np.float32]
    mask: npt.NDArray[np.int64]
    ids: npt.NDArray[np.int64]
    added: int


def _read(model: _Loaded, prefix: str, texts: Sequence[str], *, last: bool = False) -> _Reading:
    batch = model.pieces.batch([prefix + text for text in texts])
    with told("e5"):
        (states,) = model.session.run(
            None,
            {"input_ids": batch.ids, "attention_mask": batch.mask},
            model.giving_back if last else None,
        )
    begin_and_prefix = len(model.pieces.ids(prefix.strip())) - 1
    return _Reading(
        states=np.asarray(states, dtype=np.float32),
        mask=batch.mask,
        ids=batch.ids,
        added=begin_and_prefix,
    )


def _made_of(
    model: _Loaded, *, batch: Sequence[str], made: Callable[[_Reading], list[Made]], last: bool
) -> list[Made]:
    return made(_read(model, _PASSAGE, batch, last=last))


def _vectors(read: _Reading) -> list[Vector]:
    """One vector a text: the mean of its tokens, of length 1.

    Summed in 64 bits, as fastembed does it, with which the first stores were filled.
    """
    sums = read.states.sum(axis=1, where=read.mask[:, :, None].astype(bool), dtype=np.float64)
    means = sums / read.mask.sum(axis=1, keepdims=True)
    lengths = np.maximum(np.linalg.norm(means, axis=1, keepdims=True), _TINY)
    pooled: Vector = (means / lengths).astype(np.float32)
    pooled.setflags(write=False)  # many will hold the same array
    return list(pooled)


def _all_tokens(read: _Reading) -> list[TokenEmbedding]:
    """With a vector for each token of a text."""
    return _with_tokens(read, [_own(read, at) for at in range(len(read.ids))])


def _different_tokens(read: _Reading) -> list[TokenEmbedding]:
    """With a vector for each different token of a text: what the first of its kind became.

    A fifth is repeated, and leaving that out loses nothing.
    """
    own = [_own(read, at) for at in range(len(read.ids))]
    first = [
        places[np.sort(np.unique(read.ids[at, places], return_index=True)[1])]
        for at, places in enumerate(own)
    ]
    return _with_tokens(read, first)


def _own(read: _Reading, at: int) -> npt.NDArray[np.int64]:
    """The places of a text's own tokens: without the special ones and the prefix."""
    return np.arange(read.added, int(read.mask[at].sum()) - 1)


def _with_tokens(read: _Reading, places: Sequence[npt.NDArray[np.int64]]) -> list[TokenEmbedding]:
    return [
        TokenEmbedding(vector=vector, tokens=_unit_rows(read.states[at, chosen]))
        for at, (vector, chosen) in enumerate(zip(_vectors(read), places, strict=True))
    ]


def _unit_rows(states: npt.NDArray[np.float32]) -> TokenVectors:
    lengths = np.maximum(np.linalg.norm(states, axis=1, keepdims=True), _TINY)
    rows: TokenVectors = (states / lengths).astype(np.float16)
    rows.setflags(write=False)
    return rows
