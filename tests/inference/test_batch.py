"""Files in, one row of tags for each of their rows out."""

import csv
import gzip
import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from khabar.inference.batch import Progress, RefusedRows, Summary, tag_files
from khabar.inference.errors import InputError, ModelError
from khabar.inference.named_target import Target
from khabar.inference.predictor import Predictor
from khabar.inference.records import Fields
from khabar.inference.writers import COLUMNS

Articles = list[tuple[str | None, str]]
TEXT_SUFFIXES = [f"{name}{packed}" for name in (".jsonl", ".csv", ".tsv") for packed in ("", ".gz", ".zst")]
SUFFIXES = [*TEXT_SUFFIXES, ".parquet"]
DIALECTS = {".csv": "excel", ".tsv": "excel-tab"}
MB = 1 << 20


def write_articles(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write articles by the plainest means there are, not khabar's."""
    suffixes = path.suffixes
    if suffixes[0] == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
        return path
    if suffixes[0] == ".jsonl":
        content = b"".join(orjson.dumps(row) + b"\n" for row in rows)
    else:
        text = io.StringIO()
        table = csv.DictWriter(text, list(rows[0]), dialect=DIALECTS[suffixes[0]])
        table.writeheader()
        table.writerows(rows)
        content = text.getvalue().encode()
    pack = {".gz": gzip.compress, ".zst": zstandard.compress}.get(suffixes[-1], bytes)
    path.write_bytes(pack(content))
    return path


def read_tags(path: Path) -> list[dict[str, Any]]:
    """Read what a batch wrote, in the form that JSON Lines have; ids as strings."""
    suffixes = path.suffixes
    if suffixes[0] == ".parquet":
        return [row | {"id": str(row["id"])} for row in pq.read_table(path).to_pylist()]
    content = path.read_bytes()
    if suffixes[-1] == ".gz":
        content = gzip.decompress(content)
    elif suffixes[-1] == ".zst":
        content = zstandard.ZstdDecompressor().decompressobj().decompress(content)
    if suffixes[0] == ".jsonl":
        return [(row := orjson.loads(line)) | {"id": str(row["id"])} for line in content.splitlines()]
    table = csv.DictReader(io.StringIO(content.decode(), newline=""), dialect=DIALECTS[suffixes[0]])
    return [
        {key: value or None for key, value in row.items()}
        | {key: row[key].split("|") if row[key] else [] for key in ("sectors", "abstained")}
        | {key: orjson.loads(row[key]) if row[key] else None for key in ("sector_scores", "tone_scores")}
        for row in table
    ]


@pytest.fixture
def rows(articles: Articles) -> list[dict[str, Any]]:
    """Articles, and two that cannot be tagged."""
    good = [{"id": f"a{i}", "title": title, "text": text} for i, (title, text) in enumerate(articles)]
    return [*good, {"id": "empty", "title": None, "text": "  "}, {"id": "latin", "title": None, "text": "hello"}]


@pytest.fixture
def expected(rows: list[dict[str, Any]], predictor: Predictor) -> list[dict[str, Any]]:
    """What the predictor says, as rows of JSON Lines."""
    tags = predictor.tag_many([row["text"] for row in rows], [row["title"] for row in rows])
    found = [{"id": row["id"], **t.to_dict()} for row, t in zip(rows, tags, strict=True)]
    for row in found:
        row["sector_scores"] = row["sector_scores"] or None
        row["tone_scores"] = row["tone_scores"] or None
    return found


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_that_is_read_gives_the_predictors_tags(
    suffix: str, rows: list[dict[str, Any]], expected: list[dict[str, Any]], predictor: Predictor, tmp_path: Path
) -> None:
    summary = tag_files(predictor, [write_articles(tmp_path / f"in{suffix}", rows)], tmp_path / "out.jsonl")
    found = read_tags(tmp_path / "out.jsonl")
    assert [row | {"error": None} for row in found] == [row | {"error": None} for row in expected]
    assert [bool(row["error"]) for row in found] == [bool(row["error"]) for row in expected]
    assert (summary.rows, summary.refused) == (len(rows), 2)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_that_is_written_holds_the_same_rows(
    suffix: str, rows: list[dict[str, Any]], predictor: Predictor, tmp_path: Path
) -> None:
    source = write_articles(tmp_path / "in.jsonl", rows)
    for name in ("plain.jsonl", f"out{suffix}"):
        tag_files(predictor, [source], tmp_path / name)
    found = read_tags(tmp_path / f"out{suffix}")
    assert tuple(found[0]) == COLUMNS
    assert found == read_tags(tmp_path / "plain.jsonl")


STANCES = [Target("المشروع"), Target("قطر", ("الدوحة",))]


def read_stances(path: Path) -> list[dict[str, Any] | None]:
    """Read the column of stances; empty mappings as none."""
    values = [row["stance"] for row in read_tags(path)]
    values = [orjson.loads(value) if isinstance(value, str) else value for value in values]
    for stance in (stance for value in values if value for stance in value.values()):
        stance["scores"] = stance["scores"] or None
    return values


def test_targets_are_refused_by_a_model_without_stances_before_the_output_is_opened(
    predictor: Predictor, tmp_path: Path
) -> None:
    source = write_articles(tmp_path / "in.jsonl", [{"text": "نص"}])
    with pytest.raises(ModelError, match=r"no stance head \(its heads: sector, sectors, tone\).*'المشروع'"):
        tag_files(predictor, [source], tmp_path / "out.parquet", targets=STANCES)
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_holds_the_stances_towards_all_targets(
    suffix: str, stance_predictor: Predictor, tmp_path: Path
) -> None:
    texts = ["اشاد الوزير بالمشروع. رفض البرلمان لقاء الدوحة.", "", "ناقش البرلمان أزمة المشروع"]
    source = write_articles(tmp_path / "in.jsonl", [{"text": text, "title": "انجاز"} for text in texts])
    summary = tag_files(stance_predictor, [source], tmp_path / f"out{suffix}", targets=STANCES)
    assert tuple(read_tags(tmp_path / f"out{suffix}")[0]) == (*COLUMNS, "stance")
    found = read_stances(tmp_path / f"out{suffix}")
    expected = [
        {t.name: stance_predictor.stance(text, t.name, "انجاز", t.synonyms).to_dict() for t in STANCES}
        for text in texts
    ]
    for stance in (stance for row in expected for stance in row.values()):
        stance["scores"] = stance["scores"] or None
    assert found == [expected[0], None, expected[2]]
    assert [found[0][t.name]["label"] for t in STANCES] == ["favor", "against"]
    assert found[2]["قطر"]["error"] == "the article does not name the target"
    assert summary.refused == 1


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_evidence_that_is_no_utf_8_is_written_escaped(suffix: str, stance_predictor: Predictor, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "ناقش البرلمان ثم اشاد \\ud800 بالمشروع"}\n')
    tag_files(stance_predictor, [tmp_path / "in.jsonl"], tmp_path / f"out{suffix}", targets=STANCES)
    content = (tmp_path / f"out{suffix}").read_bytes()
    if suffix == ".parquet":
        (row,) = read_stances(tmp_path / "out.parquet")
        content = row["المشروع"]["evidence"][0]["text"].encode()
    assert b"\\ud800" in content


def test_many_rows_over_several_inputs_keep_their_order_and_are_numbered_through(
    articles: Articles, predictor: Predictor, tmp_path: Path
) -> None:
    texts = [{"text": articles[i % len(articles)][1]} for i in range(5000)]
    first = write_articles(tmp_path / "a.jsonl.gz", texts[:2999])
    second = write_articles(tmp_path / "b.csv", texts[2999:])
    seen: list[Progress] = []
    tag_files(predictor, [first, second], tmp_path / "out.parquet", on_progress=seen.append)
    found = pq.read_table(tmp_path / "out.parquet")
    assert found["id"].to_pylist() == [str(i + 1) for i in range(5000)]
    assert found["sector"].to_pylist() == [t.sector for t in predictor.tag_many([row["text"] for row in texts])]
    size = first.stat().st_size + second.stat().st_size
    assert seen[-1] == Progress(5000, size, size)
    assert [p.rows for p in seen] == sorted(p.rows for p in seen)


def test_a_broken_row_is_a_row_of_nulls_and_is_counted_with_its_place(predictor: Predictor, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes('{"id":1,"text":"البرلمان"}\n\n{"id":2,\n{"id":3,"text":null}\n{"id":4,"text":[]}\n'.encode())
    summary = tag_files(predictor, [source], tmp_path / "out.jsonl")
    found = [orjson.loads(line) for line in (tmp_path / "out.jsonl").read_bytes().splitlines()]
    assert [row["id"] for row in found] == [1, None, 3, 4]
    assert found[1] == {
        "id": None, "sector": None, "sectors": [], "sector_scores": None, "tone": None, "tone_scores": None,
        "abstained": [],
        "error": "line 3: not valid JSON (Expecting property name enclosed in double quotes: line 1 column 9 (char 8))",
    }  # fmt: skip
    assert summary == Summary(
        4,
        3,
        (
            RefusedRows("the field 'text' is not a string", 2, f"{source}, line 4"),
            RefusedRows("not valid JSON", 1, f"{source}, line 3"),
        ),
    )


@pytest.mark.parametrize(
    ("name", "content", "ids"),
    [
        (
            "in.jsonl",
            '{"id":3,"text":"a"}\n{"id":9,"text":"b"}\n{"id":4,\n{"text":"c"}\n{"text":null}',
            [3, 9, *[None] * 3],
        ),
        ("in.jsonl", '{"id":4,\n{"id":1,"text":"b"}', [None, 1]),
        ("in.jsonl", '{"text":"a"}\n{"text":\n{"text":"c"}', [1, None, 3]),
        ("in.csv", 'id,text\n7,a\n,b\n8,b,c\n2,"d', ["7", "", "8", None]),
        ("in.csv", "text\na\nb,c\nd\n", [1, 2, 3]),
    ],
)
def test_no_row_is_numbered_that_may_have_an_id(
    name: str, content: str, ids: list[Any], predictor: Predictor, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content)
    tag_files(predictor, [tmp_path / name], tmp_path / "out.jsonl")
    assert [orjson.loads(line)["id"] for line in (tmp_path / "out.jsonl").read_bytes().splitlines()] == ids


def test_a_row_without_id_is_not_numbered_in_a_later_chunk_nor_in_parquet(predictor: Predictor, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"id":"x","text":"a"}\n' + '{"text":"b"}\n' * 3000)
    pq.write_table(pa.table({"id": [2, None], "text": ["a", "b"]}), tmp_path / "in.parquet")
    for name, ids in (("in.jsonl", ["x", *[None] * 3000]), ("in.parquet", [2, None])):
        tag_files(predictor, [tmp_path / name], tmp_path / "out.jsonl")
        assert [orjson.loads(line)["id"] for line in (tmp_path / "out.jsonl").read_bytes().splitlines()] == ids


@pytest.mark.parametrize("id_", ["x", 7, 2**63, 10**30, 1.5, False, ["a", 1], {"k": "v"}, "\ud800"], ids=repr)
def test_ids_are_kept_in_jsonl_and_written_as_strings_elsewhere(id_: Any, predictor: Predictor, tmp_path: Path) -> None:
    import json

    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"id": id_, "text": "البرلمان"}) + "\n")
    for suffix in (".jsonl", ".csv", ".parquet"):
        tag_files(predictor, [source], tmp_path / f"out{suffix}")
    assert json.loads((tmp_path / "out.jsonl").read_text())["id"] == id_
    (in_csv,) = read_tags(tmp_path / "out.csv")
    (in_parquet,) = read_tags(tmp_path / "out.parquet")
    as_text = id_.encode("utf-8", "backslashreplace").decode() if isinstance(id_, str) else in_csv["id"]
    assert in_csv["id"] == in_parquet["id"] == as_text
    if not isinstance(id_, str):
        assert json.loads(in_csv["id"]) == id_


