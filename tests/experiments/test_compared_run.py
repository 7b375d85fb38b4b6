"""What two runs differ in beside their predictions is found, and what makes figures incomparable is said."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from khabar.experiments.compared_run import ComparedRun, Setting, apart
from khabar.experiments.predictions import Predictions, predictions_of
from khabar.experiments.tracked_runs import FoundRun
from khabar.inference.columns import TagColumns
from khabar.training.evaluate import Tagged

PARAMS = {"name": "a", "folds": "5", "fold_by": "outlet", "heads.tone.C": "1.0"}
DATA = {"annotations/train": "0" * 64}


def nothing(source: str) -> Predictions:
    return predictions_of("", source, Tagged(TagColumns((), ()), [], None))


def compared(params=PARAMS, data=DATA, tags=None, sources=("out-of-fold",)) -> ComparedRun:
    tags = {"git.commit": "0123456789abcdef", "git.dirty": "false"} | (tags or {})
    run = FoundRun("0" * 32, "a 1", "a", "FINISHED", datetime(2026, 1, 1, tzinfo=UTC), tags, dict(params), {})
    return ComparedRun(run, {name: nothing(name) for name in sources}, dict(data), {})


def test_runs_that_are_alike_differ_in_nothing():
    found = apart(compared(), compared(PARAMS | {"name": "b"}))
    assert (found.settings, found.data, found.warnings) == ((), (), ())


def test_settings_that_one_run_has_not_are_told_from_others():
    found = apart(compared(), compared({"name": "a", "folds": "5", "fold_by": "outlet", "blocks.lead.kind": "stem"}))
    assert found.settings == (Setting("heads.tone.C", "1.0", None), Setting("blocks.lead.kind", None, "stem"))


@pytest.mark.parametrize("data", [{"annotations/train": "1" * 64}, DATA | {"mine.csv": "2" * 64}, {}])
def test_other_data_is_warned_of(data):
    (warning,) = apart(compared(), compared(data=data)).warnings
    assert "trained on other data" in warning


@pytest.mark.parametrize(("key", "value"), [("folds", "4"), ("fold_by", "group")])
def test_other_folds_are_warned_of_where_their_figures_are_compared(key, value):
    (warning,) = apart(compared(), compared(PARAMS | {key: value})).warnings
    assert f"folds were made otherwise ({key})" in warning
    assert apart(compared(), compared(PARAMS | {key: value}, sources=("dev",))).warnings == ()


def test_other_sectors_are_warned_of():
    few = predictions_of("", "out-of-fold", Tagged(TagColumns(("economy", "sport"), ()), [], None))
    (warning,) = apart(compared(), replace(compared(), predictions={"out-of-fold": few})).warnings
    assert warning == "the runs know other sectors: sector and sectors are not compared"


@pytest.mark.parametrize("tags", [{"git.commit": "fedcba9876543210"}, {"git.dirty": "true"}])
def test_other_code_is_warned_of(tags):
    (warning,) = apart(compared(), compared(tags=tags)).warnings
    assert "the code may not have been the same: 0123456789; " in warning


def test_changes_that_no_commit_has_are_warned_of_even_where_both_runs_have_some():
    changed = compared(tags={"git.dirty": "true"})
    assert len(apart(changed, changed).warnings) == 1
