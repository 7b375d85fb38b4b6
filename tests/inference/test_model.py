"""The model: saved and loaded without loss, and refused where its parts do not fit or its scores differ."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from khabar.inference import container
from khabar.inference.errors import ModelError, ModelFormatError, ModelVersionError, SmokeCheckError
from khabar.inference.features import Block
from khabar.inference.heads import Head
from khabar.inference.model import Model, load_model, save_model
from khabar.inference.smoke import ROUNDING_TOLERANCE
from khabar.inference.text import EXPANDS, TextTable


def rewrite(path: Path, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> None:
    """Change a model file and give it a valid digest again."""
    file = container.read(path)
    header = {k: v for k, v in file.header.items() if k != "format"}
    tensors = {name: array.copy() for name, array in file.tensors.items()}
    change(header, tensors)
    container.write(path, header, tensors, check=container.read)


@pytest.fixture
def copy(toy_path: Path, tmp_path: Path) -> Path:
    path = tmp_path / "copy.safetensors"
    path.write_bytes(toy_path.read_bytes())
    return path


def test_float32_weights_come_back_exactly(toy_model: Model, tmp_path: Path) -> None:
    loaded = save_model(toy_model, tmp_path / "m.safetensors", weight_dtype="float32")
    for name in ("ids", "idf", "weights"):
        for a, b in zip(getattr(toy_model, name), getattr(loaded, name), strict=True):
            np.testing.assert_array_equal(a, b)
    for name in ("name", "version", "blocks", "columns", "heads", "labels", "data", "created", "config"):
        assert getattr(loaded, name) == getattr(toy_model, name)
    np.testing.assert_array_equal(loaded.bias, toy_model.bias)


def test_scores_of_float16_weights_stay_within_the_stated_bound(
    toy_model: Model, toy_path: Path, articles: list[tuple[str | None, str]]
) -> None:
    texts, titles = [text for _, text in articles], [title for title, _ in articles]
    exact, _ = toy_model.scorer.score(texts, titles)
    stored, _ = load_model(toy_path).scorer.score(texts, titles)
    assert 0 < np.abs(exact - stored).max() < ROUNDING_TOLERANCE


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_the_arrays_of_a_loaded_model_lie_in_the_mapped_file(toy_model: Model, tmp_path: Path, dtype: str) -> None:
    model = save_model(toy_model, tmp_path / "m.safetensors", weight_dtype=dtype)
    assert {w.dtype.name for w in model.weights} == {dtype}
    assert not any(a.flags.owndata for a in (*model.weights, *model.ids, *model.idf, model.table.stage2))


def test_the_smoke_articles_carry_the_scores_of_the_stored_weights(toy_path: Path) -> None:
    model = load_model(toy_path)
    texts, titles = [s["text"] for s in model.smoke], [s["title"] for s in model.smoke]
    expected, _ = model.scorer.score(texts, titles)
    np.testing.assert_allclose([s["scores"] for s in model.smoke], expected, atol=1e-6)


def test_saving_twice_gives_the_same_bytes(toy_model: Model, toy_path: Path, tmp_path: Path) -> None:
    save_model(toy_model, tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == toy_path.read_bytes()


def test_a_loaded_model_can_be_saved_again_to_the_same_bytes(toy_path: Path, tmp_path: Path) -> None:
    save_model(load_model(toy_path), tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == toy_path.read_bytes()


def test_a_loaded_model_knows_its_digest(toy_path: Path, toy_model: Model) -> None:
    assert load_model(toy_path).digest == container.read(toy_path).digest
    assert toy_model.digest == ""


def test_a_fresh_process_gives_the_same_scores(toy_path: Path, toy_model: Model) -> None:
    code = """
