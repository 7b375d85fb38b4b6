"""One safe file of named arrays and a JSON header: how it is written, and why a file is refused.

The format is safetensors (https://github.com/huggingface/safetensors), which can hold no code. Its metadata
has the one key `khabar`, a JSON object that begins with the SHA-256 digest of the whole file (its own
64 characters taken as zeros), so that a change of any byte is noticed. The digest guards against accidents,
not against forgery: whoever reads the header still checks what it says.
"""

import hashlib
import json
import mmap
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from khabar.inference.errors import (
    ModelAlteredError,
    ModelError,
    ModelFormatError,
    ModelNotFoundError,
    ModelTruncatedError,
    ModelVersionError,
)

FORMAT_VERSION = 2  # raise it when files of the new kind must not be read by the khabar of today
OLDEST_READ = 1  # before heads had a power, precisions and coverages, and models stances
KEY = "khabar"
LENGTH_BYTES = 8
NO_DIGEST = "0" * 64
DTYPES = {"F16": "<f2", "F32": "<f4", "I32": "<i4", "I64": "<i8", "U16": "<u2", "U32": "<u4", "U64": "<u8"}
GET_AGAIN = "Get the file again or train it again with `khabar train`."

# How files begin that get mistaken for models, and what they are.
BEGINNINGS = (
    (rb"PK\x03\x04", "a zip archive (from PyTorch, skops or numpy?)"),
    (rb"\x80[\x02-\x05]", "a Python pickle (from joblib or scikit-learn?)"),
    (rb"\x78[\x01\x5e\x9c\xda]", "zlib-compressed data (from joblib?)"),
    (rb"\x1f\x8b", "gzip-compressed data"),
    (rb"\x28\xb5\x2f\xfd", "zstandard-compressed data"),
    (rb"\xba\x16\x4f\x2f", "a fastText model"),
    (rb"\x89HDF", "an HDF5 file"),
    (rb"version https://git-lfs", "a Git LFS pointer (run `git lfs pull`)"),
    (rb"\s*<", "an HTML or XML page (a download that failed?)"),
    (rb"\s*[{\[]", "a JSON file"),
)

Checked = TypeVar("Checked")


@dataclass(frozen=True, eq=False)
class Container:
    """What a file holds.

    Attributes
    ----------
    header : dict
        The JSON object, without the digest.
    tensors : dict of str to ndarray
        Read-only views of the mapped file.
    digest : str
        SHA-256 of the file, 64 hexadecimal digits.
    """

    header: dict[str, Any]
    tensors: dict[str, npt.NDArray[Any]]
    digest: str


