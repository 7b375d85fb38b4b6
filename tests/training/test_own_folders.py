"""A folder for each label becomes articles; wrong files and unknown labels are named before anything is fitted."""

from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from khabar.inference.errors import InputError
from khabar.training.config_data import Source
from khabar.training.own_data import read_own

FILES = {"Economy/2.txt": "خبر ثان\n", "Economy/1.txt": "خبر أول", "sport/1.html": "<p>خبر <b>ثالث</b></p>"}
LABELS = {"sectors": {"Economy": "economy", "Local": None}}


def write(folder: Path, files: dict[str, str], encoding: str = "utf-8") -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode(encoding))
    return folder


def read(folder: Path, **keys: Any) -> Any:
    return read_own(Source(path=str(folder), **{"labels": LABELS, **keys}))


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1256"])
def test_files_become_articles_of_the_label_that_their_folder_names(tmp_path: Path, encoding: str) -> None:
    articles = read(write(tmp_path, FILES, encoding), encoding=encoding)
    assert [(a.id, a.text, a.main, a.title) for a in articles] == [
        ("Economy/1.txt", "خبر أول", "economy", None),
        ("Economy/2.txt", "خبر ثان", "economy", None),
        ("sport/1.html", "خبر ثالث", "sport", None),
    ]
    assert "health" in articles[0].denied
    assert {a.outlet for a in articles} == {str(tmp_path)}


def test_a_label_that_says_nothing_leaves_all_sectors_unknown(tmp_path: Path) -> None:
    (article,) = read(write(tmp_path, {"Local/1.txt": "خبر"}))
    assert (article.sectors, article.main, article.denied) == ((), None, frozenset())


def test_folders_may_name_tones(tmp_path: Path) -> None:
    write(tmp_path, {"good/1.txt": "خبر", "negative/1.txt": "خبر"})
    articles = read(tmp_path, folders="tone", labels={"tone": {"good": "positive"}})
    assert [(a.tone, a.sectors) for a in articles] == [("positive", ()), ("negative", ())]


def test_an_arabic_label_is_found_however_the_file_system_spells_it(tmp_path: Path) -> None:
    write(tmp_path, {normalize("NFD", "آداب") + "/1.txt": "خبر"})
    assert read(tmp_path, labels={"sectors": {normalize("NFC", "آداب"): "culture"}})[0].main == "culture"


def test_hidden_files_links_and_other_kinds_are_passed_over(tmp_path: Path) -> None:
    aside = {".DS_Store": "x", ".git/1.txt": "x", "readme.txt": "x", "sport/.DS_Store": "x", "sport/._1.txt": "x"}
    folder = write(tmp_path / "data", FILES | aside | {"sport/Thumbs.db": "x", "sport/more/1.txt": "x"})
    write(tmp_path, {"elsewhere/1.txt": "خبر"})
    (folder / "health").symlink_to(tmp_path / "elsewhere")
    (folder / "sport" / "link.txt").symlink_to(tmp_path / "elsewhere" / "1.txt")
    assert len(read(folder)) == len(FILES)


@pytest.mark.parametrize(
    ("name", "content", "encoding", "message"),
    [
        ("sport/1.txt", b" \n", "utf-8", r"sport/1\.txt: found no text, expected some"),
        ("sport/1.htm", b"<style>p {}</style><p> </p>", "utf-8", r"sport/1\.htm: found no text, expected some"),
        ("sport/1.txt", "خبر".encode("windows-1256"), "utf-8", "is not UTF-8 .byte 0.; set encoding: windows-1256"),
        ("sport/1.txt", "خبر".encode(), "windows-1256", r"sport/1\.txt: is UTF-8, expected windows-1256"),
        ("sport/1.pdf", b"x", "utf-8", r"sport: found no file in this folder, expected some of \.txt, \.html, \.htm"),
    ],
)
def test_a_wrong_file_is_named_by_its_folder_and_name(
    tmp_path: Path, name: str, content: bytes, encoding: str, message: str
) -> None:
    write(tmp_path, {"Economy/1.txt": "خبر"}, encoding)
    write(tmp_path, {name: ""})
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=rf"1 files or folders are not as expected(.|\n)*{message}"):
        read(tmp_path, encoding=encoding)


def test_a_folder_that_is_no_label_is_said_once_with_the_number_of_its_files(tmp_path: Path) -> None:
    write(tmp_path, FILES | {f"Econmy/{n}.txt": "" for n in range(12)} | {"Weather/1.txt": "خبر"})
    with pytest.raises(InputError, match="2 files or folders are not as expected") as error:
        read(tmp_path)
    lines = str(error.value).splitlines()
    assert lines[1].startswith(
        "  Econmy, 12 files: found the sector 'Econmy', expected one of Economy, Local, politics"
    )
    assert lines[1].endswith("; did you mean Economy?")
    assert lines[2].startswith("  Weather, 1 files: found the sector 'Weather'")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing", "missing: there is no such folder"),
        ("empty", "empty: found no folder in this folder.*for each label"),
        ("file", "file: found a file, expected a folder.*name columns.sectors or columns.tone"),
    ],
)
def test_a_path_that_holds_no_folders_is_named(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "empty").mkdir()
    write(tmp_path, {"file": "x", "empty/rows.csv": "text,topic\n"})
    with pytest.raises(InputError, match=message):
        read(tmp_path / name)
