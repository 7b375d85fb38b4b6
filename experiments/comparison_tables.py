"""How a comparison of two runs is arranged in tables of text for a terminal."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from textwrap import shorten

from khabar.datasets.article import Article
from khabar.experiments.arabic_names import label_name
from khabar.experiments.compared_run import Apart, ComparedRun
from khabar.experiments.comparison import MAIN, SourceComparison
from khabar.experiments.differing_articles import DifferingArticle, Right
from khabar.experiments.outcome_tables import NONE, Table, figure, p_value
from khabar.experiments.paired_counts import LEVEL, Compared, holm
from khabar.experiments.show import FIGURES, MARK
from khabar.training.bootstrap import Difference

EXCERPT = 38  # characters of a title, and of how a text begins
VALUE = 30  # of a setting: lists of many sectors are long
SIGNIFICANT = "*"
WHO: dict[Right | None, str] = {
    "first": "only the first",
    "second": "only the second",
    "both": "both",
    "neither": "neither",
    None: "not known",
}
COMPARED = ("first", "second", "difference", "95 %", "p")


def runs_table(first: ComparedRun, second: ComparedRun, apart: Apart) -> Table:
    """Set two runs side by side: what they are, and the settings and data in which they differ."""
    runs = (first.run, second.run)
    rows: list[tuple[str, ...]] = [
        ("run", *(run.run_id for run in runs)),
        ("job", *(f"{run.name}, in {run.experiment}" for run in runs)),
        ("started", *(f"{run.started:%Y-%m-%d %H:%M} UTC" for run in runs)),
        ("commit", first.commit, second.commit),
    ]
    rows += [(one.key, _value(one.first), _value(one.second)) for one in apart.settings]
    rows += [(f"data: {one.key}", _digest(one.first), _digest(one.second)) for one in apart.data]
    return Table("", ("", "first", "second"), rows, 3)


def source_tables(name: str, found: SourceComparison) -> Iterator[Table]:
    """Arrange the figures of one source: main ones, those of classes, of outlets, of lengths."""
    caption = f"{name}: {found.articles:,} articles that both have tagged"
    for only, who in ((found.only_first, "first"), (found.only_second, "second")):
        caption += f", {only:,} more only the {who}" if only else ""
    yield Table(f"{caption}; {better(found)}", ("first less second", *COMPARED), [*_figures(found)], 1)
    yield Table(
        f"{name}: F1 of each label; {_corrected(found.classes)}",
        ("head", "label", "", "articles", *COMPARED, ""),
        [row for head, labels in found.classes.items() for row in _labels(head, labels)],
        3,
    )
    for what, parts in (("outlet", found.outlets), ("characters", found.lengths)):
        if len(parts) < 2:
            continue  # it would say what the first table says
        known = [figure for figure in MAIN if any(figure in figures for figures in parts.values())]
        yield Table(
            f"{name}: difference, first and second, and p by {what}; {_corrected(parts)}",
            (what, "articles", *known),
            [
                (part, f"{max(one.articles for one in figures.values()):,}", *_cells(known, figures))
                for part, figures in parts.items()
                if figures
            ],
            1,
        )


def better(found: SourceComparison) -> str:
    """Say in which of the main figures one run is surely better, all of these taken together."""
    names = [name for name in MAIN if name in found.figures]
    sure = holm([found.figures[name].p for name in names])
    wins: dict[str, list[str]] = {}
    for name, decided in zip(names, sure, strict=True):
        who = ("first" if found.figures[name].value > 0 else "second") if decided else ""
        wins.setdefault(who, []).append(name)
    said = [f"the {who} is better in {', '.join(wins[who])}" for who in ("first", "second") if who in wins]
    if "" in wins:
        said.append(f"neither is surely better in {', '.join(wins[''])}")
    return "; ".join(said)


def differing_tables(
    name: str, found: SourceComparison, texts: Mapping[tuple[str, str], Article], most: int
) -> Iterator[Table]:
    """List articles that the runs tag differently, a table a head, with what can be read of them here."""
    for head, articles in found.differing.items():
        if articles and most:
            shown = articles[:most]
            yield Table(
                f"{name}, {head}: {_counts(articles, found.articles)}; the {len(shown)} to read first",
                ("article", "truth", "first", "second", "right", "begins"),
                [_article(article, texts.get((article.corpus, article.id))) for article in shown],
                5,
            )


def _figures(found: SourceComparison) -> Iterator[tuple[str, ...]]:
    for what, name in FIGURES:
        if name in found.figures:
            yield (what, figure(found.first[name]), figure(found.second[name]), *_difference(found.figures[name]))


def _labels(head: str, labels: Mapping[str, Compared]) -> Iterator[tuple[str, ...]]:
    for label, one in labels.items():
        arabic = f"{MARK}{label_name(label)}{MARK}"
        values = (f"{one.articles:,}", figure(one.first), figure(one.second))
        yield (head, label, arabic, *values, *_difference(one.difference), SIGNIFICANT if one.significant else "")


def _difference(found: Difference) -> tuple[str, str, str]:
    return _signed(found), f"{figure(found.low)} to {figure(found.high)}", p_value(found)


def _signed(found: Difference) -> str:
    return f"{'+' if found.value >= 0 else ''}{figure(found.value)}"


def _cells(names: Sequence[str], figures: Mapping[str, Compared]) -> Iterator[str]:
    for name in names:
        one = figures.get(name)
        if one is None:
            yield NONE
            continue
        mark = f" {SIGNIFICANT}" if one.significant else ""
        yield f"{_signed(one.difference)}{mark}\n{figure(one.first)} {figure(one.second)} {p_value(one.difference)}"


def _corrected(table: Mapping[str, Mapping[str, Compared]]) -> str:
    cells = [one for row in table.values() for one in row.values()]
    alone, together = sum(one.difference.p <= LEVEL for one in cells), sum(one.significant for one in cells)
    return (
        f"{len(cells)} comparisons, {alone} with p up to {figure(LEVEL)}, {together} ({SIGNIFICANT}) of them "
        "after Holm's correction"
    )


def _counts(articles: Sequence[DifferingArticle], of: int) -> str:
    counts = Counter(article.right for article in articles)
    said = [f"{what} {counts[right]:,}" for right, what in WHO.items() if counts[right]]
    return f"{len(articles):,} of {of:,} articles tagged differently; right: {', '.join(said)}"


def _article(article: DifferingArticle, text: Article | None) -> tuple[str, ...]:
    return (
        f"{article.id}\n{article.outlet}",
        "\n".join(article.truth) or NONE,
        _said(article.first, article.first_probability),
        _said(article.second, article.second_probability),
        article.right or NONE,
        "" if text is None else "\n".join(map(_arabic, (text.title or "", text.text))).strip(),
    )


def _said(labels: Sequence[str], probability: float | None) -> str:
    sure = "" if probability is None else f" {probability:.0%}"
    return "\n".join(labels) + sure if labels else NONE


def _arabic(text: str) -> str:
    line = shorten(text, EXCERPT, placeholder="…")
    return f"{MARK}{line}{MARK}" if line else ""


def _value(value: str | None) -> str:
    return NONE if value is None else shorten(value, VALUE, placeholder="…")


def _digest(digest: str | None) -> str:
    return NONE if digest is None else digest[:10]
