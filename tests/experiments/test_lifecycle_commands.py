"""promote, rollback and history as they are called, on tracked jobs: what they print, and their exit codes."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from khabar.datasets import sample
from khabar.experiments.gates import FIRST
from khabar.experiments.tracking import track
from khabar.experiments.tracking_store import load_mlflow
from khabar.inference import Predictor
from khabar.inference.cli import main
from khabar.inference.model import Model, save_model
from khabar.training.evaluate import measure, tag_labelled

GATES = yaml.safe_load((Path(__file__).parent / "lenient_gates.yaml").read_text())


def call(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(scope="module")
def registered(tracked, without_sport, tmp_path_factory):
    """A store of its own with two runs of the tracked job's model: as it is, and never saying sport."""
    folder = tmp_path_factory.mktemp("lifecycle")
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    runs = []
    job = replace(tracked.result, folds=[])  # without the events of a fit there are no runs of folds
    for result in (job, _tagging(job, without_sport(job.model), folder / "worse.safetensors")):
        journal = folder / f"{len(runs)}.run"
        _, where = track(lambda _, result=result: result, tracked.config, journal=journal, uri=uri)
        runs.append(where.run_id)
    return uri, runs


def _tagging(result, model: Model, path: Path):
    """Give a job's result as it would be had it trained another model."""
    saved = save_model(model, path)
    tagged = tag_labelled(Predictor(saved), sample.load("test"))
    report = measure(tagged.columns, tagged.articles, tagged.stances)
    return replace(result, model=saved, path=path, tagged={"sample/test": tagged}, reports={"sample/test": report})


