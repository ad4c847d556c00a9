"""multilingual-e5-small on fastembed: the default embedder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from knowledge.engines.cores import available_cores
from knowledge.engines.model_thread import ModelThread
from knowledge.engines.onnx_errors import told
from knowledge.engines.question_memory import QuestionMemory
from knowledge.errors import EngineUnavailable
from knowledge.model import TokenEmbedding, TokenVectors, Vector

if TYPE_CHECKING:
    from fastembed.text.custom_text_embedding import CustomTextEmbedding as Network

Made = TypeVar("Made")

# The model was trained with these words before every text; without them recall@1 falls from
# .87 to .77 on our questions, and fastembed does not add them.
_QUESTION, _PASSAGE = "query: ", "passage: "

_DIMENSION = 384
_BATCH = 16
"""Texts at a time: a question that comes during an ingest waits for one batch at most."""
_SPIN_US = "20"
_TINY = 1e-12
_MODEL = "deskmate/multilingual-e5-small"


class E5:
    """A TokenEmbedder; texts past 512 tokens are cut by the model.

    The model is loaded at first use, in its own thread, and takes about 430 MB.
    """

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        """folder: the converted model. threads: 0: as many as this process may use."""
        # Nothing of ours in there: a circle would keep the model until the next full collection.
        load = partial(_load, folder, threads or available_cores())
        self._thread: ModelThread[Network] = ModelThread("e5", load)
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
            of_batch = await self._thread.run(partial(_made_of, batch=batch, made=made))
            found.update(zip(places, of_batch, strict=True))
        return [found[place] for place in range(len(texts))]


def _load(folder: Path, threads: int) -> Network:
    # They bring onnxruntime: half a second and 60 MB.
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType
    from fastembed.text.custom_text_embedding import CustomTextEmbedding

    class Yielding(CustomTextEmbedding):
        """Threads that soon sleep while they wait for one another.

        The library's spin, which doubles the processor time of a question; while somebody else
        wants the cores too, as the language model does, a question takes three times as long.
        Threads that sleep at once take half as long again on a machine of their own.
        """

        @classmethod
        def add_extra_session_options(
            cls, session_options: Any, extra_options: dict[str, Any]
        ) -> None:
            super().add_extra_session_options(session_options, extra_options)
            session_options.add_session_config_entry("session.intra_op.spin_duration_us", _SPIN_US)

    with suppress(ValueError):  # the library's registry lasts as long as the process
        TextEmbedding.add_custom_model(
            _MODEL,
            pooling=PoolingType.MEAN,
            normalization=True,
            sources=ModelSource(hf=_MODEL),
            dim=_DIMENSION,
            model_file="model.onnx",
        )
    with told("e5"):
        return Yielding(
            _MODEL,
            threads=threads,
            providers=["CPUExecutionProvider"],
            specific_model_path=str(folder),
            local_files_only=True,
        )


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


def _read(model: Network, prefix: str, texts: Sequence[str]) -> _Reading:
    if model.tokenizer is None:
        raise EngineUnavailable("e5: fastembed loads this model in another way than we know")
    with told("e5"):
        out = model.onnx_embed([prefix + text for text in texts])
    if out.attention_mask is None or out.input_ids is None:
        raise EngineUnavailable("e5: fastembed does not tell which tokens it read")
    begin_and_prefix = len(model.tokenizer.encode(prefix.strip()).ids) - 1
    return _Reading(
        states=np.asarray(out.model_output, dtype=np.float32),
        mask=np.asarray(out.attention_mask, dtype=np.int64),
        ids=np.asarray(out.input_ids, dtype=np.int64),
        added=begin_and_prefix,
    )


def _made_of(
    model: Network, *, batch: Sequence[str], made: Callable[[_Reading], list[Made]]
) -> list[Made]:
    return made(_read(model, _PASSAGE, batch))


def _vectors(read: _Reading) -> list[Vector]:
    """One vector a text, pooled as fastembed's own mean."""
    from fastembed.common.utils import mean_pooling, normalize

    pooled = normalize(mean_pooling(read.states, read.mask)).astype(np.float32)
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
