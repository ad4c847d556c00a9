from __future__ import annotations

from pathlib import Path
from threading import Event, Thread

import pytest

from knowledge.atomic import alone, room, whole_file, whole_folder
from knowledge.errors import StorageFull


class Stopped(Exception):
    """Something went wrong while writing."""


def stop_after(written: int) -> None:
    raise Stopped(written)


def test_a_file_takes_its_name_only_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "weights"

    with whole_file(target) as file:
        file.write(b"half")
        assert not target.exists()

    assert target.read_bytes() == b"half"


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "weights"
    target.write_bytes(b"old")

    with pytest.raises(Stopped), whole_file(target) as file:
        stop_after(file.write(b"new"))

    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_replaces_the_one_before(tmp_path: Path) -> None:
    target = tmp_path / "onnx"
    target.mkdir()
    (target / "old").touch()

    with whole_folder(target) as folder:
        (folder / "new").touch()

    assert [path.name for path in target.iterdir()] == ["new"]


def test_an_interrupted_folder_is_gone(tmp_path: Path) -> None:
    with pytest.raises(Stopped), whole_folder(tmp_path / "onnx") as folder:
        stop_after((folder / "new").write_bytes(b"new"))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk always full")
def test_a_full_disk_is_said_in_one_sentence() -> None:
    with (
        pytest.raises(StorageFull, match="no space left on the disk while writing weights"),
        room(Path("weights")),
        Path("/dev/full").open("wb", buffering=0) as file,
    ):
        file.write(b"x")


def test_another_failure_of_the_system_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), whole_file(tmp_path / "missing" / "weights"):
        pass


def test_two_never_write_at_a_time(tmp_path: Path) -> None:
    inside, order = Event(), list[str]()

    def second() -> None:
        inside.wait()
        with alone(tmp_path / "lock"):
            order.append("second")

    thread = Thread(target=second)
    thread.start()
    with alone(tmp_path / "lock"):
        inside.set()
        thread.join(timeout=0.05)
        order.append("first")
    thread.join()

    assert order == ["first", "second"]
