"""Model files as bytes: nothing but an unaltered khabar file is read, and every refusal says why."""

import hashlib
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save

from khabar.inference import container
from khabar.inference.errors import (
    ModelAlteredError,
    ModelError,
    ModelFormatError,
    ModelNotFoundError,
    ModelTruncatedError,
    ModelVersionError,
)

TENSORS = {
    "weights": np.arange(600, dtype=np.float16).reshape(200, 3),
    "ids": np.arange(7, dtype=np.uint64),
    "pages": np.arange(5, dtype=np.uint16),
    "bias": np.array([0.5, -1], dtype=np.float32),
}
HEADER = {"name": "تجربة", "metrics": {"f1": 0.5}, "heads": [1, 2]}


def accept(path: Path) -> None:
    container.read(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    container.write(path, HEADER, TENSORS, check=accept)
    return path


def test_a_file_gives_back_what_was_written(path: Path) -> None:
    file = container.read(path)
    assert file.header == HEADER | {"format": container.FORMAT_VERSION}
    assert file.tensors.keys() == TENSORS.keys()
    for name, array in TENSORS.items():
        np.testing.assert_array_equal(file.tensors[name], array)
        assert file.tensors[name].dtype == array.dtype


def test_tensors_are_views_of_the_mapped_file_that_cannot_be_written(path: Path) -> None:
    for array in container.read(path).tensors.values():
        assert not array.flags.owndata
        assert not array.flags.writeable
        assert array.flags.aligned


def test_other_programs_can_read_it_as_safetensors(path: Path) -> None:
    with safe_open(path, framework="np") as file:
        assert json.loads(file.metadata()["khabar"])["name"] == HEADER["name"]
        np.testing.assert_array_equal(file.get_tensor("ids"), TENSORS["ids"])


def test_equal_content_gives_equal_bytes_in_every_process(path: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.safetensors"
    code = """
import sys
import numpy as np
from pathlib import Path
from khabar.inference import container
tensors = {
    "pages": np.arange(5, dtype=np.uint16),
    "bias": np.array([0.5, -1], dtype=np.float32),
    "ids": np.arange(7, dtype=np.uint64),
    "weights": np.arange(600, dtype=np.float16).reshape(200, 3),
}
header = {"heads": [1, 2], "metrics": {"f1": 0.5}, "name": "تجربة"}
container.write(Path(sys.argv[1]), header, tensors, check=container.read)
"""
    for seed in ("1", "2"):
        run = [sys.executable, "-c", code, str(again)]
        subprocess.run(run, check=True, env={"PYTHONHASHSEED": seed, "PYTHONUTF8": "1"})
        assert again.read_bytes() == path.read_bytes()


def test_every_flipped_byte_is_noticed(path: Path, tmp_path: Path) -> None:
    good = path.read_bytes()
    altered = tmp_path / "altered.safetensors"
    header_end = 8 + int.from_bytes(good[:8], "little")
    positions = [*range(header_end + 64), *random.Random(1).sample(range(header_end, len(good)), 200)]
    for position in positions:
        for flip in (0x01, 0x20, 0x80):
            data = bytearray(good)
            data[position] ^= flip
            altered.write_bytes(data)
            with pytest.raises(ModelError) as refusal:
                container.read(altered)
            assert str(altered) in str(refusal.value)


def test_a_flipped_byte_in_a_tensor_is_called_an_alteration(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelAlteredError, match="altered after it was written: its SHA-256 is"):
        container.read(path)


def test_a_file_cut_at_any_length_is_refused(path: Path, tmp_path: Path) -> None:
    good = path.read_bytes()
    cut = tmp_path / "cut.safetensors"
    for length in {*range(40), *range(40, len(good), 37), len(good) - 1}:
        cut.write_bytes(good[:length])
        with pytest.raises(ModelTruncatedError):
            container.read(cut)


def test_the_message_of_a_truncated_file_counts_what_is_missing(path: Path) -> None:
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ModelTruncatedError, match=f"has {size - 10} bytes; its header says {size}: the last 10 "):
        container.read(path)


def test_bytes_added_at_the_end_are_noticed(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(ModelAlteredError):
        container.read(path)


def test_a_newer_format_is_refused_with_the_way_to_upgrade(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as future:
        future.setattr(container, "FORMAT_VERSION", 3)
        container.write(path, HEADER, TENSORS, check=accept)
    with pytest.raises(ModelVersionError, match=r"format 3; this khabar reads formats 1 to 2\. Upgrade with `pip"):
        container.read(path)


@pytest.mark.parametrize(
    ("beginning", "kind"),
    [
        (b"PK\x03\x04" + b"\0" * 40, "a zip archive"),
        (b"\x80\x04\x95" + b"\x10" * 40, "a Python pickle"),
        (b"\x80\x02}q\x01" + b"." * 40, "a Python pickle"),
        (b"\x80\x04.", "a Python pickle"),
        (b"\x78\x9c" + b"x" * 40, "zlib-compressed data"),
        (b"\x1f\x8b\x08" + b"\0" * 40, "gzip-compressed data"),
        (b"\xba\x16\x4f\x2f\x0c" + b"\0" * 40, "a fastText model"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (b"<!DOCTYPE html><html>", "an HTML or XML page"),
        (b'{"sector": 1, "tone": 2}', "a JSON file"),
    ],
)
def test_what_is_no_model_is_called_by_its_name(tmp_path: Path, beginning: bytes, kind: str) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(beginning)
    with pytest.raises(ModelFormatError, match=f"looks like {kind}"):
        container.read(path)


def test_bytes_of_no_known_kind_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"id,text\n1,abc\n")
    with pytest.raises(ModelFormatError, match="is not a khabar model: it begins with b'id,text"):
        container.read(path)


def test_safetensors_of_another_program_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    path.write_bytes(save({"w": TENSORS["bias"]}, metadata={"format": "pt"}))
    with pytest.raises(ModelFormatError, match="a safetensors file, but not a khabar model"):
        container.read(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="There is no model at"):
        container.read(tmp_path / "none.safetensors")
    with pytest.raises(ModelNotFoundError, match=r"is no file; expected a model"):
        container.read(tmp_path)


def forged(layout: dict[str, Any], data: bytes) -> bytes:
    """Lay out a file with a valid digest by hand, whatever the layout says."""
    text = json.dumps({"digest": container.NO_DIGEST, "format": 1})
    raw = json.dumps({"__metadata__": {"khabar": text}} | layout).encode()
    file = len(raw).to_bytes(8, "little") + raw + data
    return file.replace(container.NO_DIGEST.encode(), hashlib.sha256(file).hexdigest().encode(), 1)


@pytest.mark.parametrize(
    "layout",
    [
        {"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 8]}},
        {"a": {"dtype": "F32", "shape": [2], "data_offsets": [8, 0]}},
        {"a": {"dtype": "F32", "shape": [2], "data_offsets": [-8, 8]}},
        {"a": {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]}},
        {"a": {"dtype": "BF16", "shape": [4], "data_offsets": [0, 8]}},
        {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}},
        {"a": {"dtype": "F32", "shape": "2", "data_offsets": [0, 8]}},
        {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8.0]}},
        {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
         "b": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}},
        {"a": 5},
        {"a": {"data_offsets": "99"}},
        {},
    ],
)  # fmt: skip
def test_a_layout_made_to_mislead_is_refused(tmp_path: Path, layout: dict[str, Any]) -> None:
    path = tmp_path / "forged.safetensors"
    path.write_bytes(forged(layout, b"\0" * 8))
    with pytest.raises(ModelError):
        container.read(path)


