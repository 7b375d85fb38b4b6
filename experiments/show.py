"""How results are shown on a terminal or in a log: tables of fixed width that Arabic does not break."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from textwrap import shorten, wrap

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from khabar.datasets.article import Article
from khabar.datasets.sectors import SECTORS, STANCE_LABELS, TONE_LABELS
from khabar.experiments.outcome_tables import Table as TextTable
from khabar.experiments.telling_words import telling_words
from khabar.inference.predictor import Predictor
from khabar.inference.tags import Explanation, Tags
from khabar.training.audit import Suspect
from khabar.training.bootstrap import Difference
from khabar.training.figures import Report
from khabar.training.learning_curve import LearningCurve

WIDTH = 122  # characters of a whole table, wherever it is printed
TITLE_WIDTH, EVIDENCE_WIDTH = 29, 45
SENTENCE_LINES = 2
WORDS = 3  # of evidence, for a label
# Stands around each line of Arabic: without it a viewer that orders text by itself would take two neighbouring
# cells of Arabic for one phrase, and swap them.
MARK = "\u200e"

FIGURES = (
    ("articles", "articles"),
    ("main sector: right", "sector.accuracy"),
    ("  in the readers' set", "sector.in_readers_set"),
    ("  right in the surest 80 %", "sector.accuracy_at_80"),
    ("  calibration error", "sector.calibration_error"),
    ("  not sure enough to use", "sector.abstained"),
    ("all sectors: micro-F1", "sectors.micro_f1"),
    ("  macro-F1", "sectors.macro_f1"),
    ("tone: right", "tone.accuracy"),
    ("  macro-F1", "tone.macro_f1"),
    ("  right in the surest 80 %", "tone.accuracy_at_80"),
    ("  calibration error", "tone.calibration_error"),
    ("  not sure enough to use", "tone.abstained"),
    ("stance: right", "stance.accuracy"),
    ("  macro-F1", "stance.macro_f1"),
    ("  target named in the article", "stance.target_named"),
    ("  right in the surest 80 %", "stance.accuracy_at_80"),
    ("  calibration error", "stance.calibration_error"),
    ("  not sure enough to use", "stance.abstained"),
)


def console(width: int = WIDTH) -> Console:
    """Give a console that writes to stdout, as wide in a log as in a terminal."""
    return Console(width=width, highlight=False)


def articles_table(articles: Sequence[Article], predictor: Predictor) -> Table:
    """Tag articles and show the tags with what gave them.

    Parameters
    ----------
    articles : sequence of Article
    predictor : Predictor

    Returns
    -------
    Table
        One row an article: title, sectors (the main one first) and tone with their probabilities, the words that
        weigh most for the main sector and for the tone, and the sentence that weighs most for the main sector.
        A question mark stands behind what the model is not sure enough of.
    """
    tags = predictor.tag_many([a.text for a in articles], [a.title for a in articles])
    table = _table("article", "sectors", "", "tone", "", "evidence")
    for article, tag in zip(articles, tags, strict=True):
        evidence = _evidence(predictor.explain(article.text, article.title, top=None))
        table.add_row(
            _arabic(article.title or article.text, TITLE_WIDTH, SENTENCE_LINES),
            "\n".join([_unsure(tag, "sector", tag.sector), *tag.sectors[1:]]),
            _percent(tag.sector_scores, tag.sector),
            _unsure(tag, "tone", tag.tone),
            _percent(tag.tone_scores, tag.tone),
            evidence,
        )
    return table


def figures_table(reports: Mapping[str, Report]) -> Table:
    """Show the main figures of reports side by side, with intervals; a dash where one has no such figure."""
    rows = [
        (what, *(cell for report in reports.values() for cell in (report.metrics().get(name), _ends(report, name))))
        for what, name in FIGURES
        if any(name in report.metrics() for report in reports.values())
    ]
    return rows_table(("", *(column for name in reports for column in (name, "95 %"))), rows)


def differences_table(differences: Mapping[str, Difference]) -> Table:
    """Show how much better one model is than another, figure by figure, on the same articles."""
    shown = ((what, differences[name]) for what, name in FIGURES if name in differences)
    rows = [(what, f"{found.value:+.3f}", f"{found.low:+.3f} to {found.high:+.3f}", found.p) for what, found in shown]
    return rows_table(("first less second", "difference", "95 %", "p"), rows)


def print_curve(curve: LearningCurve) -> None:
    """Print how figures rise with the number of articles fitted on, and what would help them."""
    columns = (
        "by articles fitted on",
        *(f"{n:,}" for n in curve.articles),
        "last doubling",
        "s.e.",
        "of those fitted on",
    )
    rows: list[tuple[str | float, ...]] = [
        (name, *head.held_out, f"{head.gain_per_doubling:+.3f}", head.gain_se, head.fitted[-1])
        for name, head in curve.heads.items()
    ]
    out = console()
    out.print(rows_table(columns, rows))
    for verdict in dict.fromkeys(head.verdict for head in curve.heads.values()):
        out.print(f"{verdict}: {', '.join(name for name, head in curve.heads.items() if head.verdict == verdict)}")


def print_text(table: TextTable) -> None:
    """Print a table of text, in lines as wide as others.

    Where it would be too wide, intervals stand below their figures; where that is still too wide, what is the same in
    all rows is said in the caption. A matrix that is wider all the same has longer lines.
    """
    table = _fitted(table)
    console(max(WIDTH, _width(table))).print(_text_table(table))


def _text_table(table: TextTable) -> Table:
    shown = _table(*table.columns, padding=(0, 1, 0, 0))
    shown.title, shown.title_justify = table.caption or None, "left"
    for column in shown.columns[table.names :]:
        column.justify = "right"
    for row in table.rows:
        shown.add_row(*row)
    return shown


def suspects_table(suspects: Sequence[Suspect]) -> Table:
    """Show labels that are likely wrong: id, own label, suggested one with its probability, and how it begins."""
    table = _table("id", "label", "suggested", "", "begins")
    for suspect in suspects:
        begins = _arabic(suspect.excerpt, EVIDENCE_WIDTH, SENTENCE_LINES)
        table.add_row(suspect.id, suspect.label, suspect.suggested, f"{suspect.confidence:.0%}", begins)
    return table


def labels_table(report: Report) -> Table:
    """Show the figures of each label, with its Arabic name."""
    names = {s.id: s.ar for s in SECTORS} | {t.id: t.ar for t in (*TONE_LABELS, *STANCE_LABELS)}
    table = _table("head", "label", "", "precision", "recall", "F1", "articles")
    for column in table.columns[3:]:
        column.justify = "right"
    for head in ("sector", "sectors", "tone", "stance"):
        figures = getattr(report, head)
        for f in () if figures is None else figures.labels:
            name = f"{MARK}{names.get(f.label, '')}{MARK}"
            table.add_row(head, f.label, name, *map(_figure, (f.precision, f.recall, f.f1, f.support)))
        table.add_section()
    return table


def rows_table(columns: Sequence[str], rows: Iterable[Sequence[str | float | None]]) -> Table:
    """Show rows of figures: the first column is text, all others stand right-aligned."""
    table = _table(*columns)
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows:
        table.add_row(*map(_figure, row))
    return table


def _fitted(table: TextTable) -> TextTable:
    in_lines = replace(table, rows=[tuple(cell.replace("\n", "  ") for cell in row) for row in table.rows])
    if _width(in_lines) <= WIDTH:
        return in_lines
    if _width(table) <= WIDTH:
        return table
    same = [at for at in range(1, table.names) if len({row[at] for row in table.rows}) == 1]
    kept = [at for at in range(len(table.columns)) if at not in same]
    said = ", ".join(f"{table.columns[at]} {table.rows[0][at]}" for at in same)
    return TextTable(
        caption=f"{table.caption}: {said}" if same else table.caption,
        columns=tuple(table.columns[at] for at in kept),
        rows=[tuple(row[at] for at in kept) for row in table.rows],
        names=table.names - len(same),
    )


def _width(table: TextTable) -> int:
    """Give how wide a table is on a terminal, where two characters stand from column to column."""
    columns = zip(table.columns, *table.rows, strict=True)
    return sum(max(len(line) for cell in column for line in cell.split("\n")) + 2 for column in columns) + 1


def _ends(report: Report, name: str) -> str:
    found = report.intervals.get(name)
    return "" if found is None else f"{found.low:.3f}-{found.high:.3f}"


def _figure(value: str | float | None) -> str:
    if value is None:
        return "-"
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else value
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3f}" if value == 0 or abs(value) >= 0.001 else f"{value:.1e}"


def _table(*columns: str, padding: tuple[int, int, int, int] = (0, 1, 0, 1)) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=padding)
    for column in columns:
        table.add_column(column, no_wrap=True, overflow="crop")
    return table


def _evidence(explanations: Sequence[Explanation]) -> Text:
    lines: list[Text] = []
    for explanation in (e for e in explanations if e.head != "sectors"):
        words = "، ".join(telling_words(explanation.words, WORDS))
        if words:
            lines.append(_arabic(words, EVIDENCE_WIDTH, 1, "bold" if explanation.head == "sector" else "italic"))
    if explanations and explanations[0].sentences:
        lines.append(_arabic(explanations[0].sentences[0].text, EVIDENCE_WIDTH, SENTENCE_LINES, "dim"))
    return Text("\n").join([*lines, Text()])  # an empty line between articles


def _arabic(text: str, width: int, lines: int, style: str = "") -> Text:
    """Wrap between words to at most so many lines; what is cut ends in an ellipsis."""
    text = shorten(text, width * lines - (lines - 1) * width // 5, placeholder="…")
    wrapped = wrap(text, width)
    return Text("\n".join(f"{MARK}{line}{MARK}" for line in wrapped), style=style)


def _unsure(tag: Tags, question: str, label: str | None) -> str:
    return f"{label or '-'}{' ?' if question in tag.abstained else ''}"


def _percent(scores: Mapping[str, float], label: str | None) -> str:
    return f"{scores[label]:.0%}" if label is not None else ""
