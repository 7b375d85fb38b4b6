"""Which articles a job trains on and evaluates on: from the sources of its config, near-duplicates kept apart."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from khabar.datasets import annotated, corpora, sample
from khabar.datasets.article import Article
from khabar.datasets.catalog import CATALOG
from khabar.datasets.duplicates import drop_near_duplicates
from khabar.datasets.sections import with_all_sections
from khabar.inference.errors import ConfigError
from khabar.training.config_data import Data, Source
from khabar.training.own_data import read_own

SAMPLE_LICENCE = "MIT"


@dataclass(frozen=True)
class JobData:
    """The articles of a job.

    Attributes
    ----------
    train : list of Article
        Each once, near-duplicates of what is held out dropped.
    unlabelled : list of Article
        None of which stands in `train` or is a near-duplicate of an article there or held out.
    evaluate : dict of str to list of Article
        By the name of their source.
    repeated, near_duplicates : int
        How many were dropped from training: articles that an earlier source gave too, and near-duplicates.
    unlabelled_dropped : int
        How many were dropped from the unlabelled, for either reason.
    facts : list of dict
        Of each corpus trained on, for the model's header and for tracking, see `source_facts`.
    """

    train: list[Article]
    unlabelled: list[Article]
    evaluate: dict[str, list[Article]]
    repeated: int
    near_duplicates: int
    unlabelled_dropped: int
    facts: list[dict[str, Any]]

    def counts(self) -> dict[str, int]:
        """Give the numbers of articles by what became of them."""
        return {
            "train": len(self.train),
            **(
                {"unlabelled": len(self.unlabelled), "unlabelled_dropped": self.unlabelled_dropped}
                if self.unlabelled or self.unlabelled_dropped
                else {}
            ),
            "repeated": self.repeated,
            "near_duplicates": self.near_duplicates,
            **{f"evaluate {name}": len(articles) for name, articles in self.evaluate.items()},
        }


def read_source(source: Source) -> list[Article]:
    """Read the articles of one source.

    Raises
    ------
    CorpusError
        A corpus is not on this machine or not as expected.
    InputError
        Rows or files of own data are no articles.
    """
    if source.path is not None:
        return read_own(source)
    if source.corpus == "annotations":
        return annotated.load("dev" if source.part == "dev" else "train")
    if source.corpus == "sample":
        return sample.load("test" if source.part == "test" else "train")
    articles = corpora.read(str(source.corpus))
    # An article that a publisher files under two sections is of both; twice with one each, it denies its own labels.
    return with_all_sections(articles) if CATALOG[str(source.corpus)].task == "topic" else articles


def read_data(data: Data) -> JobData:
    """Read all sources of a job; own files first, as they are the likeliest to be wrong.

    Raises
    ------
    ConfigError
        No article is left to train on.
    """
    sources = {_key(s): s for s in (*data.train, *data.unlabelled, *data.without_near_duplicates_of, *data.evaluate)}
    own_first = sorted(sources, key=lambda key: sources[key].path is None)
    read = {key: read_source(sources[key]) for key in own_first}
    train: list[Article] = []
    facts: list[dict[str, Any]] = []
    seen: set[tuple[str, str]] = set()
    held_out = [article for source in data.without_near_duplicates_of for article in read[_key(source)]]
    repeated = near_duplicates = unlabelled_dropped = 0
    for source in data.train:
        articles = [article for article in read[_key(source)] if (article.corpus, article.id) not in seen]
        repeated += len(read[_key(source)]) - len(articles)
        seen.update((article.corpus, article.id) for article in articles)
        kept, dropped = drop_near_duplicates(articles, held_out) if held_out else (articles, [])
        near_duplicates += len(dropped)
        train += kept
        facts += source_facts(source, kept)
    if not train:
        raise ConfigError(f"found no article to train on in {', '.join(source.name for source in data.train)}")
    unlabelled: list[Article] = []
    seen.update((article.corpus, article.id) for article in held_out)
    for source in data.unlabelled:
        articles = [article for article in read[_key(source)] if (article.corpus, article.id) not in seen]
        seen.update((article.corpus, article.id) for article in articles)
        kept, _ = drop_near_duplicates(articles, [*train, *held_out])
        unlabelled_dropped += len(read[_key(source)]) - len(kept)
        unlabelled += kept
        facts += source_facts(source, kept, labels=False)
    evaluate = {source.name: read[_key(source)] for source in data.evaluate}
    return JobData(train, unlabelled, evaluate, repeated, near_duplicates, unlabelled_dropped, facts)


def source_facts(source: Source, articles: Sequence[Article], *, labels: bool = True) -> list[dict[str, Any]]:
    """Say what a model was trained on: one entry for each corpus that a source draws on.

    Parameters
    ----------
    source : Source
    articles : sequence of Article
    labels : bool
        Whether the model has learnt what labels khabar gives the articles; else from their words, and the sections
        that publishers file them under, alone.

    Returns
    -------
    list of dict
        `name`, `articles`, `labels`, `digest` (see `articles_digest`), `licence`,
        `ships` (whether a model trained on it may ship with khabar; None for own data) and, of catalogued corpora,
        `url`.
    """
    by_corpus: dict[str, list[Article]] = {}
    for article in articles:
        by_corpus.setdefault(article.corpus, []).append(article)
    return [{**_fact(source, corpus, by_corpus[corpus]), "labels": labels} for corpus in sorted(by_corpus)]


def articles_digest(articles: Sequence[Article]) -> str:
    """Hash all that a fit reads of articles: ids, outlets, titles, texts, labels and how sure these are, in order."""
    digest = hashlib.sha256()
    for a in articles:
        row = (
            a.corpus, a.id, a.outlet, a.title, a.text, a.labels, a.sectors, a.main, sorted(a.denied), a.sector_sure,
            a.tone, a.tone_sure, a.target, a.stance,
        )  # fmt: skip
        # Escaped, so that lone surrogates have bytes too.
        digest.update(json.dumps(row).encode("ascii") + b"\n")
    return digest.hexdigest()


def _fact(source: Source, corpus: str, articles: list[Article]) -> dict[str, Any]:
    fact: dict[str, Any] = {
        "name": source.name if corpus in (source.name, source.corpus, source.path) else f"{source.name} {corpus}",
        "articles": len(articles),
        "digest": articles_digest(articles),
    }
    if source.path is None and corpus in CATALOG:
        entry = CATALOG[corpus]
        return fact | {"licence": entry.licence, "ships": entry.ships, "url": entry.url}
    if source.corpus == "sample":
        return fact | {"name": source.name, "licence": SAMPLE_LICENCE, "ships": True}
    return fact | {"licence": source.licence, "ships": None}


def _key(source: Source) -> str:
    # Sources hold maps, so they have no hash of their own.
    return json.dumps(source.model_dump(mode="json"), sort_keys=True)
