"""The stance part: its scores are the sum of what its blocks read, and a file holds it without loss."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from khabar.inference import container
from khabar.inference._kernel import Scorer
from khabar.inference.errors import ModelFormatError, SmokeCheckError
from khabar.inference.heads import Head
from khabar.inference.model import Model, load_model, save_model
from khabar.inference.readings import READINGS
from khabar.inference.stance_model import StanceModel, read, subject_of

ARTICLES = [
    ("نجاح المشروع", "اشاد الوزير بالمشروع. وانتقد النواب القانون.", "المشروع"),
    (None, "عقد اجتماع حول الميناء. فشل الفريق في مباراته.", "الميناء"),
]


@pytest.fixture
def stance(stance_model: Model) -> StanceModel:
    assert stance_model.stance is not None
    return stance_model.stance


@pytest.fixture
def copy(stance_path: Path, tmp_path: Path) -> Path:
    path = tmp_path / "copy.safetensors"
    path.write_bytes(stance_path.read_bytes())
    return path


def rewrite(path: Path, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> None:
    """Change a model file and give it a valid digest again."""
    file = container.read(path)
    header = {k: v for k, v in file.header.items() if k != "format"}
    tensors = {name: array.copy() for name, array in file.tensors.items()}
    change(header, tensors)
    container.write(path, header, tensors, check=container.read)


@pytest.mark.parametrize("reads", [("article", "article"), ("window", "article"), (READINGS[-1], READINGS[-1])])
def test_scores_are_the_bias_and_the_sum_over_blocks_of_what_each_reads(
    stance: StanceModel, reads: tuple[str, str]
) -> None:
    stance = replace(stance, reads=reads)
    subjects = [subject_of(stance.table, *article) for article in ARTICLES]
    expected = np.tile(stance.bias, (2, 1))
    for b, name in enumerate(reads):
        part = [[stance.blocks[b]], [stance.ids[b]], [stance.idf[b]], [stance.weights[b]], [(0, 3)]]
        titles, texts = read(name, subjects)
        expected += Scorer(stance.table, *part, np.zeros(3, dtype=np.float32)).score(texts, titles)[0]
    np.testing.assert_allclose(stance.score(subjects)[0], expected, atol=1e-5)


def test_no_article_has_no_scores(stance: StanceModel) -> None:
    scores, known = stance.score([])
    assert (scores.shape, known.shape) == ((0, 3), (0,))


def test_a_file_holds_it_without_loss(stance_model: Model, stance: StanceModel, tmp_path: Path) -> None:
    loaded = save_model(stance_model, tmp_path / "m.safetensors", weight_dtype="float32").stance
    assert loaded is not None
    assert (loaded.blocks, loaded.reads, loaded.head) == (stance.blocks, stance.reads, stance.head)
    for name in ("ids", "idf", "weights"):
        for a, b in zip(getattr(stance, name), getattr(loaded, name), strict=True):
            np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(loaded.bias, stance.bias)


def test_its_weights_are_stored_in_half_precision_and_lie_in_the_mapped_file(stance_path: Path) -> None:
    loaded = load_model(stance_path).stance
    assert loaded is not None
    assert {weights.dtype.name for weights in loaded.weights} == {"float16"}
    assert not any(array.flags.owndata for array in (*loaded.ids, *loaded.idf, *loaded.weights))


def test_a_loaded_model_can_be_saved_again_to_the_same_bytes(stance_path: Path, tmp_path: Path) -> None:
    save_model(load_model(stance_path), tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == stance_path.read_bytes()


def test_a_file_without_it_is_a_model_that_says_no_stance(toy_path: Path) -> None:
    assert load_model(toy_path).stance is None


def test_what_the_other_heads_say_does_not_depend_on_it(toy_path: Path, stance_path: Path) -> None:
    texts = [text for _, text, _ in ARTICLES]
    plain, both = (load_model(path).scorer.score(texts)[0] for path in (toy_path, stance_path))
    np.testing.assert_array_equal(plain, both)


def test_a_file_that_scores_its_smoke_article_otherwise_is_refused(copy: Path) -> None:
    def change(header: dict[str, Any], _: dict[str, Any]) -> None:
        header["stance"]["smoke"][0]["scores"][2] += 0.1

    rewrite(copy, change)
    with pytest.raises(SmokeCheckError, match=r"scores stance smoke article 1 of 1 with an error of 0\.1"):
        load_model(copy)


def test_a_file_that_lacks_one_of_its_arrays_is_refused(copy: Path) -> None:
    rewrite(copy, lambda _, tensors: tensors.pop("stance.block1.idf"))
    with pytest.raises(ModelFormatError, match=r"stance\.block1\.idf"):
        load_model(copy)


def test_a_file_of_a_reading_that_this_khabar_does_not_know_is_refused(copy: Path) -> None:
    def change(header: dict[str, Any], _: dict[str, Any]) -> None:
        header["stance"]["blocks"][0]["reads"] = "dreams"

    rewrite(copy, change)
    with pytest.raises(ModelFormatError, match=r"block 'near' reads 'dreams', expected one of article"):
        load_model(copy)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"reads": ("article",)}, "2 blocks, but"),
        ({"bias": np.zeros(2, dtype=np.float32)}, "its head has 3 labels, its bias is float32 of shape"),
        ({"bias": np.zeros(3)}, "its bias is float64"),
        ({"head": Head("stance", "sigmoid", ("a", "b", "c"), ("near",))}, "of kind 'sigmoid', expected 'softmax'"),
        ({"weights": (np.zeros((8, 2), dtype=np.float32),) * 2}, "block 'near' has idf"),
        ({"idf": (np.ones(8),) * 2}, "idf float64"),
    ],
)
def test_parts_that_do_not_fit_are_refused(stance: StanceModel, change: dict[str, Any], problem: str) -> None:
    with pytest.raises(ModelFormatError, match=problem):
        replace(stance, **change)


def test_weights_that_storage_cannot_hold_are_refused(stance_model: Model, stance: StanceModel, tmp_path: Path) -> None:
    weights = tuple(np.full_like(w, 1e6) for w in stance.weights)
    broken = replace(stance_model, stance=replace(stance, weights=weights, smoke=[]))
    with pytest.raises(ModelFormatError, match="not a finite number of float16"):
        save_model(broken, tmp_path / "m.safetensors")
