"""evaluate, leaderboard and data audit as they are called: what they print, track, write and say when it is wrong."""

import csv
import gzip
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import yaml
from click.testing import CliRunner

from khabar import configs
from khabar.datasets.archive import content_digest
from khabar.datasets.catalog import CATALOG, entry
from khabar.inference.cli import main

WORDS = {
    "sport": ("المباراة", "الفريق", "الهدف", "اللاعب", "الدوري", "المدرب"),
    "economy": ("المصرف", "الاستثمار", "التجارة", "الأسعار", "البورصة", "الشركة"),
    "culture": ("الفيلم", "الكتاب", "المعرض", "الشاعر", "المسرح", "اللوحة"),
    "positive": ("نجاح", "فوز", "إشادة", "فرحة", "تقدم"),
    "negative": ("خسارة", "أزمة", "تراجع", "فشل", "حزن"),
    "neutral": ("اجتماع", "جدول", "موعد", "لقاء", "جلسة"),
    "": ("اليوم", "أمس", "المدينة", "قال", "بعد", "قبل", "خلال", "مساء", "صباح", "العام", "هناك", "ثم", "حول", "عند"),
}
TONES = {"POS": "positive", "NEG": "negative", "NEU": "neutral"}
DATELINES = {"SK": "", "AL": "", "CN": "دبي، الإمارات العربية المتحدة (CNN)-- "}


def call(*arguments: object, code: int = 0):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


def written(of: str, seed: object, words: int = 14) -> str:
    """Write a text about something, in words that are drawn by the seed."""
    random = Random(f"{of} {seed}")
    text = random.choices(WORDS[of], k=3) + random.choices(WORDS[""], k=words)
    random.shuffle(text)
    return " ".join(text)


def tweets(start: int, n: int) -> str:
    """Write as many tweets of each tone; every fifth sounds like another one."""
    rows = []
    for at in range(start, start + n):
        for number, label in enumerate(TONES):
            sounds = TONES[label] if (at + number) % 5 else TONES["NEU" if label == "NEG" else "NEG"]
            rows.append(f"{written(sounds, label + str(at))},False,{label},msa")
    return "\n".join(["tweet,sarcasm,sentiment,dialect", *rows]) + "\n"


def arsarcasm() -> dict[str, str]:
    """Tweets of an official train and test part; the first ten of the latter stand in the former too."""
    train, test = tweets(0, 40), tweets(100, 15)
    again = "\n".join(train.splitlines()[1:11]) + "\n"
    return {"ArSarcasm-v2/training_data.csv": train, "ArSarcasm-v2/testing_data.csv": test + again}


def afrisenti() -> dict[str, str]:
    def part(numbers: range) -> str:
        rows = [f"{at}-{tone}\t{written(tone, -at)}\t{tone}" for at in numbers for tone in TONES.values()]
        return "\n".join(["ID\ttweet\tlabel", *rows]) + "\n"

    parts = {"train": range(1, 30), "dev": range(30, 35), "test": range(35, 50)}
    return {f"data/ary/{name}.tsv": part(numbers) for name, numbers in parts.items()}


def ant() -> dict[str, str]:
    """Articles of three outlets under three sections."""
    files = {}
    for at, outlet in enumerate(DATELINES):
        for section in ("sport", "economy", "culture"):
            for number in range(20):
                text = DATELINES[outlet] + written(section, f"{outlet} {number}", 40)
                body = (
                    f"<TITLE>{written(section, number, 2)}</TITLE><TIME>2018-07-{at + 1:02}</TIME><TEXT>{text}</TEXT>"
                )
                files[f"{outlet}/{section}/{outlet}-{section}-{number}.txt"] = body
    return files


