"""Where a batch's output goes: a temporary file, moved into place once it is whole, or standard output."""

import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from khabar.inference.errors import InputError
from khabar.inference.formats import Location, compressed


@contextmanager
def open_output(location: Location) -> Iterator[BinaryIO]:
    """Open an output for writing.

    What is written to a file appears under its name when the block ends, and not at all if the block raises;
    until then, a file of that name stays as it was. Standard output and devices are written as it goes.

    Raises
    ------
    InputError
        The output's folder is missing, or its name is a folder's.
    """
    if location.path is None:
        stream = cast(BinaryIO, sys.stdout.buffer)
        yield stream
        stream.flush()
    elif location.is_stream:
        with location.path.open("wb") as device, compressed(device, location.compression) as stream:
            yield stream
    else:
        with _moved_into_place(location.path) as file, compressed(file, location.compression) as stream:
            yield stream


@contextmanager
def _moved_into_place(path: Path) -> Iterator[BinaryIO]:
    if path.is_dir():
        raise InputError(f"{path} is a folder; expected the name of a file to write. Add one to it.")
    # Of a symbolic link, what it points to is replaced; and the move has to stay within one file system.
    final = path.resolve()
    if not final.parent.is_dir():
        raise InputError(f"There is no folder {final.parent} to write {path.name} to. Create it first.")
    temporary = final.parent / f".khabar-{secrets.token_hex(6)}.part"
    try:
        with temporary.open("xb") as file:
            yield file
        if final.exists():
            shutil.copymode(final, temporary)
        temporary.replace(final)
    finally:
        temporary.unlink(missing_ok=True)
