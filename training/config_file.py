"""How the YAML file of a config is read, before anything is known of its keys."""

from pathlib import Path

import yaml

from khabar.inference.errors import ConfigError


def read_yaml(path: Path, expected: str) -> object:
    """Read a YAML file.

    Parameters
    ----------
    path : Path
    expected : str
        What the file should be, for the error: `a training config`.

    Raises
    ------
    ConfigError
        There is no such file, or it is no YAML.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ConfigError(f"{path}: cannot be read ({reason}); expected {expected} in YAML") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: is not valid YAML: {error}") from error
