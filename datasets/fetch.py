"""How a corpus gets onto this machine: the only module here that uses the network, and only when called."""

from pathlib import Path

from khabar.datasets.archive import cache_directory, read_members
from khabar.datasets.catalog import CorpusEntry, entry
from khabar.inference.errors import CorpusError, MissingExtraError


def fetch(name: str) -> Path:
    """Download a corpus into the cache, check its content and give the archive's path.

    An archive that is in the cache already is checked, not downloaded again.

    Raises
    ------
    CorpusError
        If the name is unknown, the download fails, or the content is not the catalogue's.
    MissingExtraError
        If pooch is not installed.
    """
    corpus = entry(name)
    path = cache_directory() / "corpora" / corpus.archive
    if path.is_file():
        verify(corpus, path)
        return path
    return download(corpus, corpus.url, path)


def verify(corpus: CorpusEntry, path: Path) -> None:
    """Raise CorpusError if the archive's content is not the catalogue's."""
    for _ in read_members(corpus, path):
        pass


def download(corpus: CorpusEntry, url: str, path: Path) -> Path:
    """Download `url` to `path`; the archive takes its name only when its content is checked."""
    try:
        import pooch
    except ImportError as error:
        raise MissingExtraError(
            "downloading a corpus needs pooch, which is not installed; run: pip install 'khabar[train]'"
        ) from error
    # At its default level pooch tells the user to pin a hash that would not hold tomorrow.
    pooch.get_logger().setLevel("WARNING")
    unchecked = path.with_name(f"{path.name}.unchecked")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unchecked.unlink(missing_ok=True)
        try:
            # No known_hash: the bytes of GitHub's archives change, the content does not.
            pooch.retrieve(url, known_hash=None, fname=unchecked.name, path=unchecked.parent)
            verify(corpus, unchecked)
            unchecked.replace(path)
        finally:
            unchecked.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise CorpusError(
            f"corpus {corpus.name}: {url} could not be fetched to {path} ({error}); check the network and "
            "the free space, or set KHABAR_MIRROR to a directory that holds the archive"
        ) from error
    return path
