"""Which figures of others stand beside ours in the leaderboard, each with where it was found."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files

READ_TWICE = "read twice"


@dataclass(frozen=True)
class Anchor:
    """A figure that others report, or the note that none was found.

    Attributes
    ----------
    protocol, task, corpus, metric : str
        What it is a figure of, as in `khabar.training.outcomes.Outcome`; or, of the protocol "read twice", what two
        readers agree on.
    system : str
    value : str
        As it was given: ".95+", ".839 to .843"; empty where no work was found that reports it.
    source : str
        Where it was found.
    note : str
        Where the comparison limps.
    """

    protocol: str
    task: str
    corpus: str
    metric: str
    system: str = ""
    value: str = ""
    source: str = ""
    note: str = ""


def _load() -> tuple[Anchor, ...]:
    table = tomllib.loads(files(__package__).joinpath("anchors.toml").read_text(encoding="utf-8"))
    return tuple(Anchor(**row) for row in table["anchor"])


ANCHORS: tuple[Anchor, ...] = _load()
