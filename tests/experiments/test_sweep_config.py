"""What a sweep's config may say, and what is refused before anything is fitted."""

import pytest
import yaml

from khabar import configs
from khabar.experiments.sweep_config import load_sweep
from khabar.inference.errors import ConfigError

VALUES = {
    "name": "toy",
    "base": "sample",
    "search": {
        "heads.sector.C": {"low": 0.1, "high": 64.0, "log": True},
        "heads.tone.class_weight": {"choices": ["balanced", None]},
        "heads.sector.blocks.characters": {"low": 0.5, "high": 1.5},
        "blocks.stems.min_df": {"low": 1, "high": 3},
    },
    "objective": "tone.macro_f1",
    "trials": 5,
}


@pytest.fixture
def load(tmp_path):
    """Read a sweep whose config has other values."""

    def loaded(**changes):
        path = tmp_path / "sweep.yaml"
        path.write_text(yaml.safe_dump(VALUES | changes), encoding="utf-8")
        return load_sweep(path)

    return loaded


def test_a_trial_is_the_base_with_its_values(load):
    sweep = load()
    trial = sweep.trial(
        {"heads.sector.C": 2.0, "heads.sector.blocks.characters": 0.5, "blocks.stems.min_df": 3}, "trial"
    )
    assert trial.heads.sector.C == 2.0
    assert trial.heads.sector.blocks == {"stems": None, "characters": 0.5}
    assert trial.blocks["stems"].min_df == 3
    assert trial.to_dict()["heads"]["tone"] == sweep.base["heads"]["tone"]
    assert sweep.trial({}, "base").to_dict() == sweep.base


def test_an_objective_is_a_figure_or_weights_of_figures(load):
    assert load().config.objective == {"tone.macro_f1": 1.0}
    weights = {"sector.accuracy": 2, "tone.accuracy": 1}
    assert load(objective=weights).config.objective == weights


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"search": {}}, "search: found {}, expected at least 1"),
        ({"objective": "tone.f1"}, r"objective: found 'tone.f1', expected some of .*did you mean tone"),
        ({"objective": {"tone.accuracy": 0}}, r"objective.tone.accuracy: found 0, expected greater than 0"),
        ({"trials": 0}, "trials: found 0, expected greater than or equal to 1"),
        ({"trails": 3}, "trails: unknown key; did you mean trials"),
        ({"pruning": {"warmup": 3}}, "pruning.warmup: unknown key; did you mean warmup_folds"),
        ({"name": "a/b"}, "name: found 'a/b', expected letters"),
        ({"base": "sampel"}, "found no config 'sampel'"),
        ({"base": "baseline"}, "baseline.yaml: "),
    ],
)
def test_what_is_wrong_is_named(load, changes, message):
    with pytest.raises(ConfigError, match=message):
        load(**changes)


@pytest.mark.parametrize(
    "key", ["data.train", "name", "folds", "fold_by", "smoke", "release", "seed", "sectors", "stance.head.C", "blocks"]
)
def test_what_changes_the_question_cannot_be_searched(load, key):
    with pytest.raises(ConfigError, match=rf"search: found {key}, expected keys that begin with blocks\. or heads\."):
        load(search={key: {"choices": [1, 2]}})


@pytest.mark.parametrize("key", ["heads.tone.abstain_precision", "heads.sectors.thresholds"])
def test_what_scores_do_not_depend_on_cannot_be_searched(load, key):
    with pytest.raises(ConfigError, match=f"found {key}, expected keys that scores depend on"):
        load(search={key: {"low": 0.1, "high": 0.9}})


