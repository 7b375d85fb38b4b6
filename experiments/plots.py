"""How a model's errors and its confidence look: pictures with Arabic labels, drawn without pyplot's global state.

matplotlib shapes and orders Arabic itself since 3.11, with the DejaVu Sans that it carries: strings go in as they
are written. Every function gives a `Figure`; whoever asked for it saves it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, PercentFormatter

from khabar.experiments.arabic_names import HEADS, MAIN, figure_name, label_name, outlet_name
from khabar.training.figures import Report

INK, GRID = "#1f2933", "#d5dbe1"
COLOURS = ("#1b6ca8", "#c8553d", "#4c956c", "#8e5aa8")
DPI = 130
FEW = 5  # labels that find room side by side


def report_figures(report: Report) -> dict[str, Figure]:
    """Draw all that a report has: by name, the confusion and reliability of each head, and their coverage.

    Returns
    -------
    dict of str to Figure
        `confusion-sector`, `reliability-sector`, the same of `tone` and `stance`, and `coverage`.
    """
    drawn: dict[str, Figure] = {}
    curves = {}
    for head, figures in (("sector", report.sector), ("tone", report.tone), ("stance", report.stance)):
        if figures is None:
            continue
        title = HEADS[head]
        bins = figures.reliability
        labels = [label_name(f.label) for f in figures.labels]
        drawn[f"confusion-{head}"] = confusion_matrix(figures.confusion, labels, f"الالتباس: {title}")
        drawn[f"reliability-{head}"] = reliability(
            bins.confidence, bins.accuracy, bins.count, figures.calibration_error, f"معايرة الثقة: {title}"
        )
        covered, right = zip(*figures.coverage, strict=True)
        curves[title] = covered, right
    if curves:
        drawn["coverage"] = coverage(curves, "نسبة الصواب بحسب نسبة المقالات الموسومة")
    return drawn


def confusion_matrix(matrix: npt.ArrayLike, labels: Sequence[str], title: str) -> Figure:
    """Draw a confusion matrix: colour is the share of the row, the number is the count.

    Parameters
    ----------
    matrix : array of int, shape (n, n)
        Rows are the true labels, columns the predicted ones.
    labels : sequence of str
        Their names, as they are to be read.
    title : str

    Returns
    -------
    Figure
        Readable for 3 labels and for 17.
    """
    counts = np.asarray(matrix, dtype=np.int64)
    n = len(labels)
    if counts.shape != (n, n):
        raise ValueError(f"a confusion matrix of shape {counts.shape} has no place for {n} labels")
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = 3.4 + 0.46 * n
    figure = Figure(figsize=(size + 0.6, size), layout="constrained", dpi=DPI)
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    turned: dict[str, Any] = {"rotation": 55, "ha": "right", "rotation_mode": "anchor"} if n > FEW else {}
    axes.set_xticks(range(n), labels, **turned)
    axes.set_yticks(range(n), labels)
    axes.set_xticks(np.arange(n + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(n + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=GRID, linewidth=0.5)
    axes.tick_params(which="both", length=0)
    for row, column in np.argwhere(counts):
        colour = "white" if shares[row, column] > 0.55 else INK
        axes.text(column, row, f"{counts[row, column]}", ha="center", va="center", color=colour, fontsize=9)
    axes.set_xlabel("وسم النموذج")
    axes.set_ylabel("التصنيف الصحيح")
    axes.set_title(title, color=INK)
    bar = figure.colorbar(image, ax=axes, shrink=0.75, format=PercentFormatter(1.0, decimals=0))
    bar.set_label("نسبة من التصنيف الصحيح")
    bar.outline.set_visible(False)
    return figure


def reliability(
    confidence: npt.ArrayLike, accuracy: npt.ArrayLike, count: npt.ArrayLike, error: float, title: str
) -> Figure:
    """Draw how often the model is right for how sure it says it is.

    Parameters
    ----------
    confidence, accuracy : array of float, shape (bins,)
        Mean top probability of the articles of a bin, and the share of them that is right.
    count : array of int, shape (bins,)
        How many articles the bin holds; empty bins are not drawn.
    error : float
        Expected calibration error, written on the picture.
    title : str
    """
    sure, right, articles = (np.asarray(values, dtype=np.float64) for values in (confidence, accuracy, count))
    kept = articles > 0
    sure, right, articles = sure[kept], right[kept], articles[kept]
    figure = Figure(figsize=(5.6, 6.4), layout="constrained", dpi=DPI)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3.2, 1))
    upper.plot([0, 1], [0, 1], color="#7b8794", linestyle="--", linewidth=1, label="معايرة تامة")
    upper.plot(sure, right, color=COLOURS[0], marker="o", linewidth=1.8, label="النموذج")
    upper.vlines(sure, np.minimum(sure, right), np.maximum(sure, right), color=COLOURS[1], linewidth=1.4)
    upper.set_ylabel("نسبة الصواب")
    upper.set_title(f"{title}\nخطأ المعايرة {error:.3f}", color=INK)
    upper.legend(loc="upper left", frameon=False)
    upper.set_ylim(0, 1.03)
    lower.bar(sure, articles, width=0.045, color=COLOURS[0])
    lower.set_ylabel("عدد المقالات")
    lower.set_xlabel("ثقة النموذج")
    lower.set_xlim(0, 1.03)
    for axes in (upper, lower):
        _plain(axes)
    upper.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    lower.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    return figure


def coverage(curves: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]], title: str) -> Figure:
    """Draw the accuracy on the articles the model is surest of, against how many of all these are.

    Parameters
    ----------
    curves : mapping of str to (coverage, accuracy)
        One curve for each name, both between 0 and 1.
    title : str
    """
    figure = Figure(figsize=(6.4, 4.6), layout="constrained", dpi=DPI)
    axes = figure.add_subplot()
    lowest = 1.0
    for colour, (name, (covered, right)) in zip(COLOURS, curves.items(), strict=False):
        x, y = np.asarray(covered, dtype=np.float64), np.asarray(right, dtype=np.float64)
        axes.plot(x, y, color=colour, linewidth=2, marker="o", markersize=3.5, label=name)
        lowest = min(lowest, float(y.min(initial=1.0)))
    axes.set_xlim(0, 1.02)
    axes.set_ylim(max(0.0, lowest - 0.05), 1.005)
    axes.set_xlabel("نسبة المقالات التي يُبقى على وسمها")
    axes.set_ylabel("نسبة الصواب فيها")
    axes.set_title(title, color=INK)
    axes.legend(loc="lower left", frameon=False)
    _plain(axes)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    return figure


def outlet_figures(outlets: Mapping[str, Mapping[str, float]]) -> dict[str, Figure]:
    """Draw the main figure of each task by outlet.

    Parameters
    ----------
    outlets : mapping
        By outlet, its figures by name, `articles` among them.

    Returns
    -------
    dict of str to Figure
        `outlets-sector` and so on, of the tasks that an outlet has a figure of.
    """
    articles = {outlet: int(figures["articles"]) for outlet, figures in outlets.items()}
    drawn = {}
    for task, name in MAIN.items():
        values = {outlet: figures[name] for outlet, figures in outlets.items() if name in figures}
        if values:
            drawn[f"outlets-{task}"] = outlet_bars(values, articles, f"{figure_name(name)}، بحسب الناشر")
    return drawn


def outlet_bars(values: Mapping[str, float], articles: Mapping[str, int], title: str) -> Figure:
    """Draw a figure of each outlet as a bar, the number of its articles at the end.

    Parameters
    ----------
    values : mapping of str to float
        By outlet, between 0 and 1; drawn from the top down.
    articles : mapping of str to int
        How many articles each value is of.
    title : str
    """
    figure = Figure(figsize=(6.4, 1.5 + 0.36 * len(values)), layout="constrained", dpi=DPI)
    axes = figure.add_subplot()
    rows = range(len(values))
    axes.barh(rows, list(values.values()), color=COLOURS[0], height=0.66)
    for row, (outlet, value) in enumerate(values.items()):
        axes.text(min(value, 1) + 0.01, row, f"{value:.3f}  ({articles[outlet]:,})", va="center", color=INK, fontsize=9)
    axes.set_yticks(rows, [outlet_name(outlet) for outlet in values])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.24)  # room for what stands at the end of a bar
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.set_xlabel("القيمة، وبين قوسين عدد المقالات")
    axes.set_title(title, color=INK)
    _plain(axes)
    axes.grid(visible=False, axis="y")
    return figure


def learning_curve(curve: Mapping[str, Any]) -> Figure:
    """Draw how figures grow with the number of articles trained on, one panel a figure.

    Parameters
    ----------
    curve : mapping
        As `learning_curve.json` has it: `articles`, and under `heads`, by the name of a figure, `held_out`,
        `held_out_se` and `fitted`, one value a number of articles.
    """
    heads = curve["heads"]
    figure = Figure(figsize=(6.4, 0.6 + 2.5 * len(heads)), layout="constrained", dpi=DPI)
    articles = np.asarray(curve["articles"], dtype=np.float64)
    panels = np.atleast_1d(figure.subplots(len(heads), 1, sharex=True))
    for axes, (name, values) in zip(panels, heads.items(), strict=True):
        held_out, error = (np.asarray(values[key], dtype=np.float64) for key in ("held_out", "held_out_se"))
        axes.plot(articles, values["fitted"], color=COLOURS[1], marker="o", markersize=4, label="مقالات تدرّب عليها")
        axes.plot(articles, held_out, color=COLOURS[0], marker="o", linewidth=2, label="مقالات لم يرها")
        axes.fill_between(articles, held_out - error, held_out + error, color=COLOURS[0], alpha=0.18, linewidth=0)
        axes.set_title(figure_name(name), color=INK)
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xticks(articles, [f"{n:,.0f}" for n in articles])
        _plain(axes)
    panels[0].legend(loc="best", frameon=False)
    panels[-1].set_xlabel("عدد مقالات التدريب")
    return figure


def _plain(axes: Axes) -> None:
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(color=GRID)
