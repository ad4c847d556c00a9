"""What an operator says about knowledge, generation and answering."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from knowledge.model import EVERYONE
from knowledge.redaction.kinds import Kind

_SECTION = ConfigDict(extra="forbid", frozen=True)


class QdrantSettings(BaseModel):
    """The `[knowledge.qdrant]` section: how a server keeps new collections, and is spoken to.

    shards, replicas, write_consistency: 0: as the server does by itself.
    quantization: `int8`: a byte a number for the first look; rescore: the best of them are then
        compared by the vectors themselves, `oversampling` times as many as are asked for.
    """

    model_config = _SECTION

    shards: int = Field(default=0, ge=0, le=1_000)
    replicas: int = Field(default=0, ge=0, le=100)
    write_consistency: int = Field(default=0, ge=0, le=100)
    quantization: Literal["none", "int8"] = "none"
    rescore: bool = True
    always_ram: bool = True
    oversampling: float = Field(default=2.0, ge=1.0, le=10.0)
    payload_on_disk: bool = True
    vectors_on_disk: bool = False
    timeout_s: float = Field(default=10.0, gt=0, le=300)
    retries: int = Field(default=2, ge=0, le=5)
    verify_tls: bool = True
    ca_file: Path | None = None

    @field_validator("ca_file", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @model_validator(mode="after")
    def _can_be_kept(self) -> Self:
        if self.replicas and self.write_consistency > self.replicas:
            raise ValueError("write_consistency is more than there are replicas")
        return self


class KnowledgeSettings(BaseModel):
    """The `[knowledge]` section.

    qdrant_url: empty: embedded in the data folder.
    embedding_model: empty: the two small models of the catalogue.
    late_interaction: store a vector a token too, and compare the best passages by them.
    reranker: the folder of a cross-encoder in ONNX; empty: none.
    dictionary: a file of company words, one a line, synonyms after `=`.
    audience: who may read documents of which nobody says it.
    folders: the same below the ingested root, as in `"hr/pay" = ["hr"]`; the longest one counts.
    """

    model_config = _SECTION

    qdrant_url: str = ""
    qdrant_api_key: SecretStr = SecretStr("")
    collection: str = Field(default="deskmate", min_length=1, max_length=200)
    qdrant: QdrantSettings = QdrantSettings()
    embedding_model: Literal["", "e5-small", "use-multilingual"] = ""
    late_interaction: bool = True
    reranker: Path | None = None
    dictionary: Path | None = None
    audience: tuple[str, ...] = Field(default=(EVERYONE,), min_length=1)
    folders: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]] = Field(
        default_factory=dict
    )

    def readers_of(self, document_id: str) -> frozenset[str]:
        """Who may read a document of which neither it nor the command says it."""
        places = {folder.strip("/").replace("/", "__"): folder for folder in self.folders}
        inside = [place for place in places if f"{document_id}__".startswith(f"{place}__")]
        if not inside:
            return frozenset(self.audience)
        return frozenset(self.folders[places[max(inside, key=len)]])

    @field_validator("qdrant_url")
    @classmethod
    def _is_address(cls, address: str) -> str:
        if address and not address.startswith(("http://", "https://")):
            raise ValueError("an address begins with http:// or https://")
        return address

    @field_validator("reranker", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value


class GenerationSettings(BaseModel):
    """The `[generation]` section.

    model: a catalogue name or the path of a GGUF file; empty: the default of the catalogue.
    threads: 0: one less than the machine has, at least one.
    concurrent: prompts at a time that a server gets; a model of this machine gets one.
    waiting: prompts that wait for their turn, waiting_each: of one person; longest_wait_s: who
        would wait longer gets the documents' own words at once.
    """

    model_config = _SECTION

    engine: Literal["auto", "ctransformers", "llamacpp", "openai", "extractive"] = "auto"
    model: str = ""
    base_url: str = ""
    api_key: SecretStr = SecretStr("")
    threads: int = Field(default=0, ge=0, le=256)
    context_tokens: int = Field(default=4096, ge=512, le=131_072)
    first_draft_s: float = Field(default=30.0, gt=0)
    total_s: float = Field(default=60.0, gt=0)
    concurrent: int = Field(default=8, ge=1, le=1_000)
    waiting: int = Field(default=16, ge=0, le=1_000)
    waiting_each: int = Field(default=2, ge=1, le=100)
    longest_wait_s: float = Field(default=30.0, gt=0)


class AnsweringSettings(BaseModel):
    """The `[answering]` section.

    max_wrong_rate: the share of given answers that may be wrong.
    least_confidence: below this probability the answer is "I don't know"; None: the threshold that
        keeps `max_wrong_rate`.
    judge: ask the language model whether the passages hold the answer, where that is in doubt and
        the model is one whose judgement was measured.
    deadline_s: after this an asker gets a polite card.
    care: whom somebody can turn to here who writes that they do not want to live.
    """

    model_config = _SECTION

    max_wrong_rate: float = Field(default=0.02, gt=0.0, lt=1.0)
    least_confidence: float | None = Field(default=None, ge=0.0, le=1.0)
    judge: bool = True
    deadline_s: float = Field(default=90.0, gt=0)
    care: str = Field(default="", max_length=500)


class EgressSettings(BaseModel):
    """The `[egress]` section: what a language model outside the house gets to read.

    guard: off, everything leaves as it is; then `unguarded` names the host to which it may.
    inside: hosts, `.domains` and networks (10.0.0.0/8) that count as in the house.
    audiences: the outside reads what a reader with these audience names may read.
    kinds: what is replaced by placeholders; amounts: those of money too.
    names_file: everybody who works here, a name a line, other forms of it after `=`.
    ledger: write down what left.
    """

    model_config = _SECTION

    guard: bool = True
    unguarded: str = ""
    inside: tuple[str, ...] = ("localhost", "127.0.0.0/8", "::1")
    audiences: tuple[str, ...] = (EVERYONE,)
    kinds: tuple[Kind, ...] = tuple(kind for kind in Kind if kind is not Kind.AMOUNT)
    amounts: bool = False
    names_file: Path | None = None
    ledger: bool = True

    @field_validator("names_file", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value
