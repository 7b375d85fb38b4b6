"""What MLflow has of a sweep: one run, and one within it for each trial, however often the sweep was begun."""

from dataclasses import dataclass, replace
from pathlib import Path

import optuna
import orjson
import pytest
import yaml

from khabar import configs
from khabar.experiments.code_state import own_and_project_state
from khabar.experiments.sweep import TrialResult
from khabar.experiments.sweep_config import Sweep, SweepConfig
from khabar.experiments.sweep_results import best_yaml
from khabar.experiments.sweep_tracking import RUNS, check_store, tracked_sweep
from khabar.experiments.tracking_store import RUN_ID, Store, TrackingError, database, load_mlflow, opened
from khabar.training.config import load_config, parse_config
from khabar.training.events import Event

CONFIG = {
    "name": "toy",
    "base": "sample",
    "search": {
        "heads.sector.C": {"low": 0.1, "high": 64.0, "log": True},
        "heads.tone.class_weight": {"choices": ["balanced", None]},
    },
    "objective": "tone.macro_f1",
    "trials": 4,
}
SWEEP = Sweep(SweepConfig.model_validate(CONFIG), load_config(configs.find("sample")).to_dict())


def result(number: int, value: float, *, pruned: bool = False) -> TrialResult:
    folds = tuple({"tone.macro_f1": value, "sector.accuracy": 0.5} for _ in range(2 if pruned else 5))
    params = {"heads.sector.C": float(number + 1), "heads.tone.class_weight": None}
    return TrialResult(number, params, value, folds, pruned, 7 + number, 1000.0 + number, 2000.0 + number)


RESULTS = [result(0, 0.5), result(1, 0.7), result(2, 0.4, pruned=True), result(3, 0.6)]