def test_fields_are_read_by_the_names_given(predictor: Predictor, tmp_path: Path) -> None:
    source = write_articles(tmp_path / "in.csv", [{"doc": "d1", "head": "فوز المنتخب", "body": "المباراة"}])
    tag_files(predictor, [source], tmp_path / "out.jsonl", fields=Fields("body", "head", "doc"))
    (row,) = read_tags(tmp_path / "out.jsonl")
    tags = predictor.tag("المباراة", "فوز المنتخب")
    assert (row["id"], row["sector_scores"]) == ("d1", tags.sector_scores)


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet", ".csv.gz"])
def test_a_named_pipe_is_read_from_its_first_byte(
    suffix: str, rows: list[dict[str, Any]], predictor: Predictor, tmp_path: Path
) -> None:
    source, pipe = write_articles(tmp_path / f"in{suffix}", rows), tmp_path / f"pipe{suffix}"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as writing:
        writing.submit(pipe.write_bytes, source.read_bytes())
        tag_files(predictor, [pipe], tmp_path / "from_pipe.jsonl")
    tag_files(predictor, [source], tmp_path / "from_file.jsonl")
    assert (tmp_path / "from_pipe.jsonl").read_bytes() == (tmp_path / "from_file.jsonl").read_bytes()


def test_no_rows_give_an_output_without_rows(predictor: Predictor, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").touch()
    for suffix in SUFFIXES:
        assert tag_files(predictor, [tmp_path / "in.jsonl"], tmp_path / f"out{suffix}") == Summary(0, 0, ())
        assert read_tags(tmp_path / f"out{suffix}") == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_failure_on_the_way_leaves_nothing_and_keeps_what_was_there(
    suffix: str, articles: Articles, predictor: Predictor, tmp_path: Path
) -> None:
    source = write_articles(tmp_path / "in.jsonl", [{"text": articles[0][1]}] * 3000)
    output = tmp_path / f"out{suffix}"
    output.write_text("before")

    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tag_files(predictor, [source], output, on_progress=interrupt)
    assert output.read_text() == "before"
    assert sorted(tmp_path.iterdir()) == sorted([source, output])


def test_a_second_input_without_the_column_fails_before_anything_is_written(
    articles: Articles, predictor: Predictor, tmp_path: Path
) -> None:
    good = write_articles(tmp_path / "good.csv", [{"text": articles[0][1]}])
    bad = write_articles(tmp_path / "bad.csv", [{"body": articles[0][1]}])
    seen: list[Progress] = []
    with pytest.raises(InputError, match=r"bad\.csv has no column 'text'"):
        tag_files(predictor, [good, bad], tmp_path / "out.csv", on_progress=seen.append)
    assert seen == []
    assert not (tmp_path / "out.csv").exists()


def test_an_output_that_is_an_input_is_refused_under_any_name(predictor: Predictor, tmp_path: Path) -> None:
    source = write_articles(tmp_path / "in.jsonl", [{"text": "البرلمان"}])
    (tmp_path / "link.jsonl").symlink_to(source)
    before = source.read_bytes()
    with pytest.raises(InputError, match="is an input and the output as well"):
        tag_files(predictor, [source], tmp_path / "link.jsonl")
    assert source.read_bytes() == before


def test_a_full_disk_leaves_nothing(articles: Articles, toy_path: Path, tmp_path: Path) -> None:
    source = write_articles(tmp_path / "in.jsonl", [{"text": articles[0][1]}] * 3000)
    script = (
        "import resource, signal, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000));"
        "from khabar.inference.cli import main;"
        f"main(['tag', {str(source)!r}, '-o', {str(tmp_path / 'out.jsonl')!r}, '--model', {str(toy_path)!r}])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "khabar: File too large.\n")
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv.gz", ".parquet"])
def test_memory_does_not_grow_with_the_input(suffix: str, articles: Articles, toy_path: Path, tmp_path: Path) -> None:
    rows = [{"id": i, "text": articles[i % 5][1] * 20 + f" {i}"} for i in range(4000)]
    peaks = []
    for copies in (1, 8):
        source = write_articles(tmp_path / f"in{copies}{suffix}", rows * copies)
        script = (
            "import pathlib, re; from khabar.inference.batch import tag_files;"
            "from khabar.inference.predictor import Predictor;"
            f"p = Predictor.load({str(toy_path)!r});"
            f"tag_files(p, [{str(source)!r}], {str(tmp_path / 'out.jsonl')!r}, threads=1);"
            "print(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1])"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout) << 10)
    assert peaks[1] < 400 * MB
    assert peaks[1] - peaks[0] < 60 * MB


def test_tagging_a_file_imports_neither_arrow_nor_rich(toy_path: Path, tmp_path: Path) -> None:
    source = write_articles(tmp_path / "in.jsonl", [{"text": "البرلمان"}])
    script = (
        "import sys; from khabar.inference.batch import tag_files;"
        "from khabar.inference.predictor import Predictor;"
        f"tag_files(Predictor.load({str(toy_path)!r}), [{str(source)!r}], {str(tmp_path / 'out.csv')!r});"
        "print([name for name in ('pyarrow', 'rich', 'click', 'zstandard') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
