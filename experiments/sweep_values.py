"""Which values of one key a sweep searches: a range of numbers, or a list."""

from decimal import Decimal
from math import isfinite
from typing import Annotated, Any, Self

import orjson
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from pydantic import BeforeValidator, Field, field_validator, model_validator

from khabar.training.config_data import Section


def _checked_number(value: object) -> object:
    # Said here in one sentence; of a union, pydantic says it once for each member.
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value)):
        # YAML 1.1, which is what is read, takes 1e-3 for text.
        raise ValueError(f"found {value!r}, expected a number" + (", such as 1.0e-3" if value == str(value) else ""))
    return value


Number = Annotated[int | float, BeforeValidator(_checked_number)]


class Searched(Section):
    """The values of a key that trials take.

    Attributes
    ----------
    low, high : int or float
        The ends, both of which are searched. Whole numbers where both are written as such.
    log : bool
        Whether the logarithm of values is spread evenly.
    step : int or float, optional
        Values are `low` and multiples of this above it.
    choices : tuple, optional
        Any values of YAML.
    """

    low: Number | None = None
    high: Number | None = None
    log: bool = False
    step: Number | None = None
    choices: tuple[Any, ...] | None = Field(default=None, min_length=2)

    @field_validator("choices")
    @classmethod
    def _differ(cls, value: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
        written = [_written(choice) for choice in value or ()]
        if twice := [name for name in written if written.count(name) > 1]:
            raise ValueError(f"found {twice[0]} twice, expected values that differ")
        return value

    @model_validator(mode="after")
    def _is_a_range_or_a_list(self) -> Self:
        if self.choices is not None:
            if set(self.model_fields_set) - {"choices"}:
                raise ValueError("found choices beside a range, expected either")
            return self
        if self.low is None or self.high is None:
            raise ValueError("expected low and high, or choices")
        if self.low >= self.high:
            raise ValueError(f"found low {self.low} and high {self.high}, expected low below high")
        if self.log and (self.low <= 0 or self.step is not None):
            raise ValueError(
                "found log: true with a low of 0 or less, or with a step; expected low above 0 and no step"
            )
        if self.step is not None and (
            self.step <= 0 or (Decimal(str(self.high)) - Decimal(str(self.low))) % Decimal(str(self.step))
        ):
            raise ValueError(f"found the step {self.step}, expected one that leads from {self.low} to {self.high}")
        return self

    @property
    def whole(self) -> bool:
        """Whether a range is of whole numbers."""
        return all(isinstance(number, int) for number in (self.low, self.high, self.step) if number is not None)

    def distribution(self) -> BaseDistribution:
        """Give what Optuna draws from; choices stand in it as they are written in JSON, or as their own text."""
        if self.choices is not None:
            return CategoricalDistribution([_written(choice) for choice in self.choices])
        low, high = self._ends()
        if self.whole:
            return IntDistribution(int(low), int(high), log=self.log, step=int(self.step or 1))
        return FloatDistribution(float(low), float(high), log=self.log, step=self.step)

    def value(self, drawn: Any) -> Any:
        """Give the value that something drawn from `distribution` stands for."""
        if self.choices is None:
            return drawn
        return next(choice for choice in self.choices if _written(choice) == drawn)

    def every(self) -> list[Any] | None:
        """Give all that can be drawn, in order; None if that is no list."""
        if self.choices is not None:
            return [_written(choice) for choice in self.choices]
        low, high = self._ends()
        step = self.step or (1 if self.whole else None)
        if step is None:
            return None
        count = int((Decimal(str(high)) - Decimal(str(low))) / Decimal(str(step)))
        return [low + at * step for at in range(count + 1)]

    def examples(self) -> list[Any]:
        """Give values to check before any is drawn: all choices, or both ends and one in between."""
        if self.choices is not None:
            return list(self.choices)
        low, high = self._ends()
        # Of a range without steps, most likely no whole number: the key may want one.
        between = low + (self.step or (1 if self.whole else (high - low) * 0.382))
        return [low, between, high]

    def __str__(self) -> str:
        if self.choices is not None:
            return " | ".join(map(_written, self.choices))
        parts = [f"{self.low} to {self.high}", "log" if self.log else "", f"step {self.step}" if self.step else ""]
        return ", ".join(filter(None, parts))

    def _ends(self) -> tuple[int | float, int | float]:
        """Give the ends of a range."""
        return (0 if self.low is None else self.low), (0 if self.high is None else self.high)


def _written(choice: object) -> str:
    """Write a choice: Optuna's storage holds no lists and maps, and takes 1, 1.0 and true for one another."""
    return choice if isinstance(choice, str) else orjson.dumps(choice).decode()
