"""The commands tag, explain and info, as a shell runs them."""

import gzip
import json
import os
import pty
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from khabar.inference import container
from khabar.inference.cli import main
from khabar.inference.model import load_model
from khabar.inference.predictor import Predictor

Articles = list[tuple[str | None, str]]
KHABAR = [sys.executable, "-m", "khabar.inference"]


@pytest.fixture
def run(toy_path: Path) -> Any:
    """Run a command in this process, with the toy model."""

    def run(command: str, *arguments: str | Path, input: str | bytes | None = None) -> Result:
        options = ["--model", str(toy_path)] if command != "info" else []
        return CliRunner().invoke(main, [command, *map(str, arguments), *options], input=input)

    return run


@pytest.fixture
def source(articles: Articles, tmp_path: Path) -> Path:
    """Give five articles as JSON Lines."""
    path = tmp_path / "in.jsonl"
    rows = [{"id": i, "title": title, "text": text} for i, (title, text) in enumerate(articles)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


# tag


def test_tag_writes_a_file_in_silence_and_exits_0(run: Any, source: Path, tmp_path: Path) -> None:
    result = run("tag", source, "-o", tmp_path / "out.csv")
    assert (result.exit_code, result.output) == (0, "")
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[0] == "id,sector,sectors,sector_scores,tone,tone_scores,abstained,error"
    assert len(lines) == 6


def test_tag_reads_and_writes_standard_streams_as_jsonl(run: Any, source: Path) -> None:
    result = run("tag", "-", input=source.read_bytes())
    assert (result.exit_code, result.stderr) == (0, "")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["id"] for row in rows] == [0, 1, 2, 3, 4]
    assert [row["sector"] for row in rows] == ["diplomacy", "sport", "politics", "economy", "health"]


def test_tag_reads_compressed_standard_input(run: Any, source: Path) -> None:
    result = run("tag", "-", input=gzip.compress(source.read_bytes()))
    assert len(result.stdout.splitlines()) == 5


def test_format_is_that_of_both_standard_streams_and_output_format_of_one(run: Any) -> None:
    table = "id\ttext\n1\tالبرلمان والحكومة\n"
    assert run("tag", "-", "--format", "tsv", input=table).stdout.startswith("id\tsector\t")
    assert run("tag", "-", "--format", "tsv", "--output-format", "csv", input=table).stdout.startswith("id,sector,")