@pytest.mark.parametrize(
    ("key", "values", "message"),
    [
        ("heads.sector.c", {"low": 1, "high": 2}, r"heads.sector.c: unknown key; did you mean C\?"),
        (
            "heads.sectr.C",
            {"low": 1, "high": 2},
            r"no heads.sectr; expected one of sector, sectors, tone; did you mean",
        ),
        ("blocks.words.min_df", {"low": 1, "high": 2}, r"no blocks.words; expected one of stems, characters"),
        ("heads.sector.C.low", {"low": 1, "high": 2}, "heads.sector.C is no map of keys"),
        ("heads.sector.C.low.er", {"low": 1, "high": 2}, "no heads.sector.C.low; expected no deeper key"),
        ("heads.sector.C", {"low": 0.0, "high": 2.0}, "heads.sector.C: found 0.0, expected greater than 0"),
        ("heads.sector.rarity", {"low": 0.0, "high": 2.0}, "heads.sector.rarity: found 2.0, expected less than"),
        (
            "blocks.stems.min_df",
            {"low": 1.0, "high": 4.0},
            r"blocks.stems.min_df: found 2\.146, expected a valid integer",
        ),
        ("heads.tone.class_weight", {"choices": ["balanced", "balance"]}, "did you mean balanced"),
        ("heads.tone.blocks", {"choices": [["stems"], ["words"]]}, "heads.tone.blocks: found 'words'"),
    ],
)
def test_a_key_or_value_that_the_training_config_refuses_is_refused(load, key, values, message):
    with pytest.raises(ConfigError, match=message):
        load(search={key: values})


@pytest.mark.parametrize(
    ("key", "choices"),
    [
        ("heads.tone.C", [1, 2, 1.0]),
        ("heads.tone.blocks", [["stems", "characters"], ["characters", "stems"]]),
        ("heads.tone", [{"blocks": ["stems"]}, {"blocks": ["stems"], "C": 1}]),
    ],
)
def test_choices_that_make_the_same_training_config_are_refused(load, key, choices):
    with pytest.raises(ConfigError, match=rf"search: {key}: found .* and .*, which make the same training config"):
        load(search={key: {"choices": choices}})


@pytest.mark.parametrize(
    ("whole", "part"),
    [
        ("heads.tone", {"heads.tone.C": {"low": 0.1, "high": 1.0}}),
        ("heads.tone.blocks", {"heads.tone.blocks.characters": {"low": 0.1, "high": 1.0}}),
    ],
)
def test_keys_of_which_one_is_a_part_of_another_are_refused(load, whole, part):
    choices = {whole: {"choices": [{"stems": 1, "characters": 1}, {"stems": 1, "characters": 2}]}}
    for search in (choices | part, part | choices):
        with pytest.raises(ConfigError, match=f"search: found {whole} and {next(iter(part))}, which is a part of it"):
            load(search=search)


def test_keys_that_only_begin_alike_are_no_parts_of_one_another(load):
    both = {"heads.sector.C": {"low": 1.0, "high": 2.0}, "heads.sectors.C": {"low": 1.0, "high": 2.0}}
    assert set(load(search=both).config.search) == set(both)


def test_a_trial_leaves_the_values_it_is_made_of_as_they_are(load):
    blocks = {"stems": 1.0, "characters": 1.0}
    load().trial({"heads.tone.blocks": blocks, "heads.tone.blocks.characters": 2.0}, "trial")
    assert blocks == {"stems": 1.0, "characters": 1.0}


def test_a_space_of_billions_is_searched_without_being_listed(load):
    search = {"blocks.stems.max_features": {"low": 1000, "high": 10**9}, "heads.tone.C": {"low": 1, "high": 10**9}}
    assert load(search=search).config.trials == 5


def test_a_base_is_looked_up_beside_the_sweep_first_then_from_here(load, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for folder, name in ((tmp_path, "beside"), (tmp_path / "here", "here")):
        values = yaml.safe_load(configs.find("sample").read_text(encoding="utf-8")) | {"name": name}
        (folder / "base.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    assert load(base="base.yaml").base["name"] == "beside"
    (tmp_path / "base.yaml").unlink()
    assert load(base="base.yaml").base["name"] == "here"
    (tmp_path / "here" / "base.yaml").unlink()
    with pytest.raises(ConfigError, match=rf"base: base.yaml: .*looked up from {tmp_path}, then from here"):
        load(base="base.yaml")


def test_more_trials_than_combinations_are_refused(load):
    few = {"heads.tone.class_weight": {"choices": ["balanced", None]}, "blocks.stems.min_df": {"low": 1, "high": 2}}
    assert load(search=few, trials=4).config.trials == 4
    with pytest.raises(ConfigError, match="trials: found 5, expected at most 4"):
        load(search=few, trials=5)


def test_the_sweep_that_ships_is_one():
    assert load_sweep(configs.find("sweep")).config.trials == 20
