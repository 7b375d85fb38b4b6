"""What a system of linear classifiers is told: features and head for topic, tone and stance, read from a YAML file."""

from pathlib import Path
from typing import Literal, get_args

from pydantic import Field, ValidationError, field_validator

from khabar.datasets.catalog import CATALOG
from khabar.inference.errors import ConfigError
from khabar.training.config_data import Section, checked_name
from khabar.training.config_file import read_yaml
from khabar.training.config_heads import FitConfig, Positive, StanceBlock
from khabar.training.config_problem import listed, nearest, reworded

Task = Literal["topic", "tone", "stance"]
TASKS: tuple[Task, ...] = get_args(Task)

POST = "post"


class ReadingBlock(StanceBlock):
    """A block of features, and what it reads: of an article, or of an article and the target of its stance.

    Attributes
    ----------
    reads : str
        One of `khabar.inference.readings.READINGS`; or `post`: title and text as `khabar.training.posts` reads them.
    """

    reads: str = "article"

    @field_validator("reads")
    @classmethod
    def _is_a_reading(cls, value: str) -> str:
        return value if value == POST else super()._is_a_reading(value)


class HeadConfig(FitConfig):
    """How scores are fitted, see `khabar.training.linear.fit_softmax`.

    Attributes
    ----------
    offsets : bool
        Whether the scores of a target with a model of its own get offsets by which the corpus's metric is highest on
        articles that a fit did not see, see `khabar.training.offsets`.
    nb_power : float
        Features are scaled by what they tell of the classes, to this power; see `khabar.training.nb_weights`.
    """

    offsets: bool = False
    nb_power: float = Field(default=0.0, ge=0)


class ClassifierConfig(Section):
    """A classifier that gives one label.

    Attributes
    ----------
    by_target : bool
        Whether a target that many training articles are about has a model of its own, see `classifier`.
    general_share : float
        Of the scores of such a target, how much comes from the model of all targets.
    elsewhere : HeadConfig, optional
        How scores are fitted where what is tested is of other outlets or corpora than what is trained on: what a
        corpus says is then to be believed less. By default as within a corpus.
    further : dict of str to dict of str to float
        What is trained on beside a corpus, where it is tested on a part of itself: other corpora and how much an
        article of theirs counts.
    """

    blocks: dict[str, ReadingBlock] = Field(min_length=1)
    head: HeadConfig
    by_target: bool = False
    general_share: float = Field(default=0.0, ge=0, lt=1)
    elsewhere: HeadConfig | None = None
    further: dict[str, dict[str, Positive]] = {}

    @field_validator("further")
    @classmethod
    def _are_other_corpora(cls, value: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        for corpus, others in value.items():
            for name in (corpus, *others):
                if name not in CATALOG:
                    raise ValueError(f"found {name!r}, expected one of {listed(CATALOG)}{nearest(name, CATALOG)}")
            if corpus in others:
                raise ValueError(f"found {corpus} beside itself, expected other corpora")
        return value

    def for_elsewhere(self) -> "ClassifierConfig":
        """Give the classifier that is to tell the articles of other outlets."""
        return self if self.elsewhere is None else self.model_copy(update={"head": self.elsewhere})


class SystemConfig(Section):
    """A system: one classifier a task. Its name is how results call it."""

    name: str
    topic: ClassifierConfig
    tone: ClassifierConfig
    stance: ClassifierConfig

    @field_validator("name")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        return checked_name(value)

    def classifier(self, task: Task) -> ClassifierConfig:
        """Give the classifier of a task."""
        return {"topic": self.topic, "tone": self.tone, "stance": self.stance}[task]


def load_system(path: Path) -> SystemConfig:
    """Read a YAML file, such as `khabar.configs.find("baseline")`.

    Raises
    ------
    ConfigError
        There is no such file, it is no YAML, or a key is wrong.
    """
    values = read_yaml(path, "a system's config")
    try:
        return SystemConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError(reworded(error, SystemConfig, str(path))) from error