@pytest.fixture(scope="module", autouse=True)
def _small_corpora(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Three corpora in their own layouts, with texts of our own, in place of whatever this machine has."""
    mirror = tmp_path_factory.mktemp("mirror")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KHABAR_MIRROR", str(mirror))
        patch.setenv("KHABAR_HOME", str(mirror / "none"))
        files = {
            "arsarcasm-v2": (arsarcasm(), 175),
            "afrisenti-ary": (afrisenti(), 147),
            "ant-multisource": (ant(), 180),
        }
        for name, (members, documents) in files.items():
            corpus = entry(name)
            path = mirror / corpus.archive
            path.parent.mkdir(parents=True)
            with zipfile.ZipFile(path, "w") as archive:
                for member, content in members.items():
                    archive.writestr(f"{corpus.top_folder}/{member}", content)
            patch.setitem(CATALOG, name, replace(corpus, documents=documents, digest=content_digest(corpus, path)))
        yield


@pytest.fixture(autouse=True)
def store(tracked, monkeypatch, tmp_path) -> str:
    """The store of the tracked job: making another one takes seconds."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracked.run.uri)
    monkeypatch.chdir(tmp_path)
    return tracked.run.uri


@pytest.fixture(scope="module")
def other_system(tmp_path_factory) -> Path:
    """The baseline without anything but words that every second article has."""
    values = yaml.safe_load(configs.find("baseline").read_text(encoding="utf-8"))
    for task in ("topic", "tone", "stance"):
        values[task]["blocks"] = {"words": {"kind": "word", "min_df": 20}}
    path = tmp_path_factory.mktemp("systems") / "poor.yaml"
    path.write_text(yaml.safe_dump(values | {"name": "poor"}), encoding="utf-8")
    return path


@pytest.fixture
def config(tracked, tmp_path) -> Path:
    path = tmp_path / "job.yaml"
    path.write_text(yaml.safe_dump(tracked.config.to_dict()), encoding="utf-8")
    return path


def rows_of(text: str, start: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.split()[:1] == [start]]


def newest_run(mlflow, protocol: str):
    found = mlflow.search_runs(
        experiment_names=["khabar-evaluation"], filter_string=f"params.protocol = '{protocol}'", output_format="list"
    )
    return found[0]


def test_evaluate_gives_the_figures_that_training_gave(tracked):
    report = json.loads(call("evaluate", tracked.result.path, "sample/test", "--json").stdout)
    expected = tracked.result.reports["sample/test"]
    assert report["tone"]["macro_f1"] == pytest.approx(expected.tone.macro_f1)
    assert report["sectors"]["micro_f1"] == pytest.approx(expected.sectors.micro_f1)
    assert report["stance"]["macro_f1"] == pytest.approx(expected.stance.macro_f1)
    assert report["target_named"] == expected.target_named > 0.9


def test_evaluate_prints_overall_figures_and_each_label(tracked):
    lines = call("evaluate", tracked.result.path, "sample/test").stdout.splitlines()
    for what in (
        "in the readers' set", "calibration error", "micro-F1", "macro-F1", "right in the surest 80 %", "stance: right",
    ):  # fmt: skip
        assert any(what in line for line in lines)
    assert sum("رياضة" in line for line in lines) == 2  # as main sector, and as one of all


def test_evaluate_reads_a_jsonl_file(tracked, tmp_path):
    rows = [
        {"text": "فاز المنتخب في المباراة", "sectors": ["sport"], "tone": "positive"},
        {"text": "قالت الوزارة إن الأسعار ارتفعت", "sectors": ["economy", "society"], "tone": "negative"},
    ]
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = json.loads(call("evaluate", tracked.result.path, path, "--json").stdout)
    assert (report["articles"], report["sector"]["articles"], report["tone"]["articles"]) == (2, 2, 2)


def test_evaluate_reads_a_file_as_a_training_config_does(tracked, config, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("body,desk\nفاز المنتخب في المباراة,Sports\nارتفعت الأسعار,Money\n", encoding="utf-8")
    values = yaml.safe_load(config.read_text(encoding="utf-8"))
    labels = {"sectors": {"Sports": "sport", "Money": "economy"}}
    own = {"path": str(path), "columns": {"text": "body", "sectors": "desk"}, "labels": labels}
    values["data"]["evaluate"] = [own]
    config.write_text(yaml.safe_dump(values), encoding="utf-8")
    report = json.loads(call("evaluate", tracked.result.path, path, "--config", config, "--json").stdout)
    assert (report["articles"], report["sector"]["articles"], report["tone"]) == (2, 2, None)
    said = call("evaluate", tracked.result.path, "mine.csv", "--config", config, code=1).stderr
    assert f"found no source 'mine.csv', expected sample/train, {path}" in said


def test_the_help_of_evaluate_says_whose_labels_a_file_must_have():
    assert "khabar's own ids" in " ".join(call("evaluate", "--help").stdout.split())


@pytest.mark.parametrize(
    ("corpus", "message"),
    [
        ("anotations/dev", "did you mean annotations?"),
        ("sample/dev", "expected train or test"),
        ("missing.jsonl", "there is no such file or folder"),
    ],
)
def test_evaluate_says_what_is_wrong_with_a_corpus(tracked, corpus, message):
    assert message in call("evaluate", tracked.result.path, corpus, code=1).stderr


def test_evaluate_refuses_a_file_that_is_no_model(tmp_path):
    (tmp_path / "m.safetensors").write_bytes(b"\x80\x04 pickled")
    assert "khabar: " in call("evaluate", tmp_path / "m.safetensors", "sample/test", code=1).stderr


def test_figures_of_a_model_stand_with_their_intervals(tracked):
    row = next(
        line
        for line in call("evaluate", tracked.result.path, "sample/test").stdout.splitlines()
        if "tone: right" in line
    )
    value, ends = row.split()[-2:]
    low, high = map(float, ends.split("-"))
    assert low <= float(value) <= high
    assert low < high


def test_two_models_are_compared_on_the_same_articles(tracked):
    arguments = ("evaluate", tracked.result.path, "sample/test", "--against", "-")
    result = json.loads(call(*arguments, "--json").stdout)
    difference = result["differences"]["tone.accuracy"]
    expected = result["tone"]["accuracy"] - result["against"]["tone"]["accuracy"]
    assert difference["value"] == pytest.approx(expected)
    assert difference["low"] <= difference["value"] <= difference["high"]
    # The shipped model may say no stance; then there is none to compare.
    assert ("stance.accuracy" in result["differences"]) == (result["against"]["stance"] is not None)
    shown = call(*arguments).stdout
    assert f"{difference['value']:+.3f}" in shown
    assert tracked.result.path.name in shown


def test_a_model_is_not_different_from_itself(tracked):
    result = call("evaluate", tracked.result.path, "sample/test", "--against", tracked.result.path, "--json")
    differences = json.loads(result.stdout)["differences"]
    assert {(d["value"], d["p"]) for d in differences.values()} == {(0.0, 1.0)}
    assert {"sector.accuracy", "tone.accuracy", "stance.accuracy"} <= differences.keys()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-",), "expected MODEL and CORPUS: khabar evaluate - annotations/dev"),
        ((), "khabar evaluate --protocol in-corpus"),
        (("-", "sample/test", "--system", "baseline"), "--system belongs to --protocol"),
        (("-", "sample/test", "--no-track"), "--no-track belongs to --protocol"),
        (("--protocol", "official", "--config", "sample"), "--config belongs to khabar evaluate MODEL CORPUS"),
        (("--protocol", "official", "ant-multisource"), "cannot run on 'ant-multisource'; give some of asnd"),
        (("--protocol", "outlets", "ant-multisorce"), "Did you mean ant-multisource?"),
        (("--protocol", "all", "nonsense"), "cannot run on 'nonsense'"),
        (
            ("--protocol", "cross-corpus", "arsarcasm-v2"),
            "needs a second corpus beside arsarcasm-v2; add one of fassila",
        ),
        (("--protocol", "cross-corpus", "ans", "hespress-2020"), "needs a second corpus beside ans; add one of mawqif"),
        (("--protocol", "byline", "--against", "sample"), "has a system of its own"),
        (("--protocol", "official", "--against", "baseline"), "give the config of another one"),
        (("--protocol", "official", "--no-track", "--tracking-uri", "sqlite:///x.db"), "leave one out"),
        (("--protocol", "randm"), "is not one of"),
    ],
)
def test_what_does_not_fit_is_wrong_usage_and_says_what_to_write(arguments, message):
    assert message in call("evaluate", *arguments, code=2).stderr


