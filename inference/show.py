"""How evidence and models are shown to a reader: lines of plain text, Arabic in reading order as stored.

A terminal shapes and orders Arabic itself; doing so here would show it reversed.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from khabar.inference.model import load_model
from khabar.inference.model_source import model_path
from khabar.inference.predictor import SHIPPED
from khabar.inference.tags import Explanation, Tags

SENTENCES = 3  # for a label; the rest weigh less
PRECISIONS = (0.8, 0.9, 0.95)  # of those that a head knows
QUESTIONS = {"sector": "main sector", "sectors": "also", "tone": "tone"}
Names = Mapping[str, Mapping[str, str]]


def explanation_lines(tags: Tags, explanations: Sequence[Explanation], names: Names) -> Iterator[str]:
    """Show an article's tags with their confidence, and the words and sentences that gave each.

    Parameters
    ----------
    tags : Tags
    explanations : sequence of Explanation
    names : mapping
        Arabic names of labels, as `Model.labels` has them.
    """
    for explanation in explanations:
        unsure = "   not sure enough to use" if explanation.head in tags.abstained else ""
        yield click.style(
            f"{QUESTIONS.get(explanation.head, explanation.head)}: {_named(explanation.label, names)}"
            f"   {explanation.probability:.0%}{unsure}",
            bold=True,
        )
        score, intercept = explanation.score, explanation.intercept
        yield f"  score {score:+.2f} = intercept {intercept:+.2f} + the shares of all words"
        for word in explanation.words:
            times = f"  ×{len(word.spans)}" if len(word.spans) > 1 else ""
            yield f"  {_share(word.share)}  {_one_line(word.word)}{times}"
        yield f"  {_share(explanation.other_words)}  (all other words)"
        if explanation.sentences:
            yield "  sentences:"
        for sentence in explanation.sentences[:SENTENCES]:
            title = "[title] " if sentence.field == "title" else ""
            yield f"  {_share(sentence.share)}  {title}{_one_line(sentence.text)}"
        yield ""


def model_info(path: str | None) -> dict[str, Any]:
    """Load a model by its path or URI, with all checks, and describe it in JSON values; by default the shipped one."""
    file = SHIPPED if path is None else model_path(path)
    model = load_model(file)
    heads = [*model.heads]
    described = [{**block.to_dict(), "features": len(ids)} for block, ids in zip(model.blocks, model.ids, strict=True)]
    smoke = len(model.smoke)
    if (stance := model.stance) is not None:
        heads.append(stance.head)
        smoke += len(stance.smoke)
        described += [
            {**block.to_dict(), "reads": reads, "features": len(ids)}
            for block, reads, ids in zip(stance.blocks, stance.reads, stance.ids, strict=True)
        ]
    return {
        "name": model.name,
        "version": model.version,
        "created": model.created,
        "file": str(file),
        "bytes": file.stat().st_size,
        "sha256": model.digest,
        "format": model.format,
        "heads": [
            {**head.to_dict(), "names": {label: dict(model.labels.get(label, {})) for label in head.labels}}
            for head in heads
        ],
        "blocks": described,
        "data": model.data,
        "metrics": model.metrics,
        "packages": model.packages,
        "smoke": {"articles": smoke, "ok": True},
    }


def info_lines(described: Mapping[str, Any]) -> Iterator[str]:
    """Show what `model_info` gives."""
    yield click.style(f"{described['name']} {described['version']}", bold=True)
    yield f"  created   {described['created'] or 'unknown'}"
    yield f"  file      {described['file']}, {described['bytes'] / 1e6:.1f} MB, format {described['format']}"
    yield f"  sha256    {described['sha256']}"
    yield f"  smoke     {described['smoke']['articles']} articles score as when it was saved"
    yield from _section("heads")
    for head in described["heads"]:
        yield f"  {head['name']} ({head['kind']}, over {', '.join(head['blocks'])})"
        for label in head["labels"]:
            yield f"    {_named(label, head['names'])}"
        yield from _sure(head)
    yield from _section("features")
    for block in described["blocks"]:
        lengths = "" if block["kind"].startswith("stem") else f" {block['min_n']}-{block['max_n']}"
        reads = f", reads {block['reads']}" if "reads" in block else ""
        yield f"  {block['name']}: {block['features']:,} ({block['kind']}{lengths}{reads})"
    yield from _section("training data")
    for corpus in described["data"]:
        yield "  " + ", ".join(f"{key} {value}" for key, value in corpus.items())
    yield from _section("metrics")
    for name, value in _flat(described["metrics"]):
        yield f"  {name}: {value:.4f}" if isinstance(value, float) else f"  {name}: {value}"


def _sure(head: Mapping[str, Any]) -> Iterator[str]:
    """Say how sure a head's answers are: what was measured on outlets that it had not seen."""
    for precision, least, share in head.get("precisions", ()):
        if precision in PRECISIONS:
            reached = f"{share:.0%} of articles, from the probability {least:.2f}" if share else "of no articles"
            yield f"    right in {precision:.0%}: {reached}"
    for coverage, least in head.get("coverages", ()):
        yield f"    the right label among several in {coverage:.0%}: all from the probability {least:.2f}"


def _section(title: str) -> tuple[str, str]:
    return "", click.style(title, bold=True)


def _named(label: str, names: Names) -> str:
    arabic = names.get(label, {}).get("ar")
    return f"{label}  {arabic}" if arabic else label


def _share(share: float) -> str:
    return click.style(f"{share:+7.2f}", fg="green" if share >= 0 else "red")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Give nested figures with dotted names."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
