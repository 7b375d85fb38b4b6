"""How a report of figures reads as Markdown."""

from collections.abc import Mapping, Sequence

from khabar.training.bootstrap import Interval
from khabar.training.figures import LabelFigures, Report


def markdown(report: Report, title: str) -> str:
    """Write a report's figures and its figures by label as Markdown tables, with their 95 % intervals."""
    parts = [f"## {title}", "", f"{report.articles} articles, {report.untagged} of them without tags.", ""]
    rows = [(name, value) for name, value in report.metrics().items() if name.count(".") == 1]
    intervals = report.intervals
    parts += table(("figure", "value", "95 %"), [(name, shown(value), ends(intervals, name)) for name, value in rows])
    for name, figures in (
        ("sector", report.sector),
        ("sectors", report.sectors),
        ("tone", report.tone),
        ("stance", report.stance),
    ):
        if figures is not None:
            parts += [f"### {name}", "", *_labels(name, figures.labels, intervals)]
    return "\n".join(parts)


def _labels(head: str, labels: Sequence[LabelFigures], intervals: Mapping[str, Interval]) -> list[str]:
    rows = [
        (
            f.label,
            *map(shown, (f.precision, f.recall, f.f1)),
            ends(intervals, f"{head}.f1.{f.label}"),
            str(f.support),
        )
        for f in labels
    ]
    return table(("label", "precision", "recall", "F1", "95 %", "articles"), rows)


def ends(intervals: Mapping[str, Interval], name: str) -> str:
    """Write the ends of the interval of a figure, or nothing where it has none."""
    found = intervals.get(name)
    return "" if found is None else f"{found.low:.3f} to {found.high:.3f}"


def shown(value: float) -> str:
    """Write a count, or a figure in three decimals."""
    return str(int(value)) if value == int(value) and value > 1 else f"{value:.3f}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Write the lines of a Markdown table, and an empty one."""
    lines = [header, ["---"] * len(header), *rows]
    return [*("| " + " | ".join(line) + " |" for line in lines), ""]
