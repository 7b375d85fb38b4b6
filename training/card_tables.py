"""The tables of a model card: by outlet, calibration, abstention, sets of labels, robustness."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from khabar.datasets.article import Article
from khabar.inference.columns import TagColumns
from khabar.inference.model import Model
from khabar.training.breakdown import by_outlet
from khabar.training.conformal import Coverage, coverage_found, coverage_left_out, large_outlets
from khabar.training.evaluate import Tagged
from khabar.training.figures import Report
from khabar.training.metrics import FloatArray, IntArray
from khabar.training.report import ends, shown, table
from khabar.training.robustness import FIGURES, Movement
from khabar.training.targets import UNKNOWN, main_targets, tone_targets

BY_OUTLET = (
    ("main sector", "sector.accuracy"), ("all sectors, micro-F1", "sectors.micro_f1"),
    ("tone, macro-F1", "tone.macro_f1"),
)  # fmt: skip
PRECISIONS = (0.8, 0.9, 0.95)
STATED = """\
A set holds every label of at least the probability, and the tag. The probability is that of the outlet which needs the
lowest, """
BY_FOLD = {
    "outlet": "so that sets hold the true label as often as stated on outlets not seen.",
    "group": "on articles not seen of outlets that were; on outlets not seen, sets may hold it less often than stated.",
    "none": "on articles not seen, or seen in another wording; on others, sets may hold it less often than stated.",
}
LEFT_OUT = """\
Left out: each outlet of 100 articles or more ({outlets}), out of fold, with the probability that the others need;
means over outlets, and the outlet where it is lowest."""


def outlet_lines(tagged: Tagged) -> list[str]:
    """Show the main figures of each outlet, with intervals."""
    rows = [
        (outlet, str(report.articles), *(_with_ends(report, name) for _, name in BY_OUTLET))
        for outlet, report in by_outlet(tagged).items()
    ]
    return table(("outlet", "articles", *(title for title, _ in BY_OUTLET)), rows)


def reliability_lines(reports: Mapping[str, Report]) -> list[str]:
    """Show how often tags are right, by their probability, beside the expected calibration error."""
    lines: list[str] = []
    for head in ("sector", "tone", "stance"):
        for name, report in reports.items():
            figures = getattr(report, head)
            if figures is None:
                continue
            error = _with_ends(report, f"{head}.calibration_error")
            lines += [f"`{head}`, {name}: expected calibration error {error}.", ""]
            bins = figures.reliability
            rows = [
                (f"{at / 10:.1f} to {(at + 1) / 10:.1f}", str(count), shown(confidence), shown(right))
                for at, (confidence, right, count) in enumerate(
                    zip(bins.confidence, bins.accuracy, bins.count, strict=True)
                )
                if count
            ]
            lines += table(("probability", "articles", "mean probability", "share right"), rows)
    return lines


def precision_lines(model: Model, tagged: Mapping[str, Tagged]) -> list[str]:
    """Show how many answers are left at some precisions, and how many of those are right."""
    rows = []
    for head in (model.head("sector"), model.head("tone")):
        for precision, least, share in head.precisions:
            if precision not in PRECISIONS:
                continue
            cells = []
            for one in tagged.values():
                probability, target, _ = _known(head.name, one.columns, one.articles)
                sure = probability.max(axis=1, initial=0) >= least
                right = (probability.argmax(axis=1) == target)[sure]
                cells += [shown(sure.mean()) if len(sure) else "", shown(right.mean()) if sure.any() else "none"]
            rows.append((head.name, f"{precision * 100:.0f} %", f"{least:.3f}" if share else "out of reach", *cells))
    heads = [f"{what}, {name}" for name in tagged for what in ("answered", "right")]
    return table(("head", "precision", "probability", *heads), rows) if rows else []


def set_lines(model: Model, tagged: Mapping[str, Tagged], out_of_fold: str) -> list[str]:
    """Show how often sets of labels hold the true one: on each source, and on outlets left out of the thresholds."""
    lines: list[str] = []
    outlets = []
    for head in (model.head("sector"), model.head("tone")):
        parts = {
            name: coverage_found(*_known(head.name, one.columns, one.articles)[:2], head.coverages)
            for name, one in tagged.items()
            if name != out_of_fold
        }
        known = _known(head.name, tagged[out_of_fold].columns, tagged[out_of_fold].articles)
        if not head.coverages:
            continue
        if left_out := coverage_left_out(*known):
            parts["left out"] = left_out
            outlets.append(f"{len(large_outlets(known[2]))} of `{head.name}`")
        lines += [f"`{head.name}`:", "", *_coverage_table(head.coverages, parts)]
    if not lines:
        return []
    stated = STATED + BY_FOLD[model.config["fold_by"]]
    return [stated, *([LEFT_OUT.format(outlets=", ".join(outlets))] if outlets else []), "", *lines]


def robustness_lines(movements: Iterable[Movement]) -> list[str]:
    """Show how far perturbations move tags."""
    rows = [
        (
            movement.what,
            str(movement.articles),
            *(f"{share * 100:.1f} %" for share in (movement.sector, movement.sectors, movement.tone)),
            *(_change(movement, name) for name in FIGURES),
        )
        for movement in movements
    ]
    columns = ("what is done", "articles", "sector", "sectors", "tone", "main sector right", "micro-F1", "tone F1")
    return table(columns, rows)


def _coverage_table(stated: Sequence[tuple[float, float]], parts: Mapping[str, Sequence[Coverage]]) -> list[str]:
    heads = [f"{what}, {name}" for name in parts for what in ("covered", "labels")]
    rows = []
    for at, (coverage, threshold) in enumerate(stated):
        cells: list[str] = []
        for part in parts.values():
            found = part[at]
            lowest = f" ({shown(found.lowest)} {found.outlet})" if found.outlet else ""
            cells += [f"{shown(found.found)}{lowest}", f"{found.size:.2f}"]
        rows.append((f"{coverage * 100:.0f} %", f"{threshold:.3f}", *cells))
    return table(("coverage", "probability", *heads), rows)


def _known(head: str, columns: TagColumns, articles: Sequence[Article]) -> tuple[FloatArray, IntArray, list[str]]:
    """Give the probabilities, true labels and outlets of articles whose label is known and which got tags."""
    of_sector = head == "sector"
    scores, labels = (
        (columns.sector_scores, columns.sector_labels) if of_sector else (columns.tone_scores, columns.tone_labels)
    )
    target = main_targets(articles, labels) if of_sector else tone_targets(articles)
    rows = [row for row, own in enumerate(scores) if own and target[row] != UNKNOWN]
    probability = np.array([scores[row] for row in rows]).reshape(-1, len(labels))
    return probability, target[rows], [articles[row].outlet for row in rows]


def _change(movement: Movement, name: str) -> str:
    return f"{shown(movement.before[name])} → {shown(movement.after[name])}" if name in movement.before else ""


def _with_ends(report: Report, name: str) -> str:
    value = report.metrics().get(name)
    return "" if value is None else f"{shown(value)} ({ends(report.intervals, name)})"
