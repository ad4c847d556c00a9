"""Which servers stand outside the house, and who works in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from knowledge.engines.directories import NamesFile, Nobody
from knowledge.engines.outside import destination_of, is_outside
from knowledge.errors import EngineUnavailable

INSIDE = ("localhost", "127.0.0.0/8", "::1", "10.0.0.0/8", ".corp.example", "llm")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000/v1", "http://127.0.0.1", "http://[::1]:8000", "http://10.1.2.3/v1",
        "https://a.corp.example", "https://LLM/v1",
    ],
)  # fmt: skip
def test_these_are_in_the_house(url: str) -> None:
    assert not is_outside(url, INSIDE)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com/v1", "http://localhost.example.com", "http://127.0.0.1.nip.example",
        "http://2130706433/", "https://corp.example.evil.example", "https://evilcorp.example",
        "http://localhost@evil.example/", "http://11.0.0.1", "http://[fe80::1]", "", "http://[broken",
    ],
)  # fmt: skip
def test_these_are_outside(url: str) -> None:
    assert is_outside(url, INSIDE)


def test_even_this_machine_is_outside_where_nothing_is_inside() -> None:
    assert is_outside("http://127.0.0.1", ())


def test_a_destination_is_written_down_without_its_secrets() -> None:
    url = "https://user:pass@llm.example:8443/v1?key=secret#x"

    assert destination_of(url) == "https://llm.example:8443/v1"


async def test_a_file_of_names_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_text("\ufeff# staff\n张三 = Zhang San = 老三\n\n John Smith \n", "utf-8")
    directory = NamesFile(file)

    first = await directory.names()
    assert first == {"张三", "Zhang San", "老三", "John Smith"}
    assert await directory.names() is first

    file.write_text("李四\n", "utf-8")
    os.utime(file, ns=(1, 1))
    assert await directory.names() == {"李四"}


async def test_a_file_that_cannot_be_read_is_an_error_not_an_empty_directory(
    tmp_path: Path,
) -> None:
    broken = tmp_path / "names.txt"
    broken.write_bytes("张三".encode("gbk"))

    for file in (broken, tmp_path / "none.txt", tmp_path):
        with pytest.raises(EngineUnavailable):
            await NamesFile(file).names()


async def test_nobody_has_no_names() -> None:
    assert list(await Nobody().names()) == []