def test_output_format_overrides_the_name_of_the_output_and_format_does_not(run: Any, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("id\ttext\n1\tالبرلمان والحكومة\n")
    arguments = (tmp_path / "in.txt", "--format", "tsv", "-o", tmp_path / "out.csv")
    assert run("tag", *arguments, "--output-format", "jsonl").exit_code == 0
    assert json.loads((tmp_path / "out.csv").read_text())["id"] == "1"
    assert run("tag", *arguments).exit_code == 0
    assert (tmp_path / "out.csv").read_text().startswith("id,sector,")


def test_rows_refused_are_reported_with_reasons_and_first_lines_and_exit_code_3(run: Any, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"text": "البرلمان"}\n{"text": "الحكومة"}\n{"text": \n{"text": ""}\nnonsense\n')
    result = run("tag", source)
    assert result.exit_code == 3
    assert len(result.stdout.splitlines()) == 5
    assert result.stderr.splitlines() == [
        "3 of 5 rows refused:",
        f"  2  not valid JSON (first: {source}, line 3)",
        f"  1  text is empty (first: {source}, line 4)",
    ]


def test_a_missing_column_is_a_message_exit_code_1_and_no_output(run: Any, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("id,content\n1,a\n")
    result = run("tag", source, "-o", tmp_path / "out.csv", "--text-field", "contents")
    assert result.exit_code == 1
    assert result.stderr == (
        f"khabar: {source} has no column 'contents'. Its columns are: id, content. Did you mean --text-field content?\n"
    )
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("arguments", [[], ["--threads", "0", "in.jsonl"], ["--format", "xml", "in.jsonl"]])
def test_wrong_usage_is_exit_code_2(run: Any, arguments: list[str]) -> None:
    assert run("tag", *arguments).exit_code == 2


def test_stance_is_refused_by_a_model_that_has_none(run: Any, source: Path) -> None:
    result = run("tag", source, "--stance", "الحكومة")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "has no stance head" in result.stderr


@pytest.fixture
def stance_source(tmp_path: Path) -> Path:
    """Give two articles, only the first of which names the target."""
    path = tmp_path / "in.jsonl"
    rows = [{"text": "اشاد الوزير بالمشروع. رفض البرلمان الضرائب."}, {"text": "ناقش البرلمان أزمة"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_stance_may_be_asked_for_several_targets_with_synonyms(
    stance_source: Path, stance_path: Path, stance_predictor: Predictor
) -> None:
    arguments = ["--stance", "المشروع", "--stance", "الجباية=الضرائب,الرسوم", "--model", str(stance_path)]
    result = CliRunner().invoke(main, ["tag", str(stance_source), *arguments])
    assert (result.exit_code, result.stderr) == (0, "")
    first, second = (json.loads(line)["stance"] for line in result.stdout.splitlines())
    text = json.loads(stance_source.read_text().splitlines()[0])["text"]
    assert first == {
        "المشروع": stance_predictor.stance(text, "المشروع").to_dict(),
        "الجباية": stance_predictor.stance(text, "الجباية", synonyms=["الضرائب"]).to_dict(),
    }
    assert [first[target]["label"] for target in first] == ["favor", "against"]
    assert {stance["error"] for stance in second.values()} == {"the article does not name the target"}


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (["="], "'=' has an empty name or synonym"),
        (["روسيا", "روسيا"], "'روسيا' is given 2 times"),
        (["م"], "has two letters"),
    ],
)
def test_a_target_without_name_or_given_twice_is_wrong_usage_whatever_the_model(
    stance_source: Path, tmp_path: Path, targets: list[str], message: str
) -> None:
    options = [part for target in targets for part in ("--stance", target)]
    result = CliRunner().invoke(main, ["tag", str(stance_source), *options, "--model", str(tmp_path / "none")])
    assert (result.exit_code, result.stdout) == (2, "")
    # click breaks the message into lines
    assert message in " ".join(result.stderr.split())


def test_a_model_that_is_not_there_is_a_message(source: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["tag", str(source), "--model", str(tmp_path / "no.safetensors")])
    assert result.exit_code == 1
    assert result.stderr.startswith("khabar: There is no model at")


def test_a_reader_that_has_seen_enough_ends_the_command_quietly(source: Path, toy_path: Path, tmp_path: Path) -> None:
    many = tmp_path / "many.jsonl"
    many.write_text(source.read_text() * 5000)
    process = subprocess.Popen(
        [*KHABAR, "tag", str(many), "--model", str(toy_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout as out, process.stderr as err:
        out.readline()
        out.close()
        assert err.read() == b""
    assert process.wait() == 1


def test_a_full_standard_output_is_a_message(source: Path, toy_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*KHABAR, "tag", str(source), "--model", str(toy_path)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith("khabar: No space left on device.")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_no_half_written_file(number: int, source: Path, toy_path: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    process = subprocess.Popen(
        [*KHABAR, "tag", "-", "-o", str(output), "--model", str(toy_path)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Whoever runs the tests in the background has the signal ignored, and so would the command.
        preexec_fn=partial(signal.signal, number, signal.SIG_DFL),
    )
    assert process.stdin is not None
    assert process.stderr is not None
    with process.stdin as pipe, process.stderr as err:
        pipe.write(source.read_bytes())
        pipe.flush()
        deadline = time.monotonic() + 20
        while not any(p.suffix == ".part" and p.stat().st_size for p in tmp_path.iterdir()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(number)
        assert process.wait(20) != 0
        assert b"Traceback" not in err.read()
    assert list(tmp_path.iterdir()) == [source]


def test_a_pipe_is_answered_line_by_line(source: Path, toy_path: Path) -> None:
    process = subprocess.Popen(
        [*KHABAR, "tag", "-", "--model", str(toy_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin as pipe, process.stdout as out:
        for number, line in enumerate(source.read_bytes().splitlines(keepends=True)):
            pipe.write(line)
            pipe.flush()
            assert json.loads(out.readline())["id"] == number
    assert process.wait() == 0


def test_a_terminal_is_shown_progress_and_the_output_stays_clean(source: Path, toy_path: Path) -> None:
    terminal, stderr = pty.openpty()
    process = subprocess.Popen(
        [*KHABAR, "tag", str(source), "--model", str(toy_path)],
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(stderr)
    assert process.stdout is not None
    with process.stdout as out:
        assert [json.loads(line)["id"] for line in out.read().splitlines()] == [0, 1, 2, 3, 4]
    assert process.wait() == 0
    shown = b""
    with os.fdopen(terminal, "rb", buffering=0) as screen, suppress(OSError):
        # Reading fails once nobody writes to the terminal any more.
        while part := screen.read(1 << 16):
            shown += part
    assert b"5 articles" in shown
    assert b"MB/s" in shown


# explain


def test_explain_shows_labels_confidence_words_and_sentences(run: Any, articles: Articles) -> None:
    title, text = articles[1]
    result = run("explain", "-", "--title", title, input=text)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("main sector: sport  رياضة   ")
    assert any("المنتخب" in line and line.split()[0].startswith("+") for line in lines)
    assert any("[title] فوز المنتخب" in line for line in lines)
    assert any(line.startswith("tone: positive") for line in lines)
    assert "\x1b" not in result.stdout


def test_explain_as_json_is_what_the_predictor_says(
    run: Any, articles: Articles, predictor: Predictor, tmp_path: Path
) -> None:
    title, text = articles[3]
    (tmp_path / "a.txt").write_text(text)
    result = run("explain", tmp_path / "a.txt", "--title", title, "--json", "--top", "3")
    said = json.loads(result.stdout)
    assert said["tags"] == json.loads(json.dumps(predictor.tag(text, title).to_dict()))
    assert said["explanations"] == json.loads(json.dumps([e.to_dict() for e in predictor.explain(text, title, top=3)]))


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "text is empty"), (b"hello world", "no known words"), (b"\xc7\xe1", "is not valid UTF-8 at byte 1")],
)
def test_explain_says_why_a_text_has_no_tags(run: Any, tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    result = run("explain", tmp_path / "a.txt")
    assert result.exit_code == 1
    assert message in result.stderr


def test_explain_of_a_file_that_is_not_there_is_a_message(run: Any, tmp_path: Path) -> None:
    result = run("explain", tmp_path / "no.txt")
    assert result.exit_code == 1
    assert "No such file" in result.stderr


# info


def test_info_shows_heads_features_data_and_checks(run: Any, toy_path: Path) -> None:
    result = run("info", toy_path)
    assert result.exit_code == 0
    for part in (
        "toy 1",
        f"{toy_path}, ",
        "smoke     3 articles score as when it was saved",
        "sector (softmax, over words, stems)",
        "sport  رياضة",
        "tone-chars: 392 (char_wb 3-4)",
        "name toy, articles 5",
    ):
        assert part in result.stdout


def test_info_as_json_holds_the_same(run: Any, toy_path: Path, predictor: Predictor) -> None:
    said = json.loads(run("info", toy_path, "--json").stdout)
    assert said["bytes"] == toy_path.stat().st_size
    assert said["sha256"] == predictor.model.digest
    assert [head["name"] for head in said["heads"]] == ["sector", "sectors", "tone"]
    assert said["smoke"] == {"articles": 3, "ok": True}


def test_info_shows_the_format_of_the_file(run: Any, toy_path: Path, tmp_path: Path) -> None:
    file = container.read(toy_path)
    container.write(tmp_path / "old", file.header | {"format": 1}, file.tensors, check=load_model)
    assert json.loads(run("info", tmp_path / "old", "--json").stdout)["format"] == 1
    assert " MB, format 1\n" in run("info", tmp_path / "old").stdout
    assert " MB, format 2\n" in run("info", toy_path).stdout


def test_info_shows_the_stance_head_and_what_its_blocks_read(run: Any, stance_path: Path) -> None:
    result = run("info", stance_path)
    for part in (
        "smoke     4 articles",
        "stance (softmax, over near, all)",
        "    favor",
        "near: 8 (word 1-1, reads window)",
    ):
        assert part in result.stdout
    said = json.loads(run("info", stance_path, "--json").stdout)
    assert [head["name"] for head in said["heads"]] == ["sector", "sectors", "tone", "stance"]
    assert [block.get("reads") for block in said["blocks"]] == [None, None, None, "window", "article"]


def test_info_of_an_altered_model_is_a_message(run: Any, toy_path: Path, tmp_path: Path) -> None:
    content = bytearray(toy_path.read_bytes())
    content[-1] ^= 1
    (tmp_path / "bad.safetensors").write_bytes(content)
    result = run("info", tmp_path / "bad.safetensors")
    assert result.exit_code == 1
    assert result.stderr.startswith("khabar: ")
