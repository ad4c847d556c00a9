"""Deskmate's default embedder for others: the same weights, onnxruntime and nothing around it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

_BATCH = 16
_MOST_TOKENS = 512


class E5:
    """Synchronous; a batch holds texts of like length, as ours does."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(_MOST_TOKENS)
        self._tokenizer.enable_padding(pad_id=self._tokenizer.token_to_id("<pad>") or 0)
        options = onnxruntime.SessionOptions()
        # As Deskmate has it: spinning threads would cost the peers what they do not cost us.
        options.add_session_config_entry("session.intra_op.spin_duration_us", "20")
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def vectors(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """A row a text, of length 1."""
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        found = np.empty((len(texts), 384), dtype=np.float32)
        for start in range(0, len(order), _BATCH):
            places = order[start : start + _BATCH]
            found[places] = self._batch([texts[place] for place in places])
        return found

    def _batch(self, texts: list[str]) -> npt.NDArray[np.float32]:
        read = self._tokenizer.encode_batch(texts)
        ids = np.array([one.ids for one in read], dtype=np.int64)
        mask = np.array([one.attention_mask for one in read], dtype=np.int64)
        (states,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        shown = mask[..., None].astype(np.float32)
        pooled = (states * shown).sum(axis=1) / shown.sum(axis=1)
        rows: npt.NDArray[np.float32] = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
        return rows
