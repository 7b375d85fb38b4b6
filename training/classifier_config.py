"""What a system of linear classifiers is told: features and head for topic, tone and stance, read from a YAML file."""

from pathlib import Path
from typing import Literal, get_args

from pydantic import Field, ValidationError, field_validator

from khabar.inference.errors import ConfigError
from khabar.training.config import BlockConfig, Positive
from khabar.training.config_data import Section, checked_name
from khabar.training.config_file import read_yaml
from khabar.training.config_problem import reworded
from khabar.training.linear import Loss

Task = Literal["topic", "tone", "stance"]
TASKS: tuple[Task, ...] = get_args(Task)

Reading = Literal["article", "shared", "text_only", "target_only"]


class ReadingBlock(BlockConfig):
    """A block of features, and what of an article it reads.

    Attributes
    ----------
    reads : {"article", "shared", "text_only", "target_only"}
        Title and text; or, of an article and the target of its stance, the words that both have, those that only the
        article has, and those that only the target has. Where a target is a claim, what one of the two lacks tells
        more of the stance than what either says.
    """

    reads: Reading = "article"


class HeadConfig(Section):
    """How scores are fitted, see `khabar.training.linear.fit_softmax`."""

    loss: Loss = "squared_hinge"
    C: Positive = 1.0
    class_weight: Literal["balanced", "sqrt_balanced"] | None = None


class ClassifierConfig(Section):
    """A classifier that gives one label.

    Attributes
    ----------
    by_target : bool
        Whether a target that many training articles are about has a model of its own, see `classifier`.
    """

    blocks: dict[str, ReadingBlock] = Field(min_length=1)
    head: HeadConfig
    by_target: bool = False


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
