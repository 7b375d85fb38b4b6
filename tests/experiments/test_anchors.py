"""Every figure of others says where it was found, and stands where the leaderboard looks for it."""

import re

import pytest

from khabar.datasets.catalog import CATALOG
from khabar.experiments.anchors import ANCHORS, READ_TWICE
from khabar.experiments.protocol_runs import PROTOCOLS, corpora_for
from khabar.training.metrics import METRICS

GIVEN = [anchor for anchor in ANCHORS if anchor.value]
OF_CORPORA = [anchor for anchor in GIVEN if anchor.protocol != READ_TWICE]


@pytest.mark.parametrize("anchor", GIVEN, ids=lambda a: f"{a.corpus} {a.system}")
def test_a_figure_has_a_system_a_source_and_digits(anchor):
    assert anchor.system
    assert anchor.source
    assert re.search(r"\.\d\d", anchor.value)


@pytest.mark.parametrize("anchor", OF_CORPORA, ids=lambda a: f"{a.corpus} {a.system}")
def test_a_figure_is_of_a_corpus_its_task_and_a_protocol_that_runs_on_it(anchor):
    assert anchor.corpus in corpora_for(anchor.protocol)
    assert CATALOG[anchor.corpus].task == anchor.task
    assert CATALOG[anchor.corpus].metric == anchor.metric


def test_protocols_and_metrics_are_known():
    assert {anchor.protocol for anchor in ANCHORS} <= {*PROTOCOLS, READ_TWICE}
    assert {anchor.metric for anchor in ANCHORS if anchor.protocol != READ_TWICE} <= set(METRICS)


def test_figures_on_another_split_say_so():
    assert {a.corpus for a in GIVEN if a.note == "another split"} == {"sanad-khaleej", "ant-multisource"}


@pytest.mark.parametrize(
    ("corpus", "values"),
    [
        ("sanad-khaleej", {".95+", ".911", "about .986"}),
        ("ant-multisource", {".882"}),
        ("arsarcasm-v2", {".748"}),
        ("mawqif", {".844", ".839 to .843"}),
        ("ans", {".767"}),
        ("annotations/dev", {".963", ".952", ".945", ".936"}),
    ],
)
def test_the_figures_are_those_that_were_found(corpus, values):
    assert {anchor.value for anchor in GIVEN if anchor.corpus == corpus} == values