@dataclass
class Tracking:
    """A store of MLflow's, a study, and what was said."""

    store: Store
    study: optuna.Study
    said: list[Event]

    def sweep(
        self,
        *sent: list[TrialResult],
        fails: BaseException | None = None,
        experiment: str = "toy",
        sweep: Sweep | None = None,
    ) -> str:
        """Track a sweep that has these results one after the other."""
        with tracked_sweep(
            self.store, experiment, SWEEP if sweep is None else sweep, self.study, "khabar sweep toy", self.said.append
        ) as run:
            for results in sent:
                run(results)
            if fails is not None:
                raise fails
        return run.run_id

    def run(self):
        (run,) = self.store.mlflow.search_runs(
            search_all_experiments=True, filter_string="tags.`khabar.kind` = 'sweep'", output_format="list"
        )
        return run

    def trials(self):
        runs = self.store.mlflow.search_runs(
            search_all_experiments=True, filter_string="tags.`khabar.kind` = 'trial'", output_format="list"
        )
        return {int(run.data.tags["khabar.trial"]): run for run in runs}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Making a store takes seconds; each test has experiments of its own."""
    uri = f"sqlite:///{tmp_path_factory.mktemp('store') / 'mlflow.db'}"
    load_mlflow()
    return uri


@pytest.fixture
def tracking(store: str):
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with opened(store) as module:
        yield Tracking(module, optuna.create_study(), [])
        for run in module.mlflow.search_runs(search_all_experiments=True, output_format="list"):
            module.mlflow.MlflowClient().delete_run(run.info.run_id)


def test_the_run_of_a_sweep_says_what_was_searched_and_found(tracking: Tracking) -> None:
    assert tracking.sweep(RESULTS) == tracking.run().info.run_id
    run = tracking.run()
    assert run.info.status == "FINISHED"
    assert run.data.params["search.heads.sector.C"] == "0.1 to 64.0, log"
    assert run.data.params["search.heads.tone.class_weight"] == "balanced | null"
    assert (run.data.params["seed"], run.data.params["base"]) == ("0", "sample")
    assert run.data.metrics == {"objective": 0.7, "trials": 4, "pruned": 1}
    assert run.data.tags["khabar.best_trial"] == "1"
    folder = Path(run.info.artifact_uri.removeprefix("file://"))
    assert {path.name for path in folder.iterdir()} == {"config.yaml", "base.yaml", "trials.json", "best.yaml"}
    assert [trial["number"] for trial in orjson.loads((folder / "trials.json").read_bytes())] == [0, 1, 2, 3]
    best = parse_config(yaml.safe_load((folder / "best.yaml").read_text(encoding="utf-8")), "best.yaml")
    assert best == SWEEP.trial(RESULTS[1].params, "trial")


def test_the_run_of_a_trial_has_its_values_and_the_figures_of_each_fold(tracking: Tracking) -> None:
    run_id = tracking.sweep(RESULTS)
    trials, client = tracking.trials(), tracking.store.mlflow.MlflowClient()
    assert set(trials) == {0, 1, 2, 3}
    for number, run in trials.items():
        assert run.data.tags["mlflow.parentRunId"] == run_id
        assert run.data.params["heads.sector.C"] == str(float(number + 1))
        assert run.data.params["seed"] == str(7 + number)
        assert run.info.status == "FINISHED"
        assert (run.info.start_time, run.info.end_time) == (1_000_000 + number * 1000, 2_000_000 + number * 1000)
        assert run.data.metrics["objective"] == RESULTS[number].value
        steps = [metric.step for metric in client.get_metric_history(run.info.run_id, "tone.macro_f1")]
        assert sorted(steps) == list(range(1, len(RESULTS[number].folds) + 1))
    assert {n: run.data.tags.get("khabar.pruned") for n, run in trials.items()} == {
        0: None, 1: None, 2: "after fold 2", 3: None,
    }  # fmt: skip


def test_a_sweep_that_goes_on_goes_on_in_its_run(tracking: Tracking) -> None:
    with pytest.raises(KeyboardInterrupt):
        tracking.sweep([], RESULTS[:2], fails=KeyboardInterrupt())
    assert tracking.run().info.status == "KILLED"
    before = {number: run.info.run_id for number, run in tracking.trials().items()}
    assert set(before) == {0, 1}
    tracking.sweep(RESULTS[:2], RESULTS)
    assert tracking.run().info.status == "FINISHED"
    after = {number: run.info.run_id for number, run in tracking.trials().items()}
    assert set(after) == {0, 1, 2, 3}
    assert before.items() <= after.items()


def test_a_trial_that_a_kill_left_half_sent_is_filled(tracking: Tracking) -> None:
    tracking.sweep(RESULTS[:1])
    client, run_id = tracking.store.mlflow.MlflowClient(), tracking.trials()[0].info.run_id
    client.update_run(run_id, status="RUNNING")
    tracking.sweep(RESULTS[:1])
    (again,) = tracking.trials().values()
    assert (again.info.run_id, again.info.status) == (run_id, "FINISHED")
    assert len(client.get_metric_history(run_id, "tone.macro_f1")) == 5


def test_a_run_that_was_deleted_is_made_anew(tracking: Tracking) -> None:
    first = tracking.sweep(RESULTS)
    tracking.store.mlflow.MlflowClient().delete_run(first)
    assert tracking.sweep(RESULTS) == tracking.run().info.run_id != first


def test_another_experiment_gets_a_run_of_its_own_with_all_trials(tracking: Tracking) -> None:
    first = tracking.sweep(RESULTS[:2])
    other = tracking.sweep(RESULTS, experiment="other")
    assert other != first
    client = tracking.store.mlflow.MlflowClient()
    names = [client.get_experiment(client.get_run(run).info.experiment_id).name for run in (first, other)]
    assert names == ["toy", "other"]
    assert tracking.sweep(RESULTS) == first


def test_a_joined_run_is_named_with_the_experiment_it_is_in(tracking: Tracking, monkeypatch) -> None:
    client = tracking.store.mlflow.MlflowClient()
    joined = client.create_run(client.create_experiment("of mlflow run")).info.run_id
    monkeypatch.setenv(RUN_ID, joined)
    with tracked_sweep(tracking.store, "toy", SWEEP, tracking.study, "khabar sweep toy", tracking.said.append) as run:
        assert (run.run_id, run.experiment) == (joined, "of mlflow run")


def test_a_store_of_the_same_name_in_another_folder_is_another_one(tracking: Tracking, tmp_path, monkeypatch) -> None:
    first = tracking.sweep(RESULTS)
    file = database(tracking.store.uri)
    monkeypatch.chdir(file.parent)
    here = Store(tracking.store.mlflow, f"sqlite:///{file.name}")
    assert replace(tracking, store=here).sweep(RESULTS) == first
    kept = dict(tracking.study.user_attrs[RUNS])
    monkeypatch.chdir(tmp_path)
    replace(tracking, store=here).sweep(RESULTS)
    assert set(kept) < set(tracking.study.user_attrs[RUNS])


def test_a_base_that_is_written_in_another_way_goes_on_in_the_run(tracking: Tracking) -> None:
    first = tracking.sweep(RESULTS[:2])
    again = Sweep(SWEEP.config.model_copy(update={"base": "./sample.yaml"}), SWEEP.base)
    assert tracking.sweep(RESULTS, sweep=again) == first
    assert tracking.run().data.params["base"] == "sample"


def test_the_commit_is_that_of_khabar_wherever_it_is_run(tracking: Tracking, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    tracking.sweep(RESULTS)
    own = own_and_project_state()
    assert own.items() <= tracking.run().data.tags.items()
    assert own.keys() == {key for key in tracking.run().data.tags if "git." in key and not key.startswith("mlflow.")}


def test_a_sweep_that_fails_leaves_a_failed_run(tracking: Tracking) -> None:
    with pytest.raises(ValueError, match="broken"):
        tracking.sweep(RESULTS, fails=ValueError("broken"))
    assert tracking.run().info.status == "FAILED"


# A name that MLflow refuses: as good as a store that is away.
LOST = [RESULTS[0], replace(RESULTS[1], params={"heads.sector.C" * 40: 1.0})]


def test_a_store_that_goes_away_stops_no_sweep_and_gets_the_rest_at_the_end(tracking: Tracking) -> None:
    tracking.sweep(LOST, RESULTS)
    assert [str(event).partition(":")[0] for event in tracking.said] == [
        "MLflow cannot be reached any more, the sweep goes on without it"
    ]
    assert {number: run.info.status for number, run in tracking.trials().items()} == dict.fromkeys(range(4), "FINISHED")


def test_a_store_that_stays_away_gets_the_rest_when_the_sweep_is_run_again(tracking: Tracking) -> None:
    run_id = tracking.sweep(RESULTS[:1], LOST)
    assert f"MLflow lacks trials of the run {run_id}" in str(tracking.said[-1])
    assert tracking.run().info.status == "RUNNING"
    tracking.sweep(RESULTS)
    assert tracking.run().info.status == "FINISHED"
    assert {number: run.info.status for number, run in tracking.trials().items()} == dict.fromkeys(range(4), "FINISHED")


@pytest.mark.parametrize(("name", "message"), [("none/mlflow.db", "mkdir"), ("text.db", "file is not a database")])
def test_a_store_that_cannot_be_used_is_said_before_anything_is_fitted(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "text.db").write_text("text" * 1000, encoding="ascii")
    with opened(f"sqlite:///{tmp_path / name}") as store:
        for begin in (lambda: check_store(store, "toy"), Tracking(store, optuna.create_study(), []).sweep):
            with pytest.raises(TrackingError, match=message):
                begin()


def test_the_best_config_says_where_it_is_from() -> None:
    first, *_ = best_yaml(SWEEP, RESULTS).splitlines()
    assert first == "# Trial 1 of the sweep toy, the best of 4: 0.7000 (tone.macro_f1; mean of folds)."
