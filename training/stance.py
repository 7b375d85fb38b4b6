"""How the stance part of a model is fitted, calibrated on articles that its fits did not see, and put together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from khabar.datasets.article import Article
from khabar.datasets.sectors import STANCE_LABELS, STANCES
from khabar.inference.errors import ConfigError
from khabar.inference.heads import Head
from khabar.inference.model import Model
from khabar.inference.stance import NOT_NAMED, decided, no_stance
from khabar.inference.stance_model import StanceModel, Subject, read, subject_of
from khabar.inference.tags import Stance
from khabar.inference.text import TextTable
from khabar.training.assemble import softmax_head
from khabar.training.config import TrainConfig
from khabar.training.config_heads import StanceConfig
from khabar.training.events import Note, Report, unheard
from khabar.training.folds import Fold, make_folds
from khabar.training.linear_head import FloatMatrix, LinearHead, by_block, fit_classes
from khabar.training.metrics import IntArray
from khabar.training.table import build_table
from khabar.training.vectorizer import Document, KhabarVectorizer, block_vectorizer, side_by_side

HEAD = "stance"
# Written for this purpose: a model file holds no text of any corpus.
SMOKE: tuple[dict[str, Any], ...] = (
    {
        "title": "الحكومة تشيد بنجاح المدينة الجديدة",
        "text": "افتتح الوزير المدينة الجديدة وأثنى على جودة بنائها. وقال إن المدينة الجديدة مكسب كبير للسكان.",
        "target": "المدينة الجديدة",
    },
    {
        "title": None,
        "text": "انتقد النواب قانون الضرائب بشدة، ووصفوه بالظالم. وطالبوا الحكومة بسحب قانون الضرائب فورا.",
        "target": "قانون الضرائب",
    },
)


@dataclass(frozen=True, eq=False)
class FittedStance:
    """What a fit gives.

    Attributes
    ----------
    vectorizers : dict of str to KhabarVectorizer
        By block.
    head : LinearHead
    rows : ndarray of int, shape (n,)
        Positions of the articles that were fitted on: those with a stance that name its target.
    subjects : list of Subject
        These articles, with the places that name the target.
    target : ndarray of int, shape (n,)
        Their stances, as positions in `STANCES`.
    out_of_fold : ndarray of shape (n, 3)
        The scores each gets from the fit that did not see it.
    """

    vectorizers: dict[str, KhabarVectorizer]
    head: LinearHead
    rows: IntArray
    subjects: list[Subject]
    target: IntArray
    out_of_fold: FloatMatrix


def fit_stance(
    config: TrainConfig,
    stance: StanceConfig,
    articles: Sequence[Article],
    *,
    folds: Sequence[Fold] | None = None,
    jobs: int = 1,
    report: Report = unheard,
) -> FittedStance:
    """Fit the stance part on all articles with a stance, and once more for each fold of the config's.

    Parameters
    ----------
    config : TrainConfig
    stance : StanceConfig
        Its stance section.
    articles : sequence of Article
        All that the job trains on: the folds are those of the other heads.
    folds : sequence of Fold, optional
        By default, those of the config.
    jobs : int
        Processes; the result does not depend on it.
    report : callable
        Told what is done.

    Raises
    ------
    ConfigError
        A stance has no example, a block no feature, or a fold no article to fit on.
    """
    table = build_table()
    with_stance = [row for row, article in enumerate(articles) if article.stance]
    found = {
        row: subject_of(table, articles[row].title, articles[row].text, articles[row].target or "")
        for row in with_stance
    }
    rows = np.array([row for row, subject in found.items() if subject.mentions], dtype=np.intp)
    target = np.array([STANCES.index(articles[row].stance or "") for row in rows], dtype=np.intp)
    _check(target, len(with_stance))
    subjects = [found[row] for row in rows.tolist()]
    documents = {reads: _documents(reads, subjects) for reads in {block.reads for block in stance.blocks.values()}}
    at = np.full(len(articles), -1)
    at[rows] = np.arange(len(rows))
    folds = make_folds(config, articles) if folds is None else folds
    parts = [(_kept(at[fold.fit]), _kept(at[fold.held_out])) for fold in folds]
    for number, (fitted_on, _) in enumerate(parts, 1):
        if not len(fitted_on):
            raise ConfigError(
                f"stance: found no article with a stance among those that fold {number} of {len(parts)} is fitted on, "
                "expected one or more; set fold_by: group, or add articles with stances to data.train"
            )
    everything = (np.arange(len(rows)), np.array([], dtype=np.intp))
    parallel = Parallel(n_jobs=jobs, return_as="generator")
    results = parallel(
        delayed(_fit_fold)(stance, documents, target, fitted_on, held_out, config.seed)
        for fitted_on, held_out in (everything, *parts)
    )
    vectorizers, head, _ = next(results)
    out_of_fold = np.full((len(rows), len(STANCES)), np.nan)
    for (_, held_out), (_, _, scores) in zip(parts, results, strict=True):
        out_of_fold[held_out] = scores
    unnamed = len(with_stance) - len(rows)
    report(Note(f"fitted stance on {len(rows)} articles; {unnamed} more do not name their target"))
    return FittedStance(vectorizers, head, rows, subjects, target, out_of_fold)


def with_stance(
    model: Model, stance: StanceConfig, fitted: FittedStance, articles: Sequence[Article]
) -> tuple[Model, list[Stance]]:
    """Add the stance part to a model, calibrated on the out-of-fold scores, weights rounded to float16 as stored.

    Its smoke articles carry the scores of the weights before rounding, see `khabar.training.assemble.assemble`.

    Parameters
    ----------
    model : Model
    stance : StanceConfig
    fitted : FittedStance
    articles : sequence of Article
        What was trained on.

    Returns
    -------
    model : Model
    stances : list of Stance
        Of all the training articles, by the fits that did not see them.
    """
    names = {label.id: {"ar": label.ar, "en": label.en} for label in STANCE_LABELS}
    outlets = [articles[row].outlet for row in fitted.rows.tolist()]
    head = softmax_head(
        HEAD, STANCES, stance.blocks, fitted.out_of_fold, fitted.target, outlets, stance.head.abstain_precision
    )
    part = _assembled(stance, fitted, head, model.table)
    stances = [no_stance(NOT_NAMED)] * len(articles)
    for row, found in zip(fitted.rows.tolist(), decided(head, fitted.out_of_fold, fitted.subjects), strict=True):
        stances[row] = found
    return replace(model, stance=part, labels={**names, **model.labels}), stances


def _assembled(stance: StanceConfig, fitted: FittedStance, head: Head, table: TextTable) -> StanceModel:
    weights = [fitted.head.weights[name].astype(np.float32) for name in stance.blocks]
    vectorizers = fitted.vectorizers
    exact = StanceModel(
        table=table,
        blocks=tuple(vectorizers[name].block(name) for name in stance.blocks),
        reads=tuple(block.reads for block in stance.blocks.values()),
        ids=tuple(vectorizers[name].ids_ for name in stance.blocks),
        idf=tuple(vectorizers[name].idf_.astype(np.float32) for name in stance.blocks),
        weights=tuple(weights),
        head=head,
        bias=fitted.head.bias.astype(np.float32),
    )
    subjects = [subject_of(exact.table, a["title"], a["text"], a["target"]) for a in SMOKE]
    scores, _ = exact.score(subjects)
    rounded = tuple(part.astype(np.float16).astype(np.float32) for part in weights)
    smoke = [{**article, "scores": row} for article, row in zip(SMOKE, scores.tolist(), strict=True)]
    return replace(exact, weights=rounded, smoke=smoke)


def _check(target: IntArray, with_stance: int) -> None:
    lacking = [label for at, label in enumerate(STANCES) if at not in target]
    if lacking:
        raise ConfigError(
            f"found {with_stance} articles with a stance to train on, {len(target)} of which name its target; none of "
            f"these is {', '.join(lacking)}. Expected one or more of each for the section stance: add "
            "{corpus: annotations, part: train} or {corpus: sample, part: train} to data.train, or leave stance out"
        )


def _kept(positions: IntArray) -> IntArray:
    return positions[positions >= 0]


def _documents(reads: str, subjects: Sequence[Subject]) -> list[Document]:
    return list(zip(*read(reads, subjects), strict=True))


def _fit_fold(
    stance: StanceConfig,
    documents: dict[str, list[Document]],
    target: IntArray,
    fitted_on: IntArray,
    held_out: IntArray,
    seed: int,
) -> tuple[dict[str, KhabarVectorizer], LinearHead, FloatMatrix]:
    vectorizers: dict[str, KhabarVectorizer] = {}
    rows: dict[str, csr_matrix] = {}
    held_out_rows: dict[str, csr_matrix] = {}
    with threadpool_limits(limits=1):
        for name, block in stance.blocks.items():
            vectorizers[name] = vectorizer = block_vectorizer(block)
            own = documents[block.reads]
            try:
                rows[name] = vectorizer.fit_transform([own[at] for at in fitted_on.tolist()])
            except ValueError as error:
                raise ConfigError(
                    f"stance.blocks.{name}: found no feature in {len(fitted_on)} articles ({error}); lower min_df"
                ) from error
            held_out_rows[name] = vectorizer.transform([own[at] for at in held_out.tolist()])
        head = _fit_head(stance, rows, target[fitted_on], seed)
        return vectorizers, head, head.scores(held_out_rows)


def _fit_head(stance: StanceConfig, rows: dict[str, csr_matrix], target: IntArray, seed: int) -> LinearHead:
    scales = {name: block.scale for name, block in stance.blocks.items()}
    together = side_by_side([rows[name] * np.float32(scale) for name, scale in scales.items()])
    coefficients, bias = fit_classes(together, target, len(STANCES), np.ones(len(target)), stance.head, seed)
    return LinearHead(by_block(coefficients, rows, scales), bias)
