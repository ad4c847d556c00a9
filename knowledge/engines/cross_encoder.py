"""A cross-encoder on fastembed: reads question and passage together, for those who have one."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from knowledge.engines.cores import available_cores
from knowledge.engines.model_thread import ModelThread
from knowledge.engines.onnx_errors import told
from knowledge.errors import ModelError
from knowledge.model import Passage
from knowledge.split import indexed_text

if TYPE_CHECKING:
    from fastembed.rerank.cross_encoder import TextCrossEncoder

_FILES: Final = ("onnx/model.onnx", "model.onnx")
_BATCH: Final = 8


class CrossEncoder:
    """A Reranker over a folder with an ONNX model, as hubs have them.

    The folder holds `onnx/model.onnx` or `model.onnx`, with `tokenizer.json` and
    `tokenizer_config.json` beside them. The model is loaded at first use, in its own thread.
    """

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        """threads: 0: as many as this process may use.

        Raises:
            ModelError: there is no such model in the folder.
        """
        found = [name for name in _FILES if (folder / name).is_file()]
        if not found:
            raise ModelError(f"{folder}: there is no {' and no '.join(_FILES)}")
        # Nothing of ours in there: a circle would keep the model until the next full collection.
        load = partial(_load, folder, found[0], threads or available_cores())
        self._thread: ModelThread[TextCrossEncoder] = ModelThread("reranker", load)

    async def rerank(self, question: str, passages: Sequence[Passage]) -> list[float]:
        """One score a passage, in the same order; higher is better.

        Raises:
            EngineUnavailable: the model cannot be loaded or broke.
        """
        texts = [indexed_text(passage) for passage in passages]
        return await self._thread.run(lambda model: _scores(model, question, texts))


def _load(folder: Path, file: str, threads: int) -> TextCrossEncoder:
    # They bring onnxruntime: half a second and 60 MB.
    from fastembed.common.model_description import ModelSource
    from fastembed.rerank.cross_encoder import TextCrossEncoder

    name = f"deskmate/{folder.resolve()}"
    with suppress(ValueError):  # the library's registry lasts as long as the process
        TextCrossEncoder.add_custom_model(name, sources=ModelSource(hf=name), model_file=file)
    with told("reranker"):
        return TextCrossEncoder(
            name,
            threads=threads,
            providers=["CPUExecutionProvider"],
            specific_model_path=str(folder),
            local_files_only=True,
        )


def _scores(model: TextCrossEncoder, question: str, texts: Sequence[str]) -> list[float]:
    with told("reranker"):
        return [float(score) for score in model.rerank(question, texts, batch_size=_BATCH)]
