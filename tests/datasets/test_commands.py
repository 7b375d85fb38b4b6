"""khabar data as it is called: what it prints, writes and says when something is wrong."""

import json
import os
import pty
import subprocess
import sys

import pytest
from click.testing import CliRunner

from khabar.datasets.archive import places
from khabar.datasets.catalog import CATALOG, entry
from khabar.datasets.splits import load
from khabar.inference.cli import main

HARBOUR = "أعلنت إدارة الميناء صباح اليوم عن بدء أشغال توسيع الرصيف الشمالي لاستقبال سفن الشحن الكبيرة"
MATCH = "انتهت مباراة الفريقين بالتعادل السلبي بعد شوطين قليلي الفرص أمام جمهور كبير في الملعب البلدي"


def call(*arguments: object, code: int = 0):
    result = CliRunner().invoke(main, ["data", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def ans(publish, monkeypatch):
    """Four pairs of titles, two near-duplicates with different labels among them."""
    header = "s1,s2,stance\r\n"
    files = {
        "data/stance/train.csv": f"{header}{HARBOUR},أ,agree\r\n{MATCH},ب,agree\r\n",
        "data/stance/test.csv": f"{header}{HARBOUR} أمس,أ,other\r\nنص قصير,ت,agree\r\n",
    }
    corpus = publish("ans", files, 4)
    monkeypatch.setitem(CATALOG, "ans", corpus)
    return corpus


@pytest.fixture
def yabiladi(publish, monkeypatch):
    corpus = publish("yabiladi", {"yab.json": json.dumps([{"content": [MATCH]}])}, 1)
    monkeypatch.setitem(CATALOG, "yabiladi", corpus)
    return corpus


def test_help_lists_the_commands_of_the_group():
    lines = call("--help").stdout
    for line in (
        "card        Describe",
        "duplicates  Show",
        "fetch       Download",
        "list        List",
        "split       S",
    ):
        assert line in lines


@pytest.mark.usefixtures("yabiladi")
def test_list_shows_every_corpus_with_its_licence_and_how_to_get_it():
    lines = {line.split()[0]: line for line in call("list").stdout.splitlines() if line.strip()}
    assert set(CATALOG) <= set(lines)
    assert lines["yabiladi"].rstrip().endswith("  ready (mirror)")
    assert lines["ans"].rstrip().endswith("  khabar data fetch ans")
    assert "research" in lines["saudinewsnet"]
    assert {len(line) <= 122 for line in lines.values()} == {True}


@pytest.mark.usefixtures("mirror")
def test_list_cuts_no_name_and_no_command():
    lines = [line.split() for line in call("list").stdout.splitlines()]
    found = [(line[0], line[-4:]) for line in lines if line[-2:-1] == ["fetch"]]
    assert found == [(name, ["khabar", "data", "fetch", name]) for name in CATALOG]


@pytest.mark.usefixtures("yabiladi")
def test_list_as_json_holds_everything_unshortened():
    rows = {row["name"]: row for row in json.loads(call("list", "--json").stdout)}
    assert list(rows) == list(CATALOG)
    assert (rows["yabiladi"]["where"], rows["ans"]["where"]) == ("mirror", None)
    corpus = entry("saudinewsnet")
    found = rows["saudinewsnet"]
    assert (found["licence"], found["permits"], found["outlets"]) == (corpus.licence, "research", list(corpus.outlets))
    assert (found["url"], found["digest"], found["documents"]) == (corpus.url, corpus.digest, corpus.documents)


def test_fetch_downloads_checks_and_says_where(yabiladi, mirror, monkeypatch):
    monkeypatch.setenv("KHABAR_MIRROR", mirror.as_uri())
    path = places(yabiladi)["cache"]
    assert call("fetch", "yabiladi").stdout == f"yabiladi: downloaded, checked: {path}\n"
    assert call("fetch", "yabiladi").stdout == f"yabiladi: in the cache, checked: {path}\n"


def test_fetch_says_that_a_mirror_directory_is_checked_where_it_lies(yabiladi, mirror):
    expected = f"yabiladi: in the mirror, checked where it lies: {mirror / yabiladi.archive}\n"
    assert call("fetch", "yabiladi").stdout == expected


@pytest.mark.usefixtures("yabiladi", "ans")
def test_fetch_goes_on_after_a_corpus_that_is_not_there(mirror, monkeypatch):
    monkeypatch.setenv("KHABAR_MIRROR", mirror.as_uri())
    result = call("fetch", "austr", "ans", "yabiladi", code=1)
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == ["ans", "yabiladi"]
    assert "found no archive" in result.stderr
    assert result.stderr.endswith("khabar: 1 of 3 corpora could not be fetched.\n")


@pytest.mark.usefixtures("yabiladi", "ans")
def test_fetch_stops_where_the_network_is_down(monkeypatch):
    monkeypatch.setenv("KHABAR_MIRROR", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    result = call("fetch", "ans", "yabiladi", code=1)
    assert result.stderr.count("refused the connection") == 1


@pytest.fixture
def small_catalog():
    """A catalogue of two corpora; afterwards the whole one, in its own order."""
    whole = dict(CATALOG)
    for name in set(CATALOG) - {"ans", "yabiladi"}:
        del CATALOG[name]
    yield
    CATALOG.clear()
    CATALOG.update(whole)


@pytest.mark.usefixtures("yabiladi", "ans", "small_catalog")
def test_fetch_all_fetches_every_corpus():
    assert {line.split(":")[0] for line in call("fetch", "--all").stdout.splitlines()} == {"ans", "yabiladi"}


@pytest.mark.parametrize("arguments", [[], ["yabiladi", "--all"]])
def test_fetch_takes_names_or_all_and_not_both(arguments):
    assert "Give the names of corpora, or --all" in call("fetch", *arguments, code=2).stderr


def test_fetch_knows_all_names_before_it_downloads_one(yabiladi, mirror, monkeypatch):
    monkeypatch.setenv("KHABAR_MIRROR", mirror.as_uri())
    assert "did you mean 'ans'" in call("fetch", "yabiladi", "anss", code=1).stderr
    assert not places(yabiladi)["cache"].exists()


def test_fetch_shows_progress_on_a_terminal_and_its_result_on_stdout(yabiladi, mirror, upstream):
    upstream.body = (mirror / yabiladi.archive).read_bytes()
    script = (
        "import sys\nfrom dataclasses import replace\nfrom khabar.datasets.catalog import CATALOG\n"
        "from khabar.inference.cli import main\n"
        "CATALOG['yabiladi'] = replace(CATALOG['yabiladi'], digest=sys.argv[1], documents=1)\n"
        "main(['data', 'fetch', 'yabiladi'])"
    )
    ours, theirs = pty.openpty()
    environment = os.environ | {"KHABAR_MIRROR": upstream.address, "TERM": "xterm", "no_proxy": "127.0.0.1"}
    done = subprocess.run(
        [sys.executable, "-c", script, yabiladi.digest],
        stdout=subprocess.PIPE, stderr=theirs, text=True, check=True, env=environment, cwd=mirror,
    )  # fmt: skip
    os.close(theirs)
    shown = os.read(ours, 2**16).decode()
    os.close(ours)
    assert done.stdout.startswith("yabiladi: downloaded, checked: ")
    assert "\n" not in done.stdout[:-1]
    assert "yabiladi" in shown
    assert "bytes" in shown


@pytest.mark.usefixtures("ans")
def test_card_prints_markdown_or_writes_it(tmp_path):
    printed = call("card", "ans").stdout
    assert printed.startswith("# ans\n\n4 documents (stance towards 3 targets")
    assert call("card", "ans", "-o", tmp_path / "ans.md").stdout == ""
    assert (tmp_path / "ans.md").read_text(encoding="utf-8") == printed


@pytest.mark.usefixtures("mirror")
def test_card_of_a_corpus_that_is_not_there_says_how_to_get_it(tmp_path):
    said = call("card", "ans", "-o", tmp_path / "ans.md", code=1).stderr
    assert "run: khabar data fetch ans, which downloads https://github.com/latynt/ans/archive/" in said
    assert not (tmp_path / "ans.md").exists()


@pytest.mark.usefixtures("ans", "yabiladi")
def test_duplicates_shows_groups_conflicts_and_what_two_corpora_share():
    lines = [line.split() for line in call("duplicates", "ans", "yabiladi").stdout.splitlines()]
    assert ["articles", "5"] in lines
    assert ["groups", "of", "near-duplicates", "2"] in lines
    assert ["ans", "yabiladi", "1"] in lines
    assert ["ANS", "Yabiladi", "1"] in lines
    assert ["groups", "with", "different", "labels", "(conflicts)", "1"] in lines


@pytest.mark.usefixtures("ans", "yabiladi")
def test_duplicates_writes_all_groups_as_ids(tmp_path):
    call("duplicates", "ans", "yabiladi", "ans", "-o", tmp_path / "groups.jsonl")
    text = (tmp_path / "groups.jsonl").read_text(encoding="utf-8")
    groups = [json.loads(line) for line in text.splitlines()]
    found = [(group["conflict"], [(a["corpus"], a["id"]) for a in group["articles"]]) for group in groups]
    assert sorted(found) == [
        (False, [("ans", "train.csv#1"), ("yabiladi", "yab.json#0")]),
        (True, [("ans", "test.csv#0"), ("ans", "train.csv#0")]),
    ]
    assert "الميناء" not in text


@pytest.mark.usefixtures("ans")
def test_split_prints_sizes_and_digest_and_writes_ids(tmp_path):
    path = tmp_path / "split.json"
    result = call("split", "ans", "--by", "official", "-o", path)
    lines = [line.split() for line in result.stdout.splitlines()]
    made = load(path)
    assert ["test", "2", "2", "0"] in lines
    assert ["digest", made.digest] in lines
    assert made.parts[0].test == (("ans", "test.csv#0"), ("ans", "test.csv#1"))
    assert "الميناء" not in path.read_text(encoding="utf-8")


@pytest.mark.usefixtures("ans")
def test_split_hands_its_options_on():
    said = call("split", "ans", "--by", "group", "--folds", 3, "--seed", 1).stdout
    assert [line.split()[:3] for line in said.splitlines() if "fold" in line] == [
        ["fold1", "2", "2"],
        ["fold2", "3", "1"],
        ["fold3", "3", "1"],
    ]


@pytest.mark.parametrize(
    ("by", "option", "value"),
    [
        ("official", "--folds", 3),
        ("outlet", "--seed", 1),
        ("date", "--folds", 3),
        ("group", "--test-share", 0.1),
        ("random", "--after", "2020-01-01"),
    ],
)
def test_split_refuses_an_option_that_its_kind_does_not_heed(by, option, value):
    said = call("split", "ans", "--by", by, option, value, code=2).stderr
    assert f"{option} has no meaning for a split by {by}" in said


@pytest.mark.usefixtures("ans")
def test_split_says_what_the_corpus_lacks():
    assert "articles without a date" in call("split", "ans", "--by", "date", code=1).stderr


@pytest.mark.usefixtures("ans")
def test_split_writes_nothing_where_its_folder_is_missing(tmp_path):
    said = call("split", "ans", "--by", "official", "-o", tmp_path / "none" / "split.json", code=1).stderr
    assert "There is no folder" in said
    assert list(tmp_path.glob("none*")) == []


@pytest.mark.parametrize("arguments", [["--help"], ["fetch", "--help"], ["split", "--help"]])
def test_help_imports_nothing_heavy(arguments, tmp_path):
    heavy = "{'numpy', 'scipy', 'pandas', 'rich', 'pooch', 'requests', 'datasketch', 'orjson'}"
    code = "import sys\nfrom khabar.inference.cli import main\n"
    code += f"main(['data', *{arguments}], standalone_mode=False)\nprint(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "[]"


def test_list_imports_nothing_that_takes_long(tmp_path):
    code = "import sys\nfrom khabar.inference.cli import main\nmain(['data', 'list'], standalone_mode=False)\n"
    code += "print(sorted({'numpy', 'scipy', 'pandas', 'pooch', 'requests', 'datasketch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "[]"