def test_official_figures_are_printed_raw_and_deduplicated_with_intervals():
    result = call("evaluate", "--protocol", "official", "arsarcasm-v2", "--no-track", "--json")
    (outcome,) = json.loads(result.stdout)["outcomes"]
    assert (outcome["metric"], outcome["n_test"], outcome["n_test_deduplicated"]) == ("f_pn", 55, 45)
    assert outcome["raw"]["low"] < outcome["raw"]["value"] <= outcome["raw"]["high"]
    assert outcome["deduplicated"] != outcome["raw"]  # ten of the tweets were trained on
    (row,) = rows_of(call("evaluate", "--protocol", "official", "arsarcasm-v2", "--no-track").stdout, "arsarcasm-v2")
    assert row[1:4] == ["own", "F-PN", "baseline"]
    assert row[4] == f"{outcome['raw']['value']:.3f}".removeprefix("0")
    assert row[6] == f"{outcome['deduplicated']['value']:.3f}".removeprefix("0")


def test_outcomes_are_told_on_stderr_as_they_come_and_stdout_is_json_alone():
    result = call("evaluate", "--protocol", "official", "arsarcasm-v2", "--no-track", "--json")
    assert json.loads(result.stdout)["runs"] == []
    assert "official, arsarcasm-v2" in result.stderr