def write(
    path: Path,
    header: Mapping[str, Any],
    tensors: Mapping[str, npt.NDArray[Any]],
    check: Callable[[Path], Checked],
) -> Checked:
    """Write a file whose bytes depend on the arguments alone, check it, and only then move it into place.

    Parameters
    ----------
    path : Path
        Replaced if it exists; missing folders are made.
    header : mapping
        JSON values.
    tensors : mapping of str to ndarray
        Arrays of a dtype in `DTYPES`.
    check : callable
        Called with the temporary file; if it raises, that file is removed and `path` stays as it was.

    Returns
    -------
    What `check` returned.
    """
    body = {"digest": NO_DIGEST, "format": FORMAT_VERSION, **dict(sorted(header.items()))}
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # Several metadata keys would be written in an order that changes from run to run: hence the one key.
    data = save({k: np.ascontiguousarray(tensors[k]) for k in sorted(tensors)}, metadata={KEY: text})
    data = data.replace(NO_DIGEST.encode(), hashlib.sha256(data).hexdigest().encode(), 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        checked = check(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return checked


def read(path: Path) -> Container:
    """Map a file and check it byte by byte.

    Raises
    ------
    ModelNotFoundError, ModelFormatError, ModelTruncatedError, ModelAlteredError, ModelVersionError
        Each says what was found, what was expected and what to do.
    """
    data = _map(path)
    layout, header, start = _parse(path, data)
    digest = _digest(path, data, header, start)
    if header.get("format") not in range(OLDEST_READ, FORMAT_VERSION + 1):
        raise ModelVersionError(
            f"{path} is of model format {header.get('format')!r}; this khabar reads formats {OLDEST_READ} to "
            f"{FORMAT_VERSION}. "
            "Upgrade with `pip install -U khabar`, or train the model again with the khabar you have."
        )
    try:
        with safe_open(path, framework="np"):  # the library checks that the tensors fill the file exactly
            pass
        tensors = {name: _view(data, start, entry) for name, entry in layout.items() if name != "__metadata__"}
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise ModelFormatError(f"{path} has a layout of tensors that cannot be read ({error}). {GET_AGAIN}") from error
    return Container({k: v for k, v in header.items() if k != "digest"}, tensors, digest)


def _map(path: Path) -> mmap.mmap:
    try:
        if not path.exists():
            raise ModelNotFoundError(
                f"There is no model at {path}. Check the path, or train a model with `khabar train`."
            )
        if not path.is_file():
            raise ModelNotFoundError(f"{path} is no file; expected a model. Name the .safetensors file itself.")
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise ModelTruncatedError(f"{path} is empty; expected a model file. {GET_AGAIN}")
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise ModelNotFoundError(f"{path} cannot be read ({error.strerror}). Check its permissions.") from error


def _parse(path: Path, data: mmap.mmap) -> tuple[dict[str, Any], dict[str, Any], int]:
    """Give the layout of the tensors, the khabar header and where the tensors start."""
    if data[LENGTH_BYTES : LENGTH_BYTES + 1] != b"{":
        raise _foreign(path, data)
    start = LENGTH_BYTES + int.from_bytes(data[:LENGTH_BYTES], "little")
    if start > len(data):
        raise ModelTruncatedError(
            f"{path} has {len(data)} bytes; its header alone should take {start}. It is cut off, or its "
            f"first bytes were altered. {GET_AGAIN}"
        )
    raw = data[LENGTH_BYTES:start]
    try:
        layout = json.loads(raw)
        text = layout["__metadata__"][KEY]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        if KEY.encode() in raw:
            raise ModelAlteredError(f"{path} has a damaged header. {GET_AGAIN}") from error
        raise ModelFormatError(
            f"{path} is a safetensors file, but not a khabar model: it has no {KEY!r} entry in its metadata. "
            "Give the file that `khabar train` wrote."
        ) from error
    try:
        header = json.loads(text)
        if not re.fullmatch("[0-9a-f]{64}", header["digest"]):
            raise ValueError("no digest")
        end = start + max(entry["data_offsets"][1] for name, entry in layout.items() if name != "__metadata__")
        missing = end - len(data)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise ModelAlteredError(f"{path} has a damaged header. {GET_AGAIN}") from error
    if missing > 0:
        raise ModelTruncatedError(
            f"{path} has {len(data)} bytes; its header says {end}: the last {missing} are missing. " + GET_AGAIN
        )
    return layout, header, start


def _foreign(path: Path, data: mmap.mmap) -> ModelError:
    """Name what a file is that is not laid out as safetensors."""
    beginning = data[:64]
    for pattern, kind in BEGINNINGS:
        if re.match(pattern, beginning):
            return ModelFormatError(
                f"{path} looks like {kind}; expected a khabar model (.safetensors). It was not opened, and "
                "no code in it was run. Give the file that `khabar train` wrote."
            )
    if f'"{KEY}"'.encode() in data[:1024]:
        return ModelAlteredError(f"{path} has a damaged header. {GET_AGAIN}")
    if len(data) <= LENGTH_BYTES:
        return ModelTruncatedError(f"{path} has only {len(data)} bytes; expected a model file. {GET_AGAIN}")
    return ModelFormatError(
        f"{path} is not a khabar model: it begins with {beginning[:8]!r}, which is no safetensors file. Give "
        "the file that `khabar train` wrote."
    )


def _digest(path: Path, data: mmap.mmap, header: Mapping[str, Any], start: int) -> str:
    """Check the digest over every byte of the file."""
    written: str = header["digest"]
    at = data.find(written.encode(), 0, start)
    found = hashlib.sha256(data[:at])
    found.update(NO_DIGEST.encode())
    with memoryview(data) as view:
        found.update(view[at + len(NO_DIGEST) :])
    if found.hexdigest() != written:
        raise ModelAlteredError(
            f"{path} was altered after it was written: its SHA-256 is {found.hexdigest()[:12]}…, its header "
            f"says {written[:12]}…. {GET_AGAIN}"
        )
    return written


def _view(data: mmap.mmap, start: int, entry: Mapping[str, Any]) -> npt.NDArray[Any]:
    begin, end = entry["data_offsets"]
    dtype = np.dtype(DTYPES[entry["dtype"]])
    array = np.frombuffer(data, dtype=dtype, count=(end - begin) // dtype.itemsize, offset=start + begin)
    return np.require(array.reshape(entry["shape"]), requirements="A")