def test_a_pickle_in_place_of_a_model_is_never_unpickled(tmp_path: Path) -> None:
    evidence = tmp_path / "executed"
    code = """
import os, pickle, sys
from pathlib import Path

class Bomb:
    def __reduce__(self):
        return open, (sys.argv[2], "w")

path = Path(sys.argv[1])
for protocol in range(6):
    path.write_bytes(pickle.dumps(Bomb(), protocol=protocol))
    from khabar.inference import KhabarError, Predictor
    import khabar.inference.predictor
    used = []
    sys.addaudithook(lambda event, args: used.append(event) if event.startswith(("pickle", "marshal")) else None)
    try:
        Predictor.load(path)
    except KhabarError as error:
        print(error)
    assert not used, used
"""
    run = [sys.executable, "-c", code, str(tmp_path / "model.safetensors"), str(evidence)]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert done.stdout.count("model.safetensors") == 6
    assert not evidence.exists()


@pytest.mark.parametrize("existing", [None, b"the model of yesterday"])
def test_a_failed_write_leaves_everything_as_it_was(tmp_path: Path, existing: bytes | None) -> None:
    path = tmp_path / "model.safetensors"
    if existing:
        path.write_bytes(existing)

    def refuse(_: Path) -> None:
        raise ModelFormatError("not good enough")

    with pytest.raises(ModelFormatError, match="not good enough"):
        container.write(path, HEADER, TENSORS, check=refuse)
    assert [p.name for p in tmp_path.iterdir()] == (["model.safetensors"] if existing else [])
    assert not existing or path.read_bytes() == existing


def test_a_header_that_json_cannot_hold_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        container.write(tmp_path / "m", {"metrics": {"f1": float("nan")}}, TENSORS, check=accept)
    assert list(tmp_path.iterdir()) == []
