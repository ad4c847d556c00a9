"""What goes over Feishu's long connection, by the numbers of its fields.

The official client has the same description, but behind seconds of imports.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_FIELDS = {
    "Header": (("key", 1, "STRING"), ("value", 2, "STRING")),
    "Frame": (
        ("SeqID", 1, "UINT64"),
        ("LogID", 2, "UINT64"),
        ("service", 3, "INT32"),
        ("method", 4, "INT32"),
        ("headers", 5, "MESSAGE"),
        ("payload_encoding", 6, "STRING"),
        ("payload_type", 7, "STRING"),
        ("payload", 8, "BYTES"),
        ("LogIDNew", 9, "STRING"),
    ),
}
_OPTIONAL = {"payload_encoding", "payload_type", "payload", "LogIDNew"}


def read(raw: bytes) -> tuple[dict[str, str], bytes]:
    """The headers and the payload of a frame."""
    frame = _frame_type().FromString(raw)
    return {header.key: header.value for header in frame.headers}, frame.payload


def written(
    message_id: str, payload: bytes, parts: int, order: Sequence[int], kind: str
) -> Iterator[bytes]:
    """An event as frames: its parts in this order; a part that is not in it is left out."""
    size = -(-len(payload) // parts)
    for number in order:
        frame = _frame_type()(SeqID=number, LogID=1, service=1, method=1)
        headers = {"type": kind, "message_id": message_id, "trace_id": "t"}
        for name, value in {**headers, "sum": parts, "seq": number}.items():
            frame.headers.add(key=name, value=str(value))
        frame.payload = payload[number * size : (number + 1) * size]
        yield frame.SerializeToString()


@cache
def _frame_type() -> Any:
    field_type = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="frame.proto", package="feishu", syntax="proto2")
    for message, fields in _FIELDS.items():
        described = file.message_type.add(name=message)
        for name, number, kind in fields:
            field = described.field.add(name=name, number=number)
            field.type = field_type.Type.Value(f"TYPE_{kind}")
            optional = "OPTIONAL" if name in _OPTIONAL else "REQUIRED"
            field.label = field_type.Label.Value(f"LABEL_{optional}")
            if kind == "MESSAGE":
                field.label = field_type.Label.Value("LABEL_REPEATED")
                field.type_name = ".feishu.Header"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("feishu.Frame"))
