"""A version of a registered model: which file it is of, if khabar registered it."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from khabar.experiments.registering import DIGEST_TAG, FILE_TAG
from khabar.inference.errors import ModelNotFoundError


@dataclass(frozen=True)
class Registered:
    """A version of a registered model.

    Attributes
    ----------
    name : str
    version : int
    run_id : str
        Of the job that trained it; empty if it was registered without a run.
    digest : str
        SHA-256 of the model file, as `khabar info` shows it.
    file : str
        Path of the model file within the version's artifacts.
    """

    name: str
    version: int
    run_id: str
    digest: str
    file: str

    @property
    def uri(self) -> str:
        """What names this version, whatever aliases come to."""
        return f"models:/{self.name}/{self.version}"


def checked_version(version: Any, uri: str) -> Registered:
    """Read the tags of a version, MLflow's own object, that a URI named.

    Raises
    ------
    ModelNotFoundError
        They are not as khabar sets them.
    """
    digest, file = version.tags.get(DIGEST_TAG, ""), version.tags.get(FILE_TAG, "")
    path = PurePosixPath(file)
    # They name what is downloaded and where it is put, and anyone who may write to the store may set them.
    if not re.fullmatch("[0-9a-f]{64}", digest) or not file or path.is_absolute() or ".." in path.parts:
        raise ModelNotFoundError(
            f"{uri} is version {version.version} of {version.name}, which khabar did not register: expected the tags "
            f"{DIGEST_TAG} and {FILE_TAG}, found {digest!r} and {file!r}. Use a version that khabar train registered."
        )
    return Registered(str(version.name), int(version.version), version.run_id or "", digest, file)
