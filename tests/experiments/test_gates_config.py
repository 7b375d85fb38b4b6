"""The config of gates that ships is valid, and what is wrong in another is named."""

import pytest
import yaml

from khabar import configs
from khabar.experiments.gates_config import load_gates
from khabar.inference.errors import ConfigError


@pytest.fixture
def values():
    return yaml.safe_load(configs.find("gates").read_text(encoding="utf-8"))


def test_sources_are_named_as_in_a_training_config_or_as_in_mlflow(values, tmp_path):
    values["classes"]["sources"] = ["annotations/dev", "sample-test"]
    path = tmp_path / "gates.yaml"
    path.write_text(yaml.safe_dump(values))
    assert load_gates(path).classes.sources == ("annotations-dev", "sample-test")


def test_the_gates_that_ship_judge_the_shipped_models_sources():
    assert load_gates(configs.find("gates")).classes.sources == ("annotations-dev", "out-of-fold")


def test_the_gates_that_ship_judge_the_calibration_of_every_head():
    assert set(load_gates(configs.find("gates")).calibration.most) == {"sector", "tone", "stance"}


@pytest.mark.parametrize(
    ("section", "key", "value", "said"),
    [
        ("classes", "margins", 0.1, r"classes\.margins: unknown key; did you mean margin\?"),
        ("classes", "margin", 2, r"classes\.margin: found 2, expected less than or equal to 1"),
        ("classes", "sources", [], r"classes\.sources: found \[\], expected at least 1"),
        ("figures", "margins", {"sector.acuracy": 0.1}, r"figures\.margins\.sector\.acuracy.*did you mean sector"),
        ("figures", "margins", {}, r"figures\.margins: found \{\}, expected at least 1"),
        ("calibration", "most", {}, r"calibration\.most: found \{\}, expected at least 1"),
        ("speed", "rounds", 0, r"speed\.rounds: found 0, expected greater than or equal to 1"),
    ],
)
def test_what_is_wrong_is_named_by_its_key(values, tmp_path, section, key, value, said):
    values[section][key] = value
    path = tmp_path / "gates.yaml"
    path.write_text(yaml.safe_dump(values))
    with pytest.raises(ConfigError, match=said):
        load_gates(path)


def test_a_gate_that_is_left_out_is_named(values, tmp_path):
    del values["speed"]
    path = tmp_path / "gates.yaml"
    path.write_text(yaml.safe_dump(values))
    with pytest.raises(ConfigError, match="speed: missing; expected this key"):
        load_gates(path)
