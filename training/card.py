"""The model card: what a trained model is for, what it learnt from, how good it is and where it ends."""

from khabar.training.job import OUT_OF_FOLD, JobResult
from khabar.training.report import markdown

INTENDED = """\
Tagging Arabic news articles by sector and tone: media monitoring, archives, research. Every tag carries a calibrated
probability, `abstained` says where it is not sure enough, and `explain` names the words and sentences behind it.

**Not for** posts, comments, dialect or texts of a few words; not for judging persons; not for decisions about people.
Tone is how an article presents what it reports, not whether the news is good or true. The labels are the reading of
one guide (`datasets/annotations/GUIDE.md`): other guides draw other lines."""

LIMITS = """\
- The annotated articles come from a dozen outlets of the Maghreb, the Gulf and pan-Arab media, most of them of 2017 to
  2021. On outlets and years that it has not seen the model is right less often than on `dev`, whose outlets it knows.
- Rare sectors (agriculture, tourism, transport) rest on few examples; see their support in the tables.
- Out-of-fold figures are of the articles that calibration and thresholds were fitted on; half of those were chosen
  because a first model was unsure of them, so they are harder than news is.
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
    parts = [
        f"# {model.name} {model.version}",
        "",
        f"Trained {model.created} by `khabar train` with {', '.join(f'{k} {v}' for k, v in model.packages.items())}.",
        "",
        "## Intended use",
        INTENDED,
        "",
        "## Trained on",
        "Articles were read from their publishers' public corpora; none of their text is in the model file: it holds",
        "n-grams as 64-bit fingerprints only. Labels are this project's own, except where a row says otherwise.",
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
        LIMITS,
        "",
    ]
    for name, report in result.reports.items():
        title = "Out of fold, on the training articles" if name == OUT_OF_FOLD else f"Measured on {name}"
        parts.append(markdown(report, title))
    return "\n".join(parts).rstrip() + "\n"
