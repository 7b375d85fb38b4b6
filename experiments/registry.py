"""Which versions of a model are registered, which of them is champion, and how a version's file gets here."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from khabar.datasets.archive import cache_directory
from khabar.experiments.registered_version import Registered, checked_version
from khabar.experiments.tracking_store import Store, TrackingError, is_there, opened, store_uri
from khabar.inference import container
from khabar.inference.errors import MissingExtraError, ModelAlteredError, ModelError, ModelNotFoundError

CHAMPION = "champion"
# A scheme is the same in small letters and in capitals, as `khabar.inference.model_source` has it.
_URI = re.compile(r"(?i:models):/+(?P<name>[^/@]+)(?:/(?P<version>\d+|latest)|@(?P<alias>[^/@]+)|(?P<other>.*))")


def fetch_model(uri: str) -> Path:
    """Bring the file of a registered model here: what `Predictor.load("models:/…")` calls.

    Parameters
    ----------
    uri : str
        `models:/name/3`, `models:/name@alias` or `models:/name/latest`, in the store that MLFLOW_TRACKING_URI names.

    Returns
    -------
    Path
        In the cache folder; see `fetch`.

    Raises
    ------
    MissingExtraError
        MLflow is not installed.
    ModelNotFoundError
        There is no such model, version or alias, or the version was not registered by khabar.
    ModelAlteredError
        The file is not the one that was registered.
    TrackingError
        The store cannot be reached or used.
    """
    try:
        with opened_registry() as store:
            return fetch(store, registered(store, uri))
    except MissingExtraError as error:
        raise MissingExtraError(
            f"{uri} is kept by MLflow, which is not installed. Install it with: pip install 'khabar[train]', or give "
            "the path of a model file."
        ) from error


@contextmanager
def opened_registry(uri: str | None = None) -> Iterator[Store]:
    """Let MLflow look at a store that is there, see `opened`.

    Raises
    ------
    TrackingError
        The store is a file that does not exist.
    """
    if not is_there(store_uri(uri)):
        raise TrackingError(
            f"There is no {store_uri(uri)}, so no model is registered there. Say where MLflow keeps models, by "
            "--tracking-uri or MLFLOW_TRACKING_URI: sqlite:////path/to/mlflow.db, or the address of a server."
        )
    with opened(uri) as store:
        yield store


def registered(store: Store, uri: str) -> Registered:
    """Find the version that a URI names now.

    Raises
    ------
    ModelNotFoundError
        It is no such URI; or names the models, versions and aliases that there are.
    TrackingError
        The store cannot be reached or used.
    """
    asked = _URI.fullmatch(uri)
    if asked is None:
        raise ModelNotFoundError(
            f"found {uri!r} as the URI of a model, expected models:/NAME/VERSION, models:/NAME@ALIAS or "
            "models:/NAME/latest. Give one of these."
        )
    model = registered_model(store, asked["name"])
    versions = model_versions(store, model.name)
    aliases = {alias: int(version) for alias, version in model.aliases.items()}
    number = None
    if (alias := asked["alias"]) is not None:
        number, problem = aliases.get(alias), f"{model.name} has no alias {alias!r}"
    elif (version := asked["version"]) is not None:
        number = max(versions, default=None) if version == "latest" else int(version)
        problem = f"{model.name} has no version {version}"
    else:
        problem = f"{uri} names no version"
    if number not in versions:
        there = [f"models:/{model.name}@{alias} (version {version})" for alias, version in sorted(aliases.items())]
        there += [f"models:/{model.name}/{version}" for version in sorted(versions, reverse=True)]
        hint = " Make one the champion: khabar promote RUN --why TEXT." if alias == CHAMPION else ""
        raise ModelNotFoundError(
            f"{problem} in {store.uri}; expected one of: {', '.join(there) or 'none, it is empty'}.{hint}"
        )
    return checked_version(versions[number], uri)


def registered_model(store: Store, name: str) -> Any:
    """Give MLflow's own object for a registered model: its tags and aliases.

    Raises
    ------
    ModelNotFoundError
        Names the models that there are.
    TrackingError
        The store cannot be reached or used.
    """
    if "'" in name:  # it would end the name in MLflow's filters, which know no escape
        raise ModelNotFoundError(
            f'found "{name}" as the name of a registered model, expected one without a quote: khabar train registers '
            "none such. Give the name that khabar train printed."
        )
    client = store.mlflow.MlflowClient()
    with answering(store):
        # Searched for first, since a name that is not there is an exception like any other.
        if client.search_registered_models(f"name = '{name}'"):
            return client.get_registered_model(name)
        known = sorted(model.name for model in client.search_registered_models())
    raise ModelNotFoundError(
        f"No model {name!r} is registered in {store.uri}; expected one of: {', '.join(known) or 'none yet'}. "
        "Name one that is there, or train one: khabar train CONFIG."
    )


def model_versions(store: Store, name: str) -> dict[int, Any]:
    """Give MLflow's own objects for the versions of a registered model, by number, whoever registered them.

    Raises
    ------
    TrackingError
        The store cannot be reached or used.
    """
    with answering(store):
        found = store.mlflow.MlflowClient().search_model_versions(f"name = '{name}'")
    return {int(one.version): one for one in found}


def champion(store: Store, name: str) -> int | None:
    """Give the number of the version with the alias `champion`, if a version has it; it may be of no use any more."""
    number = registered_model(store, name).aliases.get(CHAMPION)
    return None if number is None else int(number)


def fetch(store: Store, version: Registered) -> Path:
    """Download a version's file, unless it is here, and no other of its artifacts; nothing is unpickled.

    Returns
    -------
    Path
        `models/<digest>.safetensors` in the cache folder, KHABAR_HOME or ~/.cache/khabar. The digest of the file's
        bytes is the one that the version was registered with.

    Raises
    ------
    ModelAlteredError
        The file that was downloaded is another one; it is not kept.
    ModelNotFoundError
        The file is not among the version's artifacts, or these cannot be reached.
    """
    kept = cache_directory() / "models" / f"{version.digest}.safetensors"
    if _is_whole(kept, version.digest):
        return kept
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        # Beside its place, so that it is moved there in one step.
        with TemporaryDirectory(dir=kept.parent, prefix=".fetch-") as folder:
            _downloaded(store, version, folder).replace(kept)
    except OSError as error:
        raise ModelError(
            f"{version.uri} cannot be kept in {kept.parent} ({error.strerror or error}). Make room there, or set "
            "KHABAR_HOME to a folder that can be written."
        ) from error
    return kept


@contextmanager
def answering(store: Store) -> Iterator[None]:
    """Turn what MLflow raises into a `TrackingError` that names the store."""
    try:
        yield
    except store.failures as error:
        raise TrackingError(
            f"MLflow could not use {store.uri}: {error}. Check --tracking-uri or MLFLOW_TRACKING_URI."
        ) from error


def _downloaded(store: Store, version: Registered, folder: str) -> Path:
    try:
        path = Path(store.mlflow.artifacts.download_artifacts(f"{version.uri}/{version.file}", dst_path=folder))
    except (store.mlflow.MlflowException, OSError) as error:  # by the kind of store
        raise ModelNotFoundError(
            f"{version.uri} gave no file {version.file} out of its artifacts in {store.uri}: "
            f"{' '.join(str(error).split())}. Restore the artifacts, or use another version."
        ) from error
    if not _is_whole(path, version.digest):
        raise ModelAlteredError(
            f"{version.uri} has another {version.file} than was registered in {store.uri}: {_found(path)}; expected a "
            f"model with the SHA-256 {version.digest}. It was not kept. Restore the file, or use another version."
        )
    return path


def _is_whole(path: Path, digest: str) -> bool:
    try:
        return container.read(path).digest == digest
    except ModelError:
        return False


def _found(path: Path) -> str:
    try:
        return f"found one with {container.read(path).digest}"
    except ModelError as error:
        return f"found that {error}".rstrip(".")
