"""An output appears whole under its name, or not at all."""

import os
import stat
from pathlib import Path

import pytest

from khabar.inference.destination import open_output
from khabar.inference.errors import InputError
from khabar.inference.formats import locate


def test_the_name_is_taken_only_once_all_is_written(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("before")
    with open_output(locate(path)) as stream:
        stream.write(b"after")
        assert path.read_text() == "before"
    assert path.read_text() == "after"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failure", [KeyboardInterrupt, SystemExit, OSError, ValueError])
@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz", "out.csv.zst"])
def test_a_failure_leaves_the_folder_as_it_was(tmp_path: Path, failure: type[BaseException], name: str) -> None:
    path = tmp_path / name
    path.write_text("before")

    def fail_half_way() -> None:
        with open_output(locate(path)) as stream:
            stream.write(b"half")
            raise failure

    with pytest.raises(failure):
        fail_half_way()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_an_existing_file_keeps_its_permissions_and_a_link_its_target(tmp_path: Path) -> None:
    target, link = tmp_path / "target.jsonl", tmp_path / "link.jsonl"
    target.write_text("before")
    target.chmod(0o640)
    link.symlink_to(target)
    with open_output(locate(link)) as stream:
        stream.write(b"after")
    assert link.is_symlink()
    assert target.read_text() == "after"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_named_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "pipe.jsonl"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with open_output(locate(path)) as stream:
        stream.write(b"row")
    assert os.read(reader, 10) == b"row"
    os.close(reader)
    assert path.is_fifo()


def test_a_folder_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match="is a folder"), open_output(locate(tmp_path / "folder.csv")):
        pass
    with pytest.raises(InputError, match="There is no folder"), open_output(locate(tmp_path / "no" / "a.csv")):
        pass
