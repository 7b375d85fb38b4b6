"""Which training configs come with khabar, and how one is found by its name."""

from importlib.resources import files
from pathlib import Path

from khabar.inference.errors import ConfigError

SUFFIXES = (".yaml", ".yml")


def names() -> list[str]:
    """Give the names of the configs in this package."""
    return sorted(Path(file.name).stem for file in files(__package__).iterdir() if Path(file.name).suffix in SUFFIXES)


def find(name: str) -> Path:
    """Give the path of a config: a file's own path, or the name of one in this package.

    Raises
    ------
    ConfigError
        There is neither.
    """
    path = Path(name)
    if path.suffix in SUFFIXES or path.is_file():
        if not path.is_file():
            raise ConfigError(
                f"{path}: there is no such file; expected a training config, or one of {', '.join(names())}"
            )
        return path
    if name not in names():
        raise ConfigError(f"found no config {name!r}, expected a path, or one of {', '.join(names())}")
    return Path(str(files(__package__).joinpath(f"{name}.yaml")))
