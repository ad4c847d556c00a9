"""Weights may lie where nobody can write: in an image, or on another one's disk."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest

from knowledge.hashes import Seen, sha256_of


def weights(folder: Path) -> Path:
    file = folder / "weights.bin"
    file.write_bytes(b"weights")
    return file


def refusing(code: int) -> object:
    @contextmanager
    def whole_file(path: Path) -> Iterator[BinaryIO]:
        raise OSError(code, os.strerror(code), str(path))
        yield

    return whole_file


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_weights_that_nobody_can_write_beside_are_hashed_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    file = weights(tmp_path)
    monkeypatch.setattr("knowledge.hashes.whole_file", refusing(code))

    Seen(tmp_path).compare(file, sha256_of(file))

    assert not Seen(tmp_path).unchanged(file, sha256_of(file))


def test_a_disk_that_fails_otherwise_is_not_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = weights(tmp_path)
    monkeypatch.setattr("knowledge.hashes.whole_file", refusing(errno.EIO))

    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        Seen(tmp_path).compare(file, sha256_of(file))