import sys
from khabar.inference.model import load_model
scores, known = load_model(sys.argv[1]).scorer.score([sys.argv[2]], [sys.argv[3]])
print(scores.tobytes().hex())
"""
    text, title = toy_model.smoke[0]["text"], toy_model.smoke[0]["title"]
    run = [sys.executable, "-c", code, str(toy_path), text, title]
    found = subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip()
    assert found == load_model(toy_path).scorer.score([text], [title])[0].tobytes().hex()


def test_a_model_that_scores_its_smoke_articles_otherwise_is_refused(copy: Path) -> None:
    def change(header: dict[str, Any], _: dict[str, Any]) -> None:
        header["smoke"][1]["scores"][0] += 0.01
        header["packages"] = {"khabar": "0.0.7"}

    rewrite(copy, change)
    with pytest.raises(SmokeCheckError, match=r"smoke article 2 of 3 with an error of 0\.01.*install .*0\.0\.7"):
        load_model(copy)


def test_scores_that_are_no_numbers_fail_the_smoke_check(copy: Path) -> None:
    def change(_: dict[str, Any], tensors: dict[str, Any]) -> None:
        tensors["block0.weights"][:] = np.nan

    rewrite(copy, change)
    with pytest.raises(SmokeCheckError, match="an error of nan"):
        load_model(copy)


def test_smoke_scores_of_other_weights_are_not_saved(toy_model: Model, tmp_path: Path) -> None:
    wrong = [{"text": "ناقش البرلمان", "title": None, "scores": [9.0] * 13}]
    with pytest.raises(SmokeCheckError, match="Store the weights as float32, not float16"):
        save_model(replace(toy_model, smoke=wrong), tmp_path / "m.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_weights_too_large_for_float16_are_not_saved(toy_model: Model, tmp_path: Path) -> None:
    large = (toy_model.weights[0] * 1e6, *toy_model.weights[1:])
    with pytest.raises(ModelFormatError, match="a weight that is not a finite number of float16"):
        save_model(replace(toy_model, weights=large), tmp_path / "m.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_newer_format_is_told_from_damage(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as future:
        file = container.read(copy)
        future.setattr(container, "FORMAT_VERSION", 7)
        header = {k: v for k, v in file.header.items() if k != "format"}
        container.write(copy, header | {"new": 1}, file.tensors, check=lambda _: None)
    with pytest.raises(ModelVersionError):
        load_model(copy)


@pytest.mark.parametrize(
    "change",
    [
        lambda h, _: h.pop("heads"),
        lambda h, _: h["heads"].pop(),
        lambda h, _: h["heads"].reverse(),
        lambda h, _: h["heads"][0].update(colour="red"),
        lambda h, _: h["heads"][0].update(kind="svm"),
        lambda h, _: h["heads"][0].update(temperature="hot"),
        lambda h, _: h["heads"][0]["labels"].reverse(),
        lambda h, _: h["heads"][0]["blocks"].append("missing"),
        lambda h, _: h["heads"][0]["blocks"].append("tone-chars"),
        lambda h, _: h["blocks"].pop(),
        lambda h, _: h["blocks"][1].update(kind="magic"),
        lambda h, _: h["blocks"][1].update(name="words"),
        lambda h, _: h["columns"].pop(),
        lambda h, _: h["columns"].__setitem__(0, [0, 99]),
        lambda h, _: h["columns"].__setitem__(0, "ab"),
        lambda h, _: h["smoke"][0].update(text=5),
        lambda h, _: h["smoke"][0]["scores"].pop(),
        lambda h, _: h.update(smoke=3),
        lambda _, t: t.pop("bias"),
        lambda _, t: t.pop("block1.idf"),
        lambda _, t: t.update({"bias": t["bias"][:-1]}),
        lambda _, t: t.update({"bias": t["bias"].astype(np.float16)}),
        lambda _, t: t.update({"block0.idf": t["block0.idf"][:-1]}),
        lambda _, t: t.update({"block0.weights": t["block0.weights"].T}),
        lambda _, t: t.update({"block0.ids": t["block0.ids"].astype(np.int64)}),
        lambda _, t: t["block0.ids"].__setitem__(1, t["block0.ids"][0]),
        lambda _, t: t["text.stage1"].__setitem__(5, 60000),
        lambda _, t: t["text.stage2"].__setitem__(5, EXPANDS | 60000),
        lambda _, t: t.update({"text.stage1": t["text.stage1"][:100]}),
        lambda _, t: t["text.expansions"].__setitem__(0, 2**32 - 1),
    ],
)
def test_a_file_whose_parts_do_not_fit_is_refused(
    copy: Path, change: Callable[[dict[str, Any], dict[str, Any]], None]
) -> None:
    rewrite(copy, change)
    with pytest.raises(ModelError):
        load_model(copy)


def test_the_message_names_what_does_not_fit(toy_model: Model) -> None:
    with pytest.raises(ModelFormatError, match=r"block 'stems' has idf .* and weights .*expected \d+ rows"):
        replace(toy_model, weights=(toy_model.weights[0], toy_model.weights[0], toy_model.weights[2]))
    with pytest.raises(ModelFormatError, match="3 blocks, but 2 arrays of ids"):
        replace(toy_model, ids=toy_model.ids[:2])
    with pytest.raises(ModelFormatError, match="is over a block 'lemmas' that is not there"):
        replace(toy_model, blocks=(Block("other", "word"), *toy_model.blocks[1:]), heads=(
            replace(toy_model.heads[0], blocks=("lemmas",)), *toy_model.heads[1:]))  # fmt: skip
    other = Head("sectors", "sigmoid", ("a", "b", "c", "d", "e"), ("words",))
    with pytest.raises(ModelFormatError, match="different labels"):
        replace(toy_model, heads=(toy_model.heads[0], other, toy_model.heads[2]))


def test_a_table_that_points_outside_itself_is_refused(toy_model: Model) -> None:
    table = toy_model.table
    with pytest.raises(ModelFormatError, match="stage 2 of the code-point table is too short"):
        replace(toy_model, table=TextTable(table.stage1, table.stage2[:-256], table.expansions))
    with pytest.raises(ModelFormatError, match="points outside its expansions"):
        replace(toy_model, table=TextTable(table.stage1, table.stage2, table.expansions[:-1]))


def test_heads_and_outputs_are_found_by_name(toy_model: Model) -> None:
    assert toy_model.head("tone").labels == ("negative", "neutral", "positive")
    assert [toy_model.outputs(name) for name in ("sector", "sectors", "tone")] == [
        slice(0, 5), slice(5, 10), slice(10, 13)]  # fmt: skip
