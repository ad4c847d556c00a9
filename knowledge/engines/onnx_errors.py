"""onnxruntime's errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from knowledge.errors import EngineUnavailable


@contextmanager
def told(name: str) -> Iterator[None]:
    """What breaks in onnxruntime inside the block is this engine being unavailable.

    Raises:
        EngineUnavailable: with onnxruntime's own words.
    """
    from onnxruntime.capi import (  # type: ignore[import-untyped]  # it ships no types
        onnxruntime_pybind11_state as onnx,
    )

    try:
        yield
    except (  # they share no class below Exception
        onnx.Fail,
        onnx.InvalidArgument,
        onnx.InvalidGraph,
        onnx.InvalidProtobuf,
        onnx.NoSuchFile,
        onnx.NotImplemented,
        onnx.RuntimeException,
    ) as error:
        raise EngineUnavailable(f"{name}: {error}") from error
