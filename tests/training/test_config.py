"""A config that is wrong is refused in the words of its author; one that is right is kept whole."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from khabar import configs
from khabar.inference.errors import ConfigError
from khabar.training.config import TrainConfig, load_config, parse_config

STANCE = {"a": {"kind": "word", "reads": "article"}}


def changed(values: dict[str, Any], key: str, value: object) -> dict[str, Any]:
    """Set a dotted key."""
    *path, last = key.split(".")
    at: Any = values
    for part in path:
        at = at[int(part)] if isinstance(at, list) else at[part]
    at[last] = value
    return values


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("heads.sector.blocs", ["words"], "heads.sector.blocs: unknown key; did you mean blocks?"),
        ("sede", 1, "sede: unknown key; did you mean seed?"),
        ("stance", {"heads": {}, "blocks": STANCE}, "stance.heads: unknown key; did you mean head?"),
        ("stance", {"blocks": {}}, "stance.blocks: found {}, expected at least 1"),
        ("stance", {"blocks": {"a": {"kind": "word"}}}, "stance.blocks.a.reads: missing; expected this key"),
        ("stance", {"blocks": {"a": STANCE["a"] | {"reads": "artcle"}}}, "found 'artcle', expected one of article"),
        (
            "stance",
            {"blocks": {"a": STANCE["a"] | {"unlabelled": True}}},
            "stance.blocks.a.unlabelled: found true, expected",
        ),
        ("stance", {"blocks": STANCE, "head": {"abstain_precision": 2}}, "stance.head.abstain_precision: found 2"),
        ("blocks.words.min_fd", 2, "blocks.words.min_fd: unknown key; did you mean min_df?"),
        ("heads.tone.secondary", 0.2, "heads.tone.secondary: unknown key; expected one of blocks, loss"),
        ("heads.sector.loss", "logistik", "heads.sector.loss: found 'logistik', expected 'logistic' or"),
        ("heads.sector.blocks", ["word"], "heads.sector.blocks: found 'word', expected words, stems; did you mean"),
        ("heads.sector.blocks", [], "heads.sector.blocks: found [], expected at least 1"),
        ("heads.sector.C", -1, "heads.sector.C: found -1, expected greater than 0"),
        ("heads.sectors.thresholds", "globl", "heads.sectors.thresholds: found 'globl', expected global, per_label"),
        ("blocks.words", 3, "blocks.words: found 3, expected the keys kind, ngrams"),
        ("blocks.words.ngrams", [2, 1], "blocks.words.ngrams: found [2, 1], expected the shorter length first"),
        ("blocks.idle", {"kind": "word"}, "blocks.idle: found no head over this block"),
        ("blocks.words.title_weight", 1001, "title_weight: found 1001, expected less than or equal to 1000"),
        ("name", "ours/news", "name: found 'ours/news', expected letters, digits, dash, underscore and dot only"),
        ("name", "news:1", "name: found 'news:1', expected letters, digits"),
        ("name", "news\n", "name: found 'news\\n', expected letters, digits"),
        ("version", 0.1, "version: found 0.1, expected a valid string"),
        ("sectors", ["econmy", "sport"], "did you mean economy?"),
        ("sectors", ["sport"], "sectors: found 1 sectors, expected two or more"),
        ("data.train", [], "data.train: found [], expected at least 1"),
        ("data.train", [{"corpus": "sampel"}], "found the corpus 'sampel', expected one of annotations, sample"),
        ("data.train", [{"corpus": "sample", "part": "dev"}], "found the part 'dev' of sample, expected train or test"),
        ("data.train", [{"corpus": "annotations", "part": "dev"}], "data: train names annotations/dev"),
        ("data.train", [{"path": "a.csv"}], "data.train.0: found no column of labels"),
        ("data.train", [{"path": "a.Parquet"}], "data.train.0: found no column of labels"),
        ("data.train", [{"path": "mine", "columns": {"text": "t"}}], "data.train.0: found no column of labels"),
        ("data.train", [{"path": "mine", "separator": "|"}], "data.train.0: found no column of labels"),
        (
            "data.train",
            [{"path": "mine", "columns": {"tone": "t"}, "folders": "tone"}],
            "data.train.0: found folders beside a column of labels",
        ),
        (
            "data.train",
            [{"path": "a.csv", "columns": {"tone": "t"}, "encoding": "windows-1256"}],
            "data.train.0: found encoding beside a column of labels",
        ),
        (
            "data.train",
            [{"path": "mine", "labels": {"tone": {"good": "positive"}}}],
            "data.train.0: found labels.tone, but nothing to read as tone; expected columns.tone, or folders: tone",
        ),
        ("data.train", [{"path": "mine", "folders": "sector"}], "data.train.0.folders: found 'sector', expected"),
        (
            "data.train",
            [{"path": "mine", "encoding": "windows1256"}],
            "expected 'utf-8' or 'windows-1256'; did you mean windows-1256?",
        ),
        ("data.train", [{"corpus": "sample", "part": "train", "encoding": "windows-1256"}], "encoding beside a corpus"),
        ("data.train", [{}], "data.train.0: found neither, expected either corpus or path"),
        ("data.evaluate", [{"corpus": "sample", "part": "train"}], "sample/train stands in both train and evaluate"),
        ("data.unlabelled", [{"corpus": "annotations", "part": "dev"}], "data: unlabelled names annotations/dev"),
        ("blocks.words.unlabelled", True, "blocks.words.unlabelled: found no data.unlabelled, expected some"),
        (
            "stance",
            {"blocks": {"a": STANCE["a"] | {"dimensions": 30}}},
            "stance.blocks.a.dimensions: found 30, expected no such key",
        ),
        (
            "heads.sector",
            {"blocks": ["words", "stems"], "sectors_share": 1},
            "heads.sector.sectors_share: found 1 with other blocks than those of heads.sectors, expected words",
        ),
        (
            "heads",
            {
                "sector": {"blocks": ["words"], "sectors_share": 1},
                "sectors": {"blocks": ["words"], "sector_share": 0.3},
                "tone": {"blocks": ["stems"]},
            },
            "heads.sectors.sector_share: found 0.3 beside heads.sector.sectors_share 1, expected 0",
        ),
    ],
)
def test_an_error_names_file_key_what_was_found_and_what_was_expected(
    values: dict[str, Any], key: str, value: object, message: str
) -> None:
    with pytest.raises(ConfigError) as error:
        parse_config(changed(values, key, value), "my.yaml")
    assert str(error.value).startswith("my.yaml: ")
    assert message in str(error.value)


def test_what_is_evaluated_on_is_not_learnt_from_without_its_labels_either(values: dict[str, Any]) -> None:
    values["data"] |= {"unlabelled": [{"corpus": "astd"}], "evaluate": [{"corpus": "astd"}]}
    with pytest.raises(ConfigError, match="astd stands in both unlabelled and evaluate"):
        parse_config(values, "my.yaml")


def test_every_problem_is_named_at_once(values: dict[str, Any]) -> None:
    values |= {"folds": 1, "sede": 2}
    del values["heads"]["tone"]["blocks"]
    with pytest.raises(ConfigError) as error:
        parse_config(values, "my.yaml")
    assert len(str(error.value).splitlines()) == 3
    assert "heads.tone.blocks: missing" in str(error.value)


def test_a_config_of_nothing_is_told_the_keys_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("")
    with pytest.raises(ConfigError, match="the file: found nothing, expected the keys name, version"):
        load_config(tmp_path / "empty.yaml")


def test_what_is_no_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("name: [a\nversion: b\n")
    with pytest.raises(ConfigError, match=r"bad\.yaml: is not valid YAML(.|\n)*line 2"):
        load_config(tmp_path / "bad.yaml")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read"):
        load_config(tmp_path / "none.yaml")


def test_a_list_of_blocks_stands_for_their_own_scales(config: TrainConfig) -> None:
    assert config.heads.sector.blocks == {"words": None, "stems": None}
    assert config.heads.tone.blocks == {"stems": 1.0}


def test_the_saved_form_is_the_same_config(config: TrainConfig) -> None:
    assert parse_config(config.to_dict(), "again") == config


@pytest.mark.parametrize("name", configs.names())
def test_each_config_that_ships_is_valid_and_found_by_name(name: str) -> None:
    assert load_config(configs.find(name)).data.train


def test_a_config_is_found_by_path(tmp_path: Path, values: dict[str, Any]) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(values))
    assert load_config(configs.find(str(path))).name == "toy"


@pytest.mark.parametrize("name", ["smaple", "nowhere/mine.yaml"])
def test_a_config_that_is_not_there_names_those_that_are(name: str) -> None:
    with pytest.raises(ConfigError, match="khabar, sample"):
        configs.find(name)
