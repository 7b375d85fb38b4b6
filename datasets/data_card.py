"""How a corpus is described to who wants to use it: its data card, Markdown without any text of the corpus."""

from collections.abc import Iterable, Sequence

from khabar.datasets.catalog import CorpusEntry, entry
from khabar.datasets.corpora import read
from khabar.datasets.corpus_facts import CorpusFacts, PartFacts, Quartiles, facts
from khabar.datasets.label_maps import LABEL_MAPS, LabelMeaning
from khabar.datasets.sectors import SECTOR_IDS

PERMITS = {
    "ship": "a model trained on it may ship",
    "research": "evaluation and research; no model that ships may be trained on it",
}
MOST = 10  # rows of a table of pairs


def card(name: str) -> str:
    """The data card of a corpus, from its catalogue entry and its articles, cleaned as every user gets them.

    Raises
    ------
    CorpusError
        If the corpus is unknown or cannot be read.
    """
    corpus = entry(name)
    return render(corpus, facts(read(name)))


def render(corpus: CorpusEntry, found: CorpusFacts) -> str:
    """The data card of a corpus whose articles are counted."""
    sections = (
        ("", _summary(corpus, found)),
        ("What to know", [corpus.traps]),
        ("Labels", _labels(corpus, found)),
        ("Outlets and dates", _outlets(corpus, found)),
        ("Lengths", _lengths(found)),
        ("What stands more than once", _duplicates(found)),
        ("Official split", _parts(found)),
        ("Our annotations", _annotated(found)),
        ("Licence and citation", _licence(corpus)),
        ("Source", _source(corpus)),
    )
    lines = [f"# {corpus.name}"]
    for title, body in sections:
        lines += ["", *([f"## {title}", ""] if title else []), *body]
    return "\n".join(lines) + "\n"


def _summary(corpus: CorpusEntry, found: CorpusFacts) -> list[str]:
    task = {"topic": "topics", "tone": "tone", "stance": "stance"}.get(corpus.task, "no labels of its own")
    scored = f", scored by {corpus.metric}" if corpus.metric else ""
    targets = f" towards {found.targets:,} targets" if found.targets else ""
    counts = f"{found.documents:,} documents ({task}{targets}{scored}), {found.empty:,} of them without text"
    return [
        f"{counts}. Permitted: {PERMITS[corpus.permits]}.",
        "",
        f"Made by `khabar data card {corpus.name}` of the texts as cleaned.",
    ]


def _labels(corpus: CorpusEntry, found: CorpusFacts) -> list[str]:
    if not found.labels:
        return ["None: publishers' sections or annotations are not part of the corpus."]
    counts = dict(found.labels)
    meanings = LABEL_MAPS.get(corpus.name, {})
    labels = [*counts, *(label for label in meanings if label not in counts)]
    rows = [(_cell(label), _number(counts.get(label)), *_meaning(meanings.get(label))) for label in labels]
    lines = _table(("label", "documents", "asserts", "denies", "leaves unknown", "compared as"), rows)
    known = [f"sectors of {found.with_sectors:,} documents"] if found.with_sectors else []
    known += [
        f"the {what} of {sum(dict(counts).values()):,} ({', '.join(f'{label} {n:,}' for label, n in counts)})"
        for what, counts in (("tone", found.tones), ("stance", found.stances))
        if counts
    ]
    unlabelled = f" {found.unlabelled:,} documents have no label." if found.unlabelled else ""
    return [*lines, "", f"So known: {'; '.join(known) or 'nothing for sure'}.{unlabelled}"]


def _meaning(meaning: LabelMeaning | None) -> tuple[str, str, str, str]:
    if meaning is None:
        return "", "", "everything", ""
    tone = [f"tone {meaning.tone}"] if meaning.tone else []
    stance = [f"stance {meaning.stance}"] if meaning.stance else []
    asserts = ", ".join([*meaning.asserts, *tone, *stance])
    denies = ", ".join(sector for sector in SECTOR_IDS if sector in meaning.denies)
    left = len(SECTOR_IDS) - len(meaning.asserts) - len(meaning.denies)
    sectors = "all sectors" if left == len(SECTOR_IDS) else f"{left} of {len(SECTOR_IDS)} sectors"
    unknown = [sectors, *([] if meaning.tone else ["tone"]), *([] if meaning.stance else ["stance"])]
    return asserts, denies, ", ".join(unknown), meaning.shared or ""


