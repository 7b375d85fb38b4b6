"""The model card: what a trained model is for, what it learnt from, how good it is and where it ends."""

from collections.abc import Mapping, Sequence
from typing import Any

from khabar.training.card_tables import outlet_lines, precision_lines, reliability_lines, robustness_lines, set_lines
from khabar.training.config import parse_config
from khabar.training.config_data import UNSTATED
from khabar.training.job import OUT_OF_FOLD, JobResult
from khabar.training.report import markdown
from khabar.training.robustness import Movement

INTENDED = """\
Tagging Arabic news articles by sector and tone: media monitoring, archives, research. Every tag carries a calibrated
probability, `abstained` says where it is not sure enough, and `explain` names the words and sentences behind it.

**Not for** posts, comments, dialect or texts of a few words; not for judging persons; not for decisions about people.
Tone is how an article presents what it reports, not whether the news is good or true. The labels are {reading}:
other guides draw other lines."""

NO_TEXT = """\
No text of the articles trained on is in the model file: it holds n-grams as 64-bit fingerprints only."""

ANNOTATIONS_ORIGIN = """\
Articles were read from their publishers' public corpora. Labels are this project's own, except where a row says
otherwise."""

CHOSEN_ON_DEV = """\
The recipe and the threshold of `sectors` were chosen on annotations/dev; no article of it, nor a near-duplicate, was
trained on. `sectors.micro_f1` does not count sectors that only one of the two readers saw; `micro_f1_strict` counts
them as wrong."""

ANNOTATIONS_LIMITS = """\
- The annotated articles come from a dozen outlets of the Maghreb, the Gulf and pan-Arab media, most of them of 2017 to
  2021. On outlets and years that it has not seen the model is right less often than on `dev`, most of whose outlets it
  knows.
- Rare sectors (agriculture, tourism, transport) rest on few examples; see their support in the tables.
- Half of the articles trained on were chosen because a first model was unsure of them, so the out-of-fold figures are
  of articles that are harder than news is."""

OWN_LIMITS = """\
- On outlets, years and kinds of text that are not among the articles trained on, the model is right less often than
  on those that are.
- Labels with few examples are known least; see their support in the tables."""

LINEAR = """\
- A linear model sees words, not arguments: irony, quotation and denial may mislead its tone."""

STANCE_USE = """\
Stance is what an article conveys towards a target that the caller names: against it, in favour of it, or neither. It
is not what its author thinks, nor whether the news is good or bad for the target."""

STANCE = """\
- Stance is told of a target that the article names, by the name or the synonyms that the caller gives: a pronoun, an
  adjective (مصري of مصر) or another name is not seen. It is the head that is right least often: heed `abstained`, and
  read the evidence. It was trained and calibrated on targets that the articles are about: of one named in passing its
  probability is too high (one named once, beyond the first 400 characters, is always `abstained`). An article that
  takes opposite sides on several targets misleads it most."""


TEXTS_ONLY = "texts, publishers' sections as features"

SURE = """\
Probabilities are calibrated on out-of-fold scores: by a temperature, and a power of the odds of the likeliest label.
`abstained` marks tags less sure than the model was set to give; `khabar tag --precision` sets another share of tags
that are to be right. That share is one over all articles, and outlets differ."""

MOVED = """\
Of the articles that are changed: the share whose main sector, set of sectors or tone is another one then, and the
figures before and after. `khabar robustness` gives them for any model and corpus. Vowel marks and the like are undone,
but they count as characters where a block of features reads only the first so many."""


def card(result: JobResult, movements: Mapping[str, Sequence[Movement]] | None = None) -> str:
    """Write the card of a trained model as Markdown.

    Parameters
    ----------
    result : JobResult
        Of the job that trained it.
    movements : mapping of str to sequence of Movement, optional
        How far perturbations move its tags, by the name of what they were measured on.

    Returns
    -------
    str
    """
    model = result.model
    config = parse_config(model.config, model.name)
    data, rule = config.data, config.heads.sectors.thresholds
    ours = all(source.corpus == "annotations" for source in data.train)
    origin = [ANNOTATIONS_ORIGIN] if ours else []
    held_out = {(source.corpus, source.part) for source in data.without_near_duplicates_of}
    if ours and not isinstance(rule, str) and ("annotations", "dev") in held_out:
        origin += ["", CHOSEN_ON_DEV]
    fitted = "calibration, abstention and the thresholds of `sectors` were fitted on"
    if not isinstance(rule, str):
        fitted = "calibration and abstention were fitted on; the threshold of `sectors` was set in the config"
    guide = "the reading of one guide (`datasets/annotations/GUIDE.md`)"
    parts = [
        f"# {model.name} {model.version}",
        "",
        f"Trained {model.created} by `khabar train` with {', '.join(f'{k} {v}' for k, v in model.packages.items())}.",
        "",
        "## Intended use",
        INTENDED.format(reading=guide if ours else "those of the articles trained on"),
        *([] if model.stance is None else ["", STANCE_USE]),
        "",
        "## Trained on",
        NO_TEXT,
        *origin,
        "",
        "| corpus | articles | what of them | licence as stated | digest |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {fact['name']} | {fact['articles']} | {'texts and labels' if fact['labels'] else TEXTS_ONLY} | "
            f"{fact['licence'] or 'none stated'} | `{fact['digest'][:12]}` |"
            for fact in result.data
        ),
        "",
        ", ".join(f"{name}: {count}" for name, count in result.articles.items()) + ".",
        *_without_licence(result.data),
        "",
        "## Limits",
        ANNOTATIONS_LIMITS if ours else OWN_LIMITS,
        f"- Out-of-fold figures are of the articles that {fitted}.",
        LINEAR,
        *([] if model.stance is None else [STANCE]),
        "",
    ]
    for name, report in result.reports.items():
        title = "Out of fold, on the training articles" if name == OUT_OF_FOLD else f"Measured on {name}"
        parts.append(markdown(report, title))
    parts += ["## By outlet", ""]
    for name, tagged in result.tagged.items():
        parts += [f"### {name}", "", *outlet_lines(tagged)]
    parts += ["## How sure it is", SURE, "", *precision_lines(model, result.tagged)]
    parts += ["### Sets of labels", *set_lines(model, result.tagged, OUT_OF_FOLD)]
    parts += ["### Calibration", "", *reliability_lines(result.reports)]
    for name, moved in (movements or {}).items():
        parts += [f"## Robustness, on {name}", MOVED, "", *robustness_lines(moved)]
    return "\n".join(parts).rstrip() + "\n"


def _without_licence(facts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name the corpora of which no licence is stated."""
    names = [fact["name"] for fact in facts if not fact["licence"] or fact["licence"].startswith(UNSTATED)]
    if not names:
        return []
    return ["", f"No licence is stated for {', '.join(names)}: the rights to those texts are their publishers'."]
