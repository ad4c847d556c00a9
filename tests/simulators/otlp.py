"""An OpenTelemetry collector on loopback: it reads what arrives, or is out of order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass(kw_only=True)
class Collector:
    """What arrived. status: what is answered; stuck: nothing is, while it is not set."""

    url: str = ""
    status: int = 200
    open: asyncio.Event = field(default_factory=asyncio.Event)
    requests: int = 0
    headers: list[Mapping[str, str]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    resource: dict[str, str] = field(default_factory=dict)
    bodies: bytes = b""

    async def take(self, request: web.Request) -> web.Response:
        """One export."""
        self.requests += 1
        await self.open.wait()
        body = await request.read()
        if self.status == 200:
            self._read(body)
            self.headers.append(dict(request.headers))
        return web.Response(
            status=self.status,
            body=ExportTraceServiceResponse().SerializeToString(),
            content_type="application/x-protobuf",
        )

    def named(self, name: str) -> Span:
        """The one span of this name."""
        (span,) = (span for span in self.spans if span.name == name)
        return span

    def holder(self, span: Span) -> str:
        """The name of the span that holds this one; empty for a root."""
        holders = [one.name for one in self.spans if one.span_id == span.parent_span_id]
        return holders[0] if holders else ""

    def _read(self, body: bytes) -> None:
        self.bodies += body
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resource = {
                one.key: one.value.string_value for one in resource.resource.attributes
            }
            for scope in resource.scope_spans:
                self.spans += scope.spans


@asynccontextmanager
async def collector() -> AsyncIterator[Collector]:
    """A collector that listens during the block."""
    simulated = Collector()
    simulated.open.set()
    app = web.Application()
    app.router.add_post("/v1/traces", simulated.take)
    async with TestServer(app) as server:
        simulated.url = str(server.make_url("")).rstrip("/")
        yield simulated
        simulated.open.set()