def _outlets(corpus: CorpusEntry, found: CorpusFacts) -> list[str]:
    lines = _table(("outlet", "documents"), [(_cell(outlet), f"{n:,}") for outlet, n in found.outlets])
    dated = f"; {found.dated:,} documents have a date, {found.first} to {found.last}" if found.dated else ""
    return [*lines, "", f"Dates: {corpus.dates}{dated}."]


def _lengths(found: CorpusFacts) -> list[str]:
    columns = ("of the text", "lowest", "lower quartile", "median", "upper quartile", "highest")
    rows = [("characters", *_five(found.characters)), ("words", *_five(found.words))]
    return [*_table(columns, rows), "", f"{found.titled:,} documents have a title of their own, which is not counted."]


def _five(lengths: Quartiles | None) -> tuple[str, ...]:
    if lengths is None:
        return ("-",) * 5
    return tuple(f"{n:,}" for n in (lengths.lowest, lengths.lower, lengths.median, lengths.upper, lengths.highest))


def _duplicates(found: CorpusFacts) -> list[str]:
    report = found.duplicates
    largest = max(map(len, report.largest), default=0)
    rows = [
        ("texts that stand before, letter by letter", f"{report.exact:,}"),
        ("near-duplicates of an earlier text, these among them", f"{report.duplicates:,}"),
        ("groups of near-duplicates", f"{report.groups:,}"),
        ("documents of the largest group", f"{largest:,}"),
        ("groups whose articles have different labels (conflicts)", f"{len(report.conflicts):,}"),
    ]
    if found.targets:
        rows.append(("pairs of text and target that stand before", f"{found.repeated_pairs:,}"))
    lines = _table(("what", "number"), rows)
    lines += _pairs(("label", "another label", "conflicts"), found.conflicts)
    return lines + _pairs(("outlet", "another outlet", "groups in both"), report.outlets)


def _pairs(columns: Sequence[str], pairs: Sequence[tuple[str, str, int]]) -> list[str]:
    rows = [(_cell(one), _cell(two), f"{n:,}") for one, two, n in pairs[:MOST]]
    rest = sum(n for *_, n in pairs[MOST:])
    if rest:
        rows.append(("others", "", f"{rest:,}"))
    return ["", *_table(columns, rows)] if rows else []


def _parts(found: CorpusFacts) -> list[str]:
    if not found.parts:
        return ["None."]
    columns = ["part", "documents", "same text in train", "near-duplicate in train", "labels"]
    if found.targets:
        columns.insert(3, "same text and target")
    rows = [_part(part, with_pairs=bool(found.targets)) for part in found.parts]
    return [
        *_table(columns, rows),
        "",
        "Train is what a system tested on the part trains on: of test, dev as well; of a fold, all others.",
    ]


def _part(part: PartFacts, with_pairs: bool) -> tuple[str, ...]:
    labels = ", ".join(f"{_cell(label)} {n:,}" for label, n in part.labels)
    pairs = (_number(part.same_pair),) if with_pairs else ()
    return (part.name, f"{part.documents:,}", _number(part.same_text), *pairs, _number(part.near), labels)


def _annotated(found: CorpusFacts) -> list[str]:
    counts = " and ".join(f"{n:,} of {part}" for part, n in found.annotated)
    return [f"Labelled by sector, tone and stance for this project: {counts}."]


def _licence(corpus: CorpusEntry) -> list[str]:
    return [f"- Licence: {corpus.licence}", f"- Permitted: {PERMITS[corpus.permits]}", f"- Cite: {corpus.citation}"]


def _source(corpus: CorpusEntry) -> list[str]:
    return [
        f"- Repository: https://github.com/{corpus.repo}, commit `{corpus.commit}`",
        f"- Archive: {corpus.url}; get it with `khabar data fetch {corpus.name}`",
        f"- Files read: {', '.join(f'`{pattern}`' for pattern in corpus.files)}",
        f"- Digest of their content (SHA-256): `{corpus.digest}`",
    ]


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(columns)} |", "|" + " --- |" * len(columns)]
    return lines + [f"| {' | '.join(row)} |" for row in rows]


def _number(n: int | None) -> str:
    return "-" if n is None else f"{n:,}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|") or "(blank)"