def test_outlets_are_listed_with_their_mean():
    shown = call("evaluate", "--protocol", "outlets", "ant-multisource", "--no-track").stdout
    parts = [row[1] for row in rows_of(shown, "ant-multisource")]
    assert parts[:4] == ["AlArabiya", "CNN", "SkyNews", "mean"]


def test_figures_between_corpora_are_a_matrix():
    lines = call(
        "evaluate", "--protocol", "cross-corpus", "arsarcasm-v2", "afrisenti-ary", "--no-track"
    ).stdout.splitlines()
    captions = [line.strip() for line in lines if line.strip().startswith("tone, baseline")]
    assert captions == ["tone, baseline: macro-F1, as published", "tone, baseline: macro-F1, de-duplicated"]
    header = next(line for line in lines if "train \\ test" in line)
    assert header.split()[-2:] == ["afrisenti-ary", "arsarcasm-v2"] or header.split()[-2:] == [
        "arsarcasm-v2",
        "afrisenti-ary",
    ]
    assert sum(line.split()[:1] == ["afrisenti-ary"] for line in lines) == 2


def test_the_byline_is_measured_before_and_after_cleaning():
    shown = call("evaluate", "--protocol", "byline", "ant-multisource", "--no-track").stdout
    found = {tuple(row[1:4:2]) for row in rows_of(shown, "ant-multisource")}
    assert {("before", "own"), ("after", "own"), ("before", "outlet"), ("after", "outlet")} <= found


def test_two_systems_are_compared_on_the_same_splits(other_system):
    arguments = ("evaluate", "--protocol", "official", "arsarcasm-v2", "--against", other_system, "--no-track")
    found = json.loads(call(*arguments, "--json").stdout)
    one, two = found["outcomes"]
    (difference,) = found["differences"]
    assert (one["system"], two["system"]) == (difference["system"], difference["against"]) == ("baseline", "poor")
    assert one["split_digest"] == two["split_digest"]
    for kind in ("raw", "deduplicated"):
        assert difference[kind]["value"] == pytest.approx(one[kind]["value"] - two[kind]["value"])
    shown = call(*arguments).stdout
    assert "baseline - poor" in shown
    assert {row[3] for row in rows_of(shown, "arsarcasm-v2")} >= {"baseline", "poor"}


def test_all_protocols_run_on_the_corpora_that_fit_them():
    arguments = ("evaluate", "--protocol", "all", "arsarcasm-v2", "ant-multisource", "--no-track", "--json")
    found = json.loads(call(*arguments).stdout)["outcomes"]
    assert {(o["protocol"], o["corpus"]) for o in found} == {
        ("official", "arsarcasm-v2"),
        ("in-corpus", "arsarcasm-v2"),
        ("in-corpus", "ant-multisource"),
        ("outlets", "ant-multisource"),
        ("byline", "ant-multisource"),
    }


def test_several_protocols_run_one_after_the_other():
    arguments = ("--protocol", "outlets", "--protocol", "in-corpus", "ant-multisource", "--no-track", "--json")
    found = json.loads(call("evaluate", *arguments).stdout)["outcomes"]
    assert list(dict.fromkeys(o["protocol"] for o in found)) == ["outlets", "in-corpus"]


def test_an_evaluation_is_a_run_with_what_it_depends_on(mlflow):
    shown = call("evaluate", "--protocol", "official", "arsarcasm-v2").stdout
    run = newest_run(mlflow, "official")
    assert f"run    {run.info.run_id}" in shown
    assert run.info.status == "FINISHED"
    assert run.data.params["system.tone.blocks.words.kind"] == "word"
    assert run.data.tags["command"] == "khabar evaluate --protocol official arsarcasm-v2"
    (data,) = run.inputs.dataset_inputs
    tags = {tag.key: tag.value for tag in data.tags}
    assert (data.dataset.name, tags["licence"]) == ("arsarcasm-v2", "MIT")
    assert tags["digest"] == CATALOG["arsarcasm-v2"].digest
    names = [name for name in run.data.metrics if name.startswith("tone/arsarcasm-v2/own/f_pn/")]
    assert {name.rpartition("/")[2] for name in names} >= {"raw", "raw_low", "raw_high", "deduplicated"}


