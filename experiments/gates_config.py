"""What a model has to pass to become champion: the keys of a YAML file such as configs/gates.yaml."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError

from khabar.experiments.tracking_store import mlflow_name
from khabar.inference.errors import ConfigError
from khabar.training.config_data import Section
from khabar.training.config_file import read_yaml
from khabar.training.config_heads import Share
from khabar.training.config_problem import reworded

# Of `khabar.training.figures.Report.metrics`: those of which more is better.
Figure = Literal[
    "sector.accuracy", "sector.macro_f1", "sector.in_readers_set", "sector.accuracy_at_80",
    "sectors.micro_f1", "sectors.macro_f1",
    "tone.accuracy", "tone.macro_f1", "tone.accuracy_at_80",
    "stance.accuracy", "stance.macro_f1", "stance.accuracy_at_80",
]  # fmt: skip
# Named as in a training config, annotations/dev, or as in MLflow, annotations-dev.
SourceName = Annotated[str, Field(min_length=1), AfterValidator(mlflow_name)]
Sources = Annotated[tuple[SourceName, ...], Field(min_length=1)]
Fewest = Annotated[int, Field(ge=1)]


class ClassesGate(Section):
    """No class may be worse than the champion's by more than a margin.

    Attributes
    ----------
    sources : tuple of str
        The articles that both are compared on; `out-of-fold` is those trained on.
    margin : float
        How much less the F1 of a sector, tone or stance may be.
    fewest : int
        A class that fewer articles of a source have is not judged there.
    """

    sources: Sources
    margin: Share
    fewest: Fewest


class FiguresGate(Section):
    """No main figure may be worse than the champion's by more than its margin, or below its lowest value.

    Attributes
    ----------
    sources : tuple of str
    margins : dict of str to float
        By figure.
    fewest : int
        A source with fewer articles is not judged.
    lowest : dict of str to dict of str to float
        By source and figure, whatever the champion has.
    """

    sources: Sources
    margins: Annotated[dict[Figure, Share], Field(min_length=1)]
    fewest: Fewest
    lowest: dict[SourceName, dict[Figure, Share]] = {}


class CalibrationGate(Section):
    """The probabilities of a head may be off by so much on average.

    Attributes
    ----------
    sources : tuple of str
    most : dict of str to float
        By head, the highest expected calibration error.
    fewest : int
        A source with fewer articles is not judged: the error of few is chance.
    """

    sources: Sources
    most: Annotated[dict[Literal["sector", "tone", "stance"], Share], Field(min_length=1)]
    fewest: Fewest


class SpeedGate(Section):
    """The shipped sample is to be tagged about as fast as by the champion.

    Attributes
    ----------
    share : float
        Of the champion's speed, at least.
    rounds : int
        Both tag the sample in turn so many times; the median counts.
    """

    share: float = Field(gt=0, allow_inf_nan=False)
    rounds: int = Field(ge=1)


class RobustnessGate(Section):
    """No perturbation of the shipped sample may move more tags than it moves of the champion's.

    Attributes
    ----------
    margin : float
        How much more of the articles may change their tags.
    fewest : int
        A perturbation that changes fewer articles is not judged.
    """

    margin: Share
    fewest: Fewest


class GatesConfig(Section):
    """All gates. That the model loads and is the one that was judged is asked whatever the config says."""

    classes: ClassesGate
    figures: FiguresGate
    calibration: CalibrationGate
    speed: SpeedGate
    robustness: RobustnessGate


def load_gates(path: Path) -> GatesConfig:
    """Read a YAML file, such as `khabar.configs.find("gates")`.

    Raises
    ------
    ConfigError
        There is no such file, it is no YAML, or a key is wrong.
    """
    try:
        return GatesConfig.model_validate(read_yaml(path, "a config of gates"))
    except ValidationError as error:
        raise ConfigError(reworded(error, GatesConfig, str(path))) from error
