"""How a Qdrant server or cluster keeps our collections, and how it is spoken to."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from knowledge.errors import StoreUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """What an operator says about a server; the defaults fit one machine.

    shards, replicas, write_consistency: of a new collection; None: as the server does by itself.
    quantization: `int8` keeps a byte a number of the dense vectors for the first look, and
        compares the best of them again by the vectors themselves where `rescore` says so.
    always_ram: those bytes stay in memory.
    oversampling: so many times more candidates are compared again than are asked for.
    payload_on_disk, vectors_on_disk: of a new collection.
    timeout_s: for every single request, its retries included.
    retries: more tries of a request that met a server that is busy or going away; every request of
        ours comes to the same when it is done twice.
    verify_tls: False believes any certificate. ca_file: certificates to believe in addition.
    """

    shards: int | None = None
    replicas: int | None = None
    write_consistency: int | None = None
    quantization: Literal["none", "int8"] = "none"
    rescore: bool = True
    always_ram: bool = True
    oversampling: float = 2.0
    payload_on_disk: bool = True
    vectors_on_disk: bool = False
    timeout_s: float = 10.0
    retries: int = 2
    first_wait_s: float = 0.2
    verify_tls: bool = True
    ca_file: Path | None = None

    def trusts(self) -> ssl.SSLContext | bool:
        """What httpx takes as `verify`.

        Raises:
            StoreUnavailable: the file with certificates cannot be read.
        """
        if not self.verify_tls or self.ca_file is None:
            return self.verify_tls
        try:
            context = ssl.create_default_context()
            context.load_verify_locations(self.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise StoreUnavailable(f"{self.ca_file} has no certificates: {error}") from error
        return context
