"""Whether the settings of a head make sense: labels, calibration, thresholds."""

from itertools import pairwise
from math import isfinite, nextafter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from khabar.inference.heads import Head


def head_problem(head: "Head") -> str | None:
    """Say what makes no sense in a head, or None if all is well."""
    n = len(head.labels)
    if n < 2 or len(set(head.labels)) != n:
        return f"has the labels {list(head.labels)}; expected two or more, all different"
    if not head.blocks:
        return "is over no feature block; expected at least one"
    if head.kind == "softmax":
        return _softmax_problem(head)
    if head.kind == "sigmoid":
        return _sigmoid_problem(head)
    return f"is of kind {head.kind!r}; expected 'softmax' or 'sigmoid'"


def _softmax_problem(head: "Head") -> str | None:
    if not (isfinite(head.temperature) and head.temperature > 0):
        return f"has the temperature {head.temperature}; expected a number above 0"
    if not 0 < head.power <= 1:
        return f"has the power {head.power}; expected a number above 0, at most 1"
    if not 0 <= head.abstain_below <= nextafter(1, 2):
        return f"abstains below {head.abstain_below}; expected a probability from 0 to 1"
    for what, rows, width in (("precisions", head.precisions, 3), ("coverages", head.coverages, 2)):
        if not all(len(row) == width and all(0 <= value <= 1 for value in row) for row in rows):
            return f"has {what} that are not rows of {width} shares from 0 to 1"
        if any(one[0] >= two[0] for one, two in pairwise(rows)):
            return f"has {what} that do not rise"
    return None


def _sigmoid_problem(head: "Head") -> str | None:
    n = len(head.labels)
    for what, values in (("slope", head.slope), ("offset", head.offset), ("thresholds", head.thresholds)):
        if len(values) != n:
            return f"has {len(values)} values of {what}; expected one for each of its {n} labels"
        if not all(isfinite(value) for value in values):
            return f"has a {what} that is not a finite number"
    return None if all(slope > 0 for slope in head.slope) else "has a slope that is not above 0"
