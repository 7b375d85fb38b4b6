"""From a fit to a model: calibrated heads, every block's weights side by side, and what the header says."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import numpy as np

from khabar.datasets import sample
from khabar.datasets.article import Article
from khabar.datasets.sectors import SECTORS, TONE_LABELS, TONES
from khabar.inference.heads import Head, probabilities
from khabar.inference.model import Model
from khabar.training.calibrate import (
    fit_abstention,
    fit_platt,
    fit_power,
    fit_precisions,
    fit_temperature,
    fit_thresholds,
)
from khabar.training.config import TrainConfig
from khabar.training.conformal import fit_coverages
from khabar.training.fit import Fitted
from khabar.training.linear_head import FloatMatrix
from khabar.training.table import build_table
from khabar.training.targets import IntArray, main_targets, sector_matrix, tone_targets

PACKAGES = ("khabar", "numpy", "scipy", "scikit-learn", "camel-tools")


def calibrated_heads(config: TrainConfig, fitted: Fitted, articles: Sequence[Article]) -> tuple[Head, ...]:
    """Fit temperatures, curves, thresholds and abstention on out-of-fold scores; give the heads in model order."""
    scores = fitted.out_of_fold
    outlets = [article.outlet for article in articles]
    of_sector, of_tone = config.heads.sector, config.heads.tone
    main, tones = main_targets(articles, config.sectors), tone_targets(articles)
    sector = softmax_head(
        "sector", config.sectors, of_sector.blocks, scores["sector"], main, outlets, of_sector.abstain_precision
    )
    tone = softmax_head("tone", TONES, of_tone.blocks, scores["tone"], tones, outlets, of_tone.abstain_precision)
    return (sector, _sectors_head(config, scores["sectors"], scores["sector"].argmax(axis=1), articles), tone)


def assemble(
    config: TrainConfig, fitted: Fitted, heads: tuple[Head, ...], facts: list[dict[str, Any]], created: str
) -> Model:
    """Put a model together, its weights already rounded to float16, as they are stored.

    Its smoke articles carry the scores of the weights before rounding: saving holds the rounded ones against them.
    A block's columns reach from the first to the last head over it; between them, weights are zero. Scales are in
    the weights, so that each head may have its own.
    """
    low = dict(zip((head.name for head in heads), np.cumsum([0, *(len(head.labels) for head in heads)]), strict=False))
    blocks, weights, columns = [], [], []
    for name, vectorizer in fitted.vectorizers.items():
        over = [(int(low[head.name]), fitted.heads[head.name].weights[name]) for head in heads if name in head.blocks]
        first = min(at for at, _ in over)
        last = max(at + part.shape[1] for at, part in over)
        together = np.zeros((len(vectorizer.ids_), last - first), dtype=np.float32)
        for at, part in over:
            together[:, at - first : at - first + part.shape[1]] = part
        blocks.append(vectorizer.block(name))
        weights.append(together)
        columns.append((first, last))
    exact = Model(
        name=config.name,
        version=config.version,
        table=build_table(),
        blocks=tuple(blocks),
        ids=tuple(vectorizer.ids_ for vectorizer in fitted.vectorizers.values()),
        idf=tuple(vectorizer.idf_.astype(np.float32) for vectorizer in fitted.vectorizers.values()),
        weights=tuple(weights),
        columns=tuple(columns),
        heads=heads,
        bias=np.concatenate([fitted.heads[head.name].bias for head in heads]).astype(np.float32),
        labels=label_names(config.sectors),
        data=facts,
        packages={"python": ".".join(map(str, sys.version_info[:3])), **{name: version(name) for name in PACKAGES}},
        smoke=[],
        created=created,
        config=config.to_dict(),
    )
    rounded = tuple(part.astype(np.float16).astype(np.float32) for part in weights)
    return replace(exact, weights=rounded, smoke=_smoke(exact, config.smoke))


def _smoke(model: Model, n: int) -> list[dict[str, Any]]:
    """Score articles of the sample, which is khabar's own: a model file holds no text of any corpus."""
    articles = sample.load("demo")[:n]
    scores, _ = model.scorer.score([a.text for a in articles], [a.title for a in articles])
    return [
        {"title": article.title, "text": article.text, "scores": row}
        for article, row in zip(articles, scores.tolist(), strict=True)
    ]


def label_names(sectors: Sequence[str]) -> dict[str, dict[str, str]]:
    """Give the Arabic and English names of every label, and the IPTC Media Topic of sectors."""
    names = {s.id: {"ar": s.ar, "en": s.en, "iptc": s.iptc} for s in SECTORS if s.id in sectors}
    return names | {tone.id: {"ar": tone.ar, "en": tone.en} for tone in TONE_LABELS}


def softmax_head(
    name: str,
    labels: tuple[str, ...],
    blocks: Iterable[str],
    scores: FloatMatrix,
    target: IntArray,
    outlets: Sequence[str],
    abstain_precision: float,
) -> Head:
    """Calibrate a softmax head on out-of-fold scores, and find where it abstains and what its sets hold.

    Parameters
    ----------
    name : str
    labels, blocks : sequence of str
    scores : ndarray of shape (n, k)
        -inf where a fold did not know the label.
    target : ndarray of int, shape (n,)
        -1 where the label is unknown.
    outlets : sequence of str
        Of each article.
    abstain_precision : float
    """
    temperature = fit_temperature(scores, target)
    head = Head(
        name, "softmax", labels, tuple(blocks), temperature=temperature, power=fit_power(scores, target, temperature)
    )
    probability = probabilities(head, scores)
    return replace(
        head,
        abstain_below=fit_abstention(probability, target, abstain_precision),
        precisions=fit_precisions(probability, target),
        coverages=fit_coverages(probability, target, outlets),
    )


def _sectors_head(config: TrainConfig, scores: FloatMatrix, main: IntArray, articles: Sequence[Article]) -> Head:
    matrix = sector_matrix(articles, config.sectors)
    curves = []
    for column, label in zip(scores.T, matrix.T, strict=True):
        known = (label >= 0) & np.isfinite(column)
        curves.append(fit_platt(column[known], label[known] == 1))
    slope, offset = (tuple(values) for values in zip(*curves, strict=True))
    blocks = tuple(config.heads.sectors.blocks)
    head = Head("sectors", "sigmoid", config.sectors, blocks, slope=slope, offset=offset)
    rule = config.heads.sectors.thresholds
    if isinstance(rule, str):
        thresholds = fit_thresholds(probabilities(head, scores), matrix, main, per_label=rule == "per_label")
    else:
        thresholds = tuple(probabilities(head, np.full((1, len(curves)), rule))[0].tolist())
    return replace(head, thresholds=thresholds)
