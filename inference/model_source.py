"""Where a model's file is: at a path, or where the source of a URI such as models:/khabar@champion puts it."""

import re
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from khabar.inference.errors import MissingExtraError, ModelNotFoundError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

# Functions from a URI to the path of a model file, by the scheme of the URI. Any package may register one.
GROUP = "khabar.model_sources"
# A scheme of one letter would be a drive of Windows.
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/")


def model_path(model: str | PathLike[str]) -> Path:
    """Give the path of a model's file.

    Parameters
    ----------
    model : path, or str
        A path is given back as it is. A URI is handed to the entry point of the group `khabar.model_sources` that has
        the name of its scheme.

    Raises
    ------
    ModelNotFoundError
        There is no source for the scheme.
    MissingExtraError
        What the source needs is not installed.

    Examples
    --------
    >>> model_path("models/khabar.safetensors").name
    'khabar.safetensors'
    """
    name = fspath(model)
    uri = _URI.match(name)
    if uri is None or Path(name).exists():
        return Path(name)
    scheme = uri[1].lower()
    source = _source(scheme, name)
    try:
        fetch = source.load()
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"Models at {scheme}:/ need the module {error.name}, which is not installed. Install it with: "
            f"pip install 'khabar[train]', or give the path of a model file in place of {name}."
        ) from error
    return Path(fetch(name))


def _source(scheme: str, name: str) -> "EntryPoint":
    from importlib.metadata import entry_points  # takes a while: those who give a path need not wait

    known = entry_points(group=GROUP)
    for source in known:
        if source.name == scheme:
            return source
    schemes = ", ".join(sorted(f"{source.name}:/" for source in known)) or "no scheme; install khabar"
    raise ModelNotFoundError(
        f"{name} is no file, and no source of models is known for {scheme}:/. Give the path of a model file, or a URI "
        f"that begins with one of these: {schemes}."
    )
