"""How a report of figures reads as Markdown."""

from collections.abc import Sequence

from khabar.training.evaluate import LabelFigures, Report


def markdown(report: Report, title: str) -> str:
    """Write a report's figures and its figures by label as Markdown tables."""
    parts = [f"## {title}", "", f"{report.articles} articles, {report.untagged} of them without tags.", ""]
    rows = [(name, value) for name, value in report.metrics().items() if name.count(".") == 1]
    parts += _table(("figure", "value"), [(name, _shown(value)) for name, value in rows])
    for name, figures in (("sector", report.sector), ("sectors", report.sectors), ("tone", report.tone)):
        if figures is not None:
            parts += [f"### {name}", "", *_labels(figures.labels)]
    return "\n".join(parts)


def _labels(labels: Sequence[LabelFigures]) -> list[str]:
    return _table(
        ("label", "precision", "recall", "F1", "articles"),
        [(f.label, _shown(f.precision), _shown(f.recall), _shown(f.f1), str(f.support)) for f in labels],
    )


def _shown(value: float) -> str:
    return str(int(value)) if value == int(value) and value > 1 else f"{value:.3f}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return [*("| " + " | ".join(line) + " |" for line in lines), ""]
