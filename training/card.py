"""The model card: what a trained model is for, what it learnt from, how good it is and where it ends."""

from khabar.training.config import parse_config
from khabar.training.job import OUT_OF_FOLD, JobResult
from khabar.training.report import markdown

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
  2021. On outlets and years that it has not seen the model is right less often than on `dev`, whose outlets it knows.
- Rare sectors (agriculture, tourism, transport) rest on few examples; see their support in the tables.
- Half of the articles trained on were chosen because a first model was unsure of them, so the out-of-fold figures are
  of articles that are harder than news is."""

OWN_LIMITS = """\
- On outlets, years and kinds of text that are not among the articles trained on, the model is right less often than
  on those that are.
- Labels with few examples are known least; see their support in the tables."""

LINEAR = """\
- A linear model sees words, not arguments: irony, quotation and denial may mislead its tone."""


def card(result: JobResult) -> str:
    """Write the card of a trained model as Markdown.

    Parameters
    ----------
    result : JobResult
        Of the job that trained it.

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
        "",
        "## Trained on",
        NO_TEXT,
        *origin,
        "",
        "| corpus | articles | licence as stated | digest |",
        "| --- | --- | --- | --- |",
        *(
            f"| {fact['name']} | {fact['articles']} | {fact['licence'] or 'none stated'} | `{fact['digest'][:12]}` |"
            for fact in result.data
        ),
        "",
        ", ".join(f"{name}: {count}" for name, count in result.articles.items()) + ".",
        "",
        "## Limits",
        ANNOTATIONS_LIMITS if ours else OWN_LIMITS,
        f"- Out-of-fold figures are of the articles that {fitted}.",
        LINEAR,
        "",
    ]
    for name, report in result.reports.items():
        title = "Out of fold, on the training articles" if name == OUT_OF_FOLD else f"Measured on {name}"
        parts.append(markdown(report, title))
    return "\n".join(parts).rstrip() + "\n"