def test_predictions_are_kept_by_id_without_any_text(mlflow):
    call("evaluate", "--protocol", "official", "arsarcasm-v2")
    run = newest_run(mlflow, "official")
    folder = Path(run.info.artifact_uri.removeprefix("file://")) / "predictions"
    (path,) = folder.iterdir()
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    assert len(rows) == 55
    assert set(rows[0]) == {"corpus", "id", "part", "truth", "predicted", "counts"}
    assert sum(row["counts"] for row in rows) == 45


def test_without_tracking_nothing_is_written(tmp_path, mlflow):
    before = mlflow.search_runs(experiment_names=["khabar-evaluation"], output_format="list")
    call("evaluate", "--protocol", "official", "arsarcasm-v2", "--no-track")
    assert len(mlflow.search_runs(experiment_names=["khabar-evaluation"], output_format="list")) == len(before)
    assert list(tmp_path.iterdir()) == []


def test_the_leaderboard_has_the_newest_figures_beside_those_of_others(mlflow):
    outcome = json.loads(call("evaluate", "--protocol", "official", "arsarcasm-v2", "--json").stdout)["outcomes"][0]
    lines = call("leaderboard").stdout.splitlines()
    ours, winner = (line for line in lines if line.startswith("| arsarcasm-v2"))
    cells = [cell.strip() for cell in ours.split("|")]
    assert "baseline" in cells
    assert any(cell.startswith(f"{outcome['raw']['value']:.3f}".removeprefix("0") + "<br>") for cell in cells)
    assert [part in winner for part in ("WANLP 2021 winner", ".748")] == [True, True]
    run = newest_run(mlflow, "official")
    listed = next(line for line in lines if run.info.run_id in line)
    assert "`khabar evaluate --protocol official arsarcasm-v2`" in listed


def test_the_leaderboard_is_written_as_markdown_and_as_a_page(tmp_path):
    call("evaluate", "--protocol", "official", "arsarcasm-v2")
    shown = call("leaderboard", "-o", tmp_path / "new" / "board").stdout
    files = [tmp_path / "new" / "board" / name for name in ("leaderboard.md", "leaderboard.html")]
    assert shown.splitlines() == [str(file) for file in files]
    assert "WANLP 2021 winner" in files[0].read_text(encoding="utf-8")
    assert "WANLP 2021 winner" in files[1].read_text(encoding="utf-8")


def test_a_leaderboard_of_nothing_says_what_to_run_and_makes_no_store(tmp_path):
    said = call("leaderboard", "--tracking-uri", f"sqlite:///{tmp_path / 'none.db'}", code=1).stderr
    assert "run: khabar evaluate --protocol all" in said
    assert list(tmp_path.iterdir()) == []


def test_an_audit_lists_labels_for_reading(tmp_path):
    path = tmp_path / "suspects.csv"
    shown = call("data", "audit", "arsarcasm-v2", "--top", 2, "-o", path).stdout
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["corpus", "id", "label", "suggested", "confidence", "margin", "excerpt"]
    listed = [line.split()[0] for line in shown.splitlines() if "_data.csv#" in line]
    assert listed == [row["id"] for row in rows[:2]]
    assert all(row["label"] != row["suggested"] for row in rows)
    assert f"{len(rows)} of 175 labels are likely wrong" in shown
    assert f"suspects  {path}" in shown


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("annotations", 2, "expected annotations/sector or annotations/tone"),
        ("arsarcasm", 1, "did you mean 'arsarcasm-v2'?"),
        ("yabiladi", 1, "yabiladi has no labels of its own"),
    ],
)
def test_an_audit_of_what_has_no_labels_says_so(name, code, message):
    assert message in call("data", "audit", name, code=code).stderr


@pytest.mark.parametrize("command", [("evaluate",), ("leaderboard",), ("data", "audit")])
def test_help_of_a_command_imports_nothing_of_the_training_side(command):
    heavy = "{'mlflow', 'sklearn', 'scipy', 'pandas', 'matplotlib', 'numpy', 'rich', 'pydantic', 'jinja2'}"
    code = "import sys\nfrom khabar.inference.cli import main\n"
    code += f"main([*{command}, '--help'], standalone_mode=False)\nprint(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.splitlines()[-1] == "[]"
