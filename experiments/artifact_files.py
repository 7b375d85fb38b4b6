"""Files of a run's artifacts, as far as they can be read: where the job or the store broke off, they are cut off."""

from pathlib import Path
from typing import Any

import orjson


def read_object(path: Path) -> dict[str, Any] | None:
    """Read an object of JSON; None of a file that was cut off, or holds another value."""
    value = _json(path)
    return value if isinstance(value, dict) else None


def read_list(path: Path) -> list[Any] | None:
    """Read a list of JSON; None of a file that was cut off, or holds another value."""
    value = _json(path)
    return value if isinstance(value, list) else None


def read_text(path: Path) -> str | None:
    """Read a text; None of one that was cut off in the middle of a letter."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def _json(path: Path) -> Any:
    try:
        return orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError:
        return None
