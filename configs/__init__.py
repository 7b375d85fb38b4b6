"""Which configs come with khabar, and how one is found by its name."""

from importlib.resources import files
from pathlib import Path

from khabar.inference.errors import ConfigError

SUFFIXES = (".yaml", ".yml")
# How the names of the systems begin that `khabar evaluate` runs, and those of sweeps and of gates; all other configs
# are training jobs.
SYSTEMS = ("baseline", "strong")
OTHERS = ("sweep", "gates")


def names() -> list[str]:
    """Give the names of the training jobs in this package."""
    return [name for name in _all() if not name.startswith((*SYSTEMS, *OTHERS))]


def systems() -> list[str]:
    """Give the names of the systems of classifiers in this package."""
    return [name for name in _all() if name.startswith(SYSTEMS)]


def find(name: str) -> Path:
    """Give the path of a config: a file's own path, or the name of one in this package.

    Raises
    ------
    ConfigError
        There is neither.
    """
    path = Path(name)
    known = f"{', '.join(names())} (training jobs), {', '.join(systems())} (systems to evaluate), "
    known += f"{', '.join(OTHERS)} (of khabar sweep and khabar promote)"
    if path.suffix in SUFFIXES or path.is_file():
        if not path.is_file():
            raise ConfigError(f"{path}: there is no such file; expected a config, or one of {known}")
        return path
    if name not in _all():
        raise ConfigError(f"found no config {name!r}, expected a path, or one of {known}")
    return Path(str(files(__package__).joinpath(f"{name}.yaml")))


def _all() -> list[str]:
    return sorted(Path(file.name).stem for file in files(__package__).iterdir() if Path(file.name).suffix in SUFFIXES)
