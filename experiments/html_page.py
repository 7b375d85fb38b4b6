"""How a page is made of its template: one file of HTML that needs nothing else, in the look that all pages share."""

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from khabar.experiments import arabic_names


@dataclass(frozen=True)
class Measured:
    """A figure, NaN where it is not known, and the ends of its 95 % interval where they are."""

    value: float
    low: float | None
    high: float | None


def render(template: str, **values: Any) -> str:
    """Fill a template of this folder; whatever is no markup of the template's own is escaped.

    Parameters
    ----------
    template : str
        Its file name. Templates extend `page.html.j2`.
    **values
        What it shows.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "label": arabic_names.label_name,
        "figure": arabic_names.figure_name,
        "source": arabic_names.source_name,
        "outlet": arabic_names.outlet_name,
        "number": number,
        "unbroken": unbroken,
    }
    environment.tests["known"] = is_known
    environment.globals["NAMES"] = arabic_names
    return environment.get_template(template).render(values)


def is_known(value: float | None) -> bool:
    """Say whether there is a value: what is not a number in a report is null in its JSON, and NaN in MLflow."""
    return value is not None and isfinite(value)


def number(value: float | None) -> str:
    """Write a count with its thousands apart, a figure in three decimals, and a dash where there is none."""
    if value is None or not is_known(value):
        return "–"
    whole = isinstance(value, int) or (value == int(value) and abs(value) > 1)
    return f"{value:,.0f}" if whole else f"{value:.3f}"


def unbroken(text: str) -> str:
    """Keep words that have a hyphen, such as macro-F1, in one line."""
    return text.replace("-", "-\N{WORD JOINER}")
