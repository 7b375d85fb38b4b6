"""A config of a model that ships is refused, before anything is read, if it trains on what may not ship."""

from pathlib import Path
from typing import Any

import pytest

from khabar import configs
from khabar.datasets.catalog import CATALOG
from khabar.inference.errors import ConfigError
from khabar.training.config import load_config, parse_config
from khabar.training.config_data import Source
from khabar.training.release import release_problems

SHIPS = {"corpus": "sanad-khaleej"}
STAYS = {"corpus": "saudinewsnet"}
OWN = {"path": "nowhere/mine.csv", "columns": {"sectors": "topic"}}


def release(values: dict[str, Any], *train: dict[str, Any], **data: Any) -> dict[str, Any]:
    return values | {"release": True, "data": {"train": list(train), **data}}


def test_a_corpus_that_may_not_ship_is_refused_with_its_licence_those_that_may_and_what_to_do(
    values: dict[str, Any],
) -> None:
    with pytest.raises(ConfigError) as error:
        parse_config(release(values, SHIPS, STAYS), "my.yaml")
    message = str(error.value)
    assert message.startswith("my.yaml: data.train.1: found saudinewsnet, licence: CC BY-NC-SA 4.0, research only;")
    named = message.partition("only ")[2].partition(";")[0].split(", ")
    assert named == [name for name, entry in CATALOG.items() if entry.ships]
    assert message.endswith("remove it, or set release: false")


def test_the_same_sources_may_train_a_model_that_stays(values: dict[str, Any]) -> None:
    config = parse_config(release(values, SHIPS, STAYS) | {"release": False}, "my.yaml")
    assert not config.release
    assert not parse_config(values, "my.yaml").release


def test_what_may_not_ship_may_not_be_unlabelled_either(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"data\.unlabelled\.0: found saudinewsnet, licence"):
        parse_config(release(values, SHIPS, unlabelled=[STAYS]), "my.yaml")


def test_what_is_only_evaluated_or_kept_away_may_be_anything(values: dict[str, Any]) -> None:
    apart = {"evaluate": [STAYS], "without_near_duplicates_of": [STAYS, {"corpus": "annotations", "part": "dev"}]}
    assert parse_config(release(values, SHIPS, **apart), "my.yaml").release


def test_annotated_articles_count_as_those_of_their_corpora() -> None:
    (problem,) = release_problems({"data.train": [Source(corpus="annotations", part="dev")]})
    assert problem.startswith("data.train.0: found saudinewsnet (annotations/dev draws on it), licence: CC BY-NC-SA")
    assert (
        release_problems(
            {"data.train": [Source(corpus="annotations", part="train"), Source(corpus="sample", part="train")]}
        )
        == []
    )


@pytest.mark.parametrize("licence", [{}, {"licence": ""}, {"licence": "Not stated"}])
def test_own_data_must_state_its_licence(values: dict[str, Any], licence: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"data\.train\.0: found nowhere/mine\.csv without a licence.*add licence"):
        parse_config(release(values, OWN | licence), "my.yaml")


def test_own_data_that_states_its_licence_is_not_even_looked_for(values: dict[str, Any]) -> None:
    config = parse_config(release(values, OWN | {"licence": "CC0"}), "my.yaml")
    assert not Path(str(config.data.train[0].path)).exists()


def test_each_source_that_may_not_ship_is_named_on_a_line_of_its_own(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as error:
        parse_config(release(values, OWN, STAYS), "my.yaml")
    assert [line.split(": found")[0] for line in str(error.value).splitlines()] == [
        "my.yaml: data.train.0",
        "my.yaml: data.train.1",
    ]


def test_the_model_that_ships_is_trained_by_a_release_config() -> None:
    assert load_config(configs.find("khabar")).release
