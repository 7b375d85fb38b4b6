"""Which articles a user means by the name of a corpus."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from khabar import configs
from khabar.inference.errors import ConfigError
from khabar.training.config import load_config
from khabar.training.config_data import Source
from khabar.training.config_problem import nearest, reworded


def named_source(corpus: str, config: str | None = None) -> Source:
    """Give the source that a user calls by a name.

    Parameters
    ----------
    corpus : str
        `corpus/part`, `corpus`, the path of a file with khabar's own columns, or a source of the config.
    config : str, optional
        The training config that names it: a path, or the name of one that ships.

    Raises
    ------
    ConfigError
        There is no such corpus, part, file or source.
    """
    if config is not None:
        data = load_config(configs.find(config)).data
        sources = {source.name: source for source in (*data.train, *data.evaluate)}
        if corpus not in sources:
            known = ", ".join(sources)
            raise ConfigError(f"{config}: found no source {corpus!r}, expected {known}{nearest(corpus, sources)}")
        return sources[corpus]
    name, _, part = corpus.partition("/")
    values: dict[str, Any] = {"corpus": name, "part": part or None}
    if Path(corpus).suffix or Path(corpus).exists():
        fields = ("text", "title", "id", "sectors", "tone")
        values = {"path": corpus, "columns": {field: field for field in fields}}
    try:
        return Source.model_validate(values)
    except ValidationError as error:
        raise ConfigError(reworded(error, Source, corpus)) from error