@pytest.fixture
def store(registered, tmp_path, monkeypatch):
    """The two runs, none of them champion; the gates' config in the working folder."""
    uri, runs = registered
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("KHABAR_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    Path("gates.yaml").write_text(yaml.safe_dump(GATES))
    client = load_mlflow().MlflowClient(uri)
    model = client.get_registered_model("small")
    if "champion" in model.aliases:
        client.delete_registered_model_alias("small", "champion")
    for tag in model.tags:
        client.delete_registered_model_tag("small", tag)
    return runs


def promote(run: str, *arguments: object, code: int = 0) -> Result:
    return call("promote", run, "--why", "a reason", "--by", "amal", "--gates", "gates.yaml", *arguments, code=code)


def test_a_model_with_one_sector_made_worse_is_refused_and_the_sector_named(store):
    good, worse = store
    assert promote(good).stdout.endswith("models:/small@champion is version 1\n")
    refused = promote(worse, code=1)
    assert "version 2 of small is refused as champion in place of version 1:" in refused.stderr
    assert (
        "classes: sectors sport: F1 0.000 on sample-test, the champion's is 0.667; at most 0.1 less" in refused.stderr
    )
    table = [line.split() for line in refused.stdout.splitlines()]
    shown = {words[0]: words[1] for words in table if len(words) > 1 and words[1] in ("passed", "refused")}
    assert shown == {
        "classes": "refused", "figures": "passed", "calibration": "passed", "speed": "passed",
        "robustness": "passed", "smoke": "passed",
    }  # fmt: skip


def test_the_champion_is_what_info_and_tag_take(store, tracked):
    promote(store[0])
    described = json.loads(call("info", "models:/small@champion", "--json").stdout)
    assert described["sha256"] == tracked.result.model.digest
    article = sample.load("demo")[0]
    Path("a.jsonl").write_text(json.dumps({"text": article.text}) + "\n", encoding="utf-8")
    tagged = json.loads(call("tag", "a.jsonl", "--model", "models:/small@champion").stdout)
    assert tagged["sector"] == Predictor(tracked.result.model).tag(article.text).sector


def test_a_rollback_restores_and_history_lists_everything_the_newest_first(store):
    good, worse = store
    Path("gates.yaml").write_text(yaml.safe_dump(GATES | {"classes": GATES["classes"] | {"margin": 1.0}}))
    promote(good)
    promote(worse)
    Path("gates.yaml").write_text(yaml.safe_dump(GATES))
    rolled = call("rollback", "small", "--why", "sport is gone", "--by", "badr")
    assert rolled.stdout == "models:/small@champion is version 1 again, in place of version 2\n"
    promote(worse, code=1)
    lines = call("history", "small").stdout.splitlines()
    assert lines[0] == "models:/small@champion is version 1"
    heads = [line.partition("UTC  ")[2] for line in lines if "UTC" in line]
    assert heads == [
        "refused: version 1 → version 2, by amal",
        "rolled back: version 2 → version 1, by badr",
        "promoted: version 1 → version 2, by amal",
        "promoted: no champion → version 1, by amal",
    ]
    assert "  why: sport is gone" in lines
    assert any(line.startswith("  classes: sector sport: F1") for line in lines)


def test_history_says_what_became_of_a_promotion(store, registered, monkeypatch):
    promote(store[0])
    client = load_mlflow().MlflowClient(registered[0])
    with monkeypatch.context() as patched:
        patched.setattr(type(client), "set_registered_model_alias", _cut_off)
        CliRunner().invoke(main, ["promote", store[1], "--why", "x", "--as-first", "--gates", "gates.yaml"])
    promote(store[1], "--as-first")
    client.set_registered_model_alias("small", "champion", "1")
    lines = call("history", "small").stdout.splitlines()
    heads = [line.partition("   (")[2] for line in lines if "UTC" in line]
    assert heads == ["in effect, until the alias was moved by other means)", "cut off: the alias was not moved)", ""]
    assert lines.count("  judged as the first one is, not against the champion: --as-first") == 2


def _cut_off(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_name_with_a_quote_is_a_message(store):
    del store
    assert "expected one without a quote" in call("history", "o'hare", code=1).stderr


def test_a_rollback_says_which_versions_it_passed_over(store, registered):
    client = load_mlflow().MlflowClient(registered[0])
    promote(store[0])
    gone = client.create_model_version("small", "file:///nowhere").version
    client.set_registered_model_alias("small", "champion", gone)
    promote(store[1], "--as-first")
    client.delete_model_version("small", gone)
    assert call("rollback", "small", "--why", "x").stdout.splitlines() == [
        "models:/small@champion is version 1 again, in place of version 2",
        f"passed over, no longer registered: version {gone}",
    ]


def test_history_as_json_has_all_fields(store):
    promote(store[0])
    (record,) = json.loads(call("history", "small", "--json").stdout)
    assert (record["what"], record["who"], record["why"], record["before"], record["after"], record["run_id"]) == (
        "promoted", "amal", "a reason", None, 1, store[0],
    )  # fmt: skip


def test_promote_as_json_has_what_each_gate_found(store):
    said = json.loads(promote(store[1], "--json", "--dry-run").stdout)
    assert (said["after"], said["passed"], said["dry_run"]) == (2, True, True)
    assert {"gate": "classes", "passed": True, "problems": [], "notes": [FIRST]} in said["gates"]


def test_a_dry_run_says_what_would_be_done(store):
    assert promote(store[0], "--dry-run").stdout.endswith("would be champion; nothing was changed\n")
    said = call("history", "small").stdout.splitlines()
    assert said == ["small has no champion", "nothing was promoted yet: khabar promote RUN --why TEXT"]


def test_the_champion_is_said_to_be_champion_already(store):
    promote(store[0])
    assert promote(store[0]).stdout == "version 1 of small is champion already; nothing was changed\n"


def test_who_does_it_is_the_systems_user_by_default(store, monkeypatch):
    monkeypatch.setenv("LOGNAME", "salma")
    call("promote", store[0], "--why", "a reason", "--gates", "gates.yaml")
    assert json.loads(call("history", "small", "--json").stdout)[0]["who"] == "salma"


def test_a_rollback_without_a_champion_is_a_message(store):
    del store
    assert "small has no champion to roll back" in call("rollback", "small", "--why", "x", code=1).stderr


def test_a_reason_has_to_be_given(store):
    assert "Missing option '--why'" in call("promote", store[0], code=2).stderr


@pytest.mark.parametrize("command", [("history", "smal"), ("rollback", "smal", "--why", "x")])
@pytest.mark.usefixtures("store")
def test_a_model_that_is_not_registered_is_named_with_those_that_are(command):
    assert "No model 'smal' is registered" in call(*command, code=1).stderr


@pytest.mark.parametrize("command", ["promote", "rollback", "history"])
def test_help_of_a_command_imports_nothing_of_the_training_side(command):
    heavy = "{'mlflow', 'sklearn', 'scipy', 'pandas', 'matplotlib', 'numpy', 'rich', 'pydantic'}"
    code = "import sys\nfrom khabar.inference.cli import main\n"
    code += f"main(['{command}', '--help'], standalone_mode=False)\nprint(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_store_that_is_not_there_is_a_message_and_is_not_made(tmp_path):
    uri = f"sqlite:///{tmp_path / 'none.db'}"
    assert "There is no sqlite:" in call("history", "--tracking-uri", uri, code=1).stderr
    assert not (tmp_path / "none.db").exists()
