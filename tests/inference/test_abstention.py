"""Abstaining at a precision of the caller's choice."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from khabar.inference import Predictor
from khabar.inference.abstention import at_precision
from khabar.inference.cli import main
from khabar.inference.errors import InputError
from khabar.inference.heads import ABOVE_ALL, Head, abstains
from khabar.inference.model import Model, save_model

Articles = list[tuple[str | None, str]]
PRECISIONS = ((0.5, 0.0, 1.0), (0.8, 0.7, 0.5), (0.99, 1.0, 0.0))


@pytest.fixture(scope="module")
def path(toy_model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of a model whose heads know precisions."""
    heads = tuple(h if h.kind == "sigmoid" else replace(h, precisions=PRECISIONS) for h in toy_model.heads)
    file = tmp_path_factory.mktemp("precise") / "toy.safetensors"
    save_model(replace(toy_model, heads=heads), file)
    return file


@pytest.mark.parametrize(
    ("precision", "below"), [(0.5, 0.0), (0.501, 0.7), (0.8, 0.7), (0.81, ABOVE_ALL), (0.99, ABOVE_ALL)]
)
def test_a_precision_is_rounded_up_to_the_next_one_stored(path: Path, precision: float, below: float) -> None:
    model = Predictor.load(path, precision=precision).model
    assert [model.head(name).abstain_below for name in ("sector", "tone")] == [below, below]


def test_only_what_abstains_changes(path: Path, articles: Articles) -> None:
    texts = [text for _, text in articles]
    plain, strict = Predictor.load(path), Predictor.load(path, precision=0.8)
    for one, two in zip(plain.tag_many(texts), strict.tag_many(texts), strict=True):
        assert replace(two, abstained=one.abstained) == one
        tops = {"sector": max(one.sector_scores.values()), "tone": max(one.tone_scores.values())}
        assert two.abstained == tuple(name for name, top in tops.items() if top < 0.7)


def test_a_precision_that_no_answers_reach_leaves_none(path: Path, articles: Articles) -> None:
    tags = Predictor.load(path, precision=0.95).tag_many(
        [f"{text} المباراة المنتخب الهدف فوز" * 9 for _, text in articles]
    )
    assert {t.abstained for t in tags} == {("sector", "tone")}
    model = Predictor.load(path, precision=0.95).model
    for name in ("sector", "tone"):
        head = model.head(name)
        assert abstains(head, np.eye(len(head.labels))).all()  # of probability 1


def precise(head: Head) -> Head:
    return replace(head, precisions=PRECISIONS)


def test_the_stance_abstains_at_the_same_precision_by_the_same_scorers(path: Path, stance_model: Model) -> None:
    stance = stance_model.stance
    assert stance is not None
    model = replace(Predictor.load(path).model, stance=replace(stance, head=precise(stance.head)))
    changed = at_precision(model, 0.8)
    assert changed.stance is not None
    assert changed.stance.head.abstain_below == 0.7
    assert vars(changed.stance)["_scorers"] is vars(model.stance)["_scorers"]
    assert changed.scorer is model.scorer


def test_a_stance_head_that_knows_no_precision_is_refused(path: Path, stance_model: Model) -> None:
    with pytest.raises(InputError, match="The head 'stance' knows no precision"):
        at_precision(replace(Predictor.load(path).model, stance=stance_model.stance), 0.8)


@pytest.mark.parametrize("precision", [0.2, 0.995, 80])
def test_a_precision_out_of_range_is_refused(path: Path, precision: float) -> None:
    with pytest.raises(InputError, match=r"expected one of 0\.5, 0\.8, 0\.99"):
        Predictor.load(path, precision=precision)


def test_a_model_of_an_older_version_knows_no_precision(toy_path: Path) -> None:
    assert Predictor.load(toy_path).model.head("tone").precisions == ()
    with pytest.raises(InputError, match="knows no precision"):
        Predictor.load(toy_path, precision=0.8)


def test_the_command_takes_a_precision(path: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"id": "1", "text": "البرلمان المباراة"}\n', encoding="utf-8")
    said = [
        CliRunner().invoke(main, ["tag", str(source), "--model", str(path), "--precision", precision]).stdout
        for precision in ("0.5", "0.99")
    ]
    assert ['"abstained":[]' in lines for lines in said] == [True, False]


@pytest.mark.parametrize("precision", ["0.2", "80", "high"])
def test_a_precision_out_of_range_is_wrong_usage_of_the_command(tmp_path: Path, precision: str) -> None:
    arguments = ["tag", "in.jsonl", "--model", str(tmp_path / "none.safetensors"), "--precision", precision]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert "--precision" in result.stderr
