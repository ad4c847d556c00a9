"""A cross-encoder from a folder: a tiny real one, made here, that counts a word."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper, save_model
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from knowledge.engines.cross_encoder import CrossEncoder
from knowledge.errors import EngineUnavailable, ModelError
from knowledge.model import Passage

WORDS = {"[PAD]": 0, "[UNK]": 1, "leave": 2}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model whose score is how often "leave" stands in what it reads."""
    wanted = numpy_helper.from_array(np.array(WORDS["leave"], dtype=np.int64), "wanted")
    axis = numpy_helper.from_array(np.array([1], dtype=np.int64), "axis")
    graph = helper.make_graph(
        [
            helper.make_node("Equal", ["input_ids", "wanted"], ["same"]),
            helper.make_node("Cast", ["same"], ["ones"], to=TensorProto.FLOAT),
            helper.make_node("ReduceSum", ["ones", "axis"], ["logits"], keepdims=1),
        ],
        "counts",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["texts", "tokens"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["texts", 1])],
        [wanted, axis],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    (tmp_path / "onnx").mkdir()
    save_model(model, tmp_path / "onnx" / "model.onnx")
    tokenizer = Tokenizer(WordLevel(WORDS, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    config = {"model_max_length": 128, "pad_token": "[PAD]"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    return tmp_path


def passage(text: str) -> Passage:
    return Passage(id=text, document_id="d", title="", uri="", language="en", text=text)


async def test_each_passage_is_judged_with_its_question_in_the_order_they_came(
    folder: Path,
) -> None:
    reranker = CrossEncoder(folder)

    scores = await reranker.rerank(
        "how much", [passage("no"), passage("leave is leave"), passage("some leave")]
    )

    assert scores == [0.0, 2.0, 1.0]


async def test_nothing_to_read_has_no_scores(folder: Path) -> None:
    assert await CrossEncoder(folder).rerank("how much", []) == []


def test_a_folder_without_a_model_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no onnx/model\.onnx and no model\.onnx"):
        CrossEncoder(tmp_path)


async def test_a_broken_model_is_unavailable(folder: Path) -> None:
    (folder / "onnx" / "model.onnx").write_bytes(b"not a model")

    with pytest.raises(EngineUnavailable, match="reranker"):
        await CrossEncoder(folder).rerank("how much", [passage("leave")])
