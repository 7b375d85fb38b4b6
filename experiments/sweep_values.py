"""Which values of one key a sweep searches: a range of numbers, or a list."""

from decimal import Decimal
from math import isfinite
from typing import Annotated, Any, Self

import orjson
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from pydantic import BeforeValidator, Field, field_validator, model_validator

from khabar.training.config_data import Section

LARGEST = 2**53  # whole numbers up to here are floats too, as which Optuna keeps them
# Of the larger end: Optuna takes a value for a step of the range if it is within 1e-8 of a step, and a float's last
# digits are further off if steps are finer.
FINEST = Decimal("1e-6")


def _checked_number(value: object) -> object:
    # Said here in one sentence; of a union, pydantic says it once for each member.
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        # YAML 1.1, which is what is read, takes 1e-3 for text.
        raise ValueError(f"found {value!r}, expected a number" + (", such as 1.0e-3" if value == str(value) else ""))
    if isinstance(value, int) and abs(value) > LARGEST:
        raise ValueError(f"found the whole number {value}, expected one up to {LARGEST}")
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(f"found {value!r}, expected a number")
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
        if self.step is not None:
            low, high, step = (Decimal(str(number)) for number in (self.low, self.high, self.step))
            if step > 0 and not self.whole and step < FINEST * max(abs(low), abs(high)):
                raise ValueError(
                    f"found the step {self.step} from {self.low} to {self.high}, expected one of at least a millionth "
                    "of the larger end; leave step out to search every number in between"
                )
            if step <= 0 or (high - low) % step:
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

    def count(self) -> int | None:
        """Count what can be drawn; None if it has no count."""
        if self.choices is not None:
            return len(self.choices)
        step = self._step()
        low, high = self._ends()
        return None if step is None else int((Decimal(str(high)) - Decimal(str(low))) / step) + 1

    def at(self, position: int) -> Any:
        """Give what can be drawn by its position, from 0 on, where it has a count."""
        if self.choices is not None:
            return _written(self.choices[position])
        # In decimals, as it is written: 3 * 0.1 is more than 0.3 in floats.
        found = Decimal(str(self._ends()[0])) + position * (self._step() or 0)
        return int(found) if self.whole else float(found)

    def examples(self) -> list[Any]:
        """Give values to check before any is drawn: all choices, or both ends and one in between."""
        if self.choices is not None:
            return list(self.choices)
        low, high = self._ends()
        # Of a range without steps, most likely no whole number: the key may want one.
        between = low + (high - low) * 0.382 if self._step() is None else self.at(1)
        return list(dict.fromkeys((low, between, high)))

    def __str__(self) -> str:
        if self.choices is not None:
            return " | ".join(map(_written, self.choices))
        parts = [f"{self.low} to {self.high}", "log" if self.log else "", f"step {self.step}" if self.step else ""]
        return ", ".join(filter(None, parts))

    def _ends(self) -> tuple[int | float, int | float]:
        """Give the ends of a range."""
        return (0 if self.low is None else self.low), (0 if self.high is None else self.high)

    def _step(self) -> Decimal | None:
        """Give the step of a range; None if there are numbers without end in it."""
        step = self.step or (1 if self.whole else None)
        return None if step is None else Decimal(str(step))


def _written(choice: object) -> str:
    """Write a choice: Optuna's storage holds no lists and maps, and takes 1, 1.0 and true for one another."""
    if isinstance(choice, str):
        return choice
    try:
        return orjson.dumps(choice, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()
    except orjson.JSONEncodeError as error:
        raise ValueError(
            f"found {choice!r}, expected text, numbers below 2**63, true, false, null, lists, or maps whose keys are "
            f"text ({error})"
        ) from error
