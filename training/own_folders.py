"""How a folder of a user's own, with a folder of files for each label in it, becomes articles."""

from collections.abc import Iterator
from pathlib import Path
from unicodedata import normalize

from khabar.datasets.article import Article
from khabar.inference.errors import InputError
from khabar.training.config_data import Source
from khabar.training.html_text import html_text
from khabar.training.own_article import own_article, translated

HTML_SUFFIXES = (".html", ".htm")
SUFFIXES = (".txt", *HTML_SUFFIXES)
ENCODINGS = {"utf-8": "utf-8-sig", "windows-1256": "windows-1256"}


def folder_articles(source: Source, problems: list[str]) -> Iterator[tuple[str, Article]]:
    """Give the articles of `<folder>/<label>/<file>`, in the order of these names, each with the place it stands at.

    Files that are no articles go to the problems; of a folder whose name is no label, the folder. Hidden files, links
    and files of other kinds are passed over.

    Raises
    ------
    InputError
        There is no such folder, or no folder in it.
    """
    for folder in _label_folders(Path(str(source.path))):
        # A file system may spell a letter with its marks apart; a config spells it as a keyboard does.
        label = normalize("NFC", folder.name)
        files = [file for file in visible(folder) if file.suffix.lower() in SUFFIXES and file.is_file()]
        (kind,) = source.label_kinds
        try:
            translated(label, source, kind)
        except ValueError as error:
            problems.append(f"{folder.name}, {len(files)} files: {error}")
            continue
        if not files:
            problems.append(f"{folder.name}: found no file in this folder, expected some of {', '.join(SUFFIXES)}")
        for file in files:
            place = f"{folder.name}/{file.name}"
            try:
                text = _text(file, source)
                labels = {"sectors": (label,)} if kind == "sectors" else {"tone": label}
                yield place, own_article(source, id=place, text=text, **labels)
            except ValueError as error:
                problems.append(f"{place}: {error}")


def visible(folder: Path) -> list[Path]:
    """Give what is in a folder, by name, without hidden files and links."""
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith(".") and not entry.is_symlink())


def _label_folders(path: Path) -> list[Path]:
    if not path.exists():
        raise InputError(f"{path}: there is no such folder; paths are relative to the working directory")
    folders = [entry for entry in visible(path) if entry.is_dir()] if path.is_dir() else []
    if not folders:
        found = "no folder in this folder" if path.is_dir() else "a file"
        raise InputError(
            f"{path}: found {found}, expected a folder of {', '.join(SUFFIXES)} files for each label; "
            "of rows, name columns.sectors or columns.tone"
        )
    return folders


def _text(file: Path, source: Source) -> str:
    content = file.read_bytes()
    if source.encoding != "utf-8" and _is_utf8(content):
        # Every byte stands for a letter in windows-1256, so it would be read without a complaint.
        raise ValueError(f"is UTF-8, expected {source.encoding}; set encoding, or convert it with iconv")
    try:
        text = content.decode(ENCODINGS[source.encoding])
    except UnicodeDecodeError as error:
        raise ValueError(
            f"is not UTF-8 (byte {error.start}); set encoding: windows-1256 if it is, or convert it with iconv"
        ) from error
    if file.suffix.lower() in HTML_SUFFIXES:
        text = html_text(text)
    if not text.strip():
        raise ValueError("found no text, expected some")
    return text.strip()


def _is_utf8(content: bytes) -> bool:
    """Say whether bytes can only be meant as UTF-8."""
    if content.isascii():
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
