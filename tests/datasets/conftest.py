"""Small archives in the upstream layout, and articles with only what a test speaks of."""

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from khabar.datasets.archive import content_digest
from khabar.datasets.article import Article
from khabar.datasets.catalog import CorpusEntry, entry

Publish = Callable[[str, Mapping[str, str | bytes], int], CorpusEntry]


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty mirror and an empty cache, in place of whatever this machine has."""
    monkeypatch.setenv("KHABAR_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setenv("KHABAR_HOME", str(tmp_path / "home"))
    return tmp_path / "mirror"


@pytest.fixture
def publish(mirror: Path) -> Publish:
    """Write an archive of a corpus into the mirror; gives the entry that this content fulfils."""

    def write(name: str, files: Mapping[str, str | bytes], documents: int) -> CorpusEntry:
        corpus = entry(name)
        path = mirror / corpus.archive
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{corpus.top_folder}/", "")
            archive.writestr(f"{corpus.top_folder}/README.md", "not read")
            for member, content in files.items():
                archive.writestr(f"{corpus.top_folder}/{member}", content)
        return replace(corpus, documents=documents, digest=content_digest(corpus, path))

    return write


@pytest.fixture
def article() -> Callable[..., Article]:
    """An article of no particular corpus."""

    def make(text: str = "نص", **rest: object) -> Article:
        given = {"corpus": "mine", "id": "1", "outlet": "mine", "text": text, **rest}
        return Article(**given)  # type: ignore[arg-type]

    return make
