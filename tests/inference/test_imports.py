"""What importing the tagger costs: no training stack, and hardly any time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "sklearn", "scipy", "pandas", "mlflow", "camel_tools", "torch", "transformers", "joblib", "matplotlib",
    "pyarrow", "rich", "click", "pickle",
}  # fmt: skip


def in_a_fresh_process(code: str, *arguments: str) -> str:
    run = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return run.stdout


def test_importing_khabar_inference_loads_not_even_numpy() -> None:
    loaded = json.loads(in_a_fresh_process("import khabar.inference, sys, json; print(json.dumps([*sys.modules]))"))
    assert not {name.split(".")[0] for name in loaded} & (HEAVY | {"numpy"})


def test_tagging_and_explaining_load_nothing_of_the_training_stack(stance_path: Path) -> None:
    code = """
import json, sys
from khabar.inference import Predictor
p = Predictor.load(sys.argv[1])
p.tag_many(["ناقش البرلمان مشروع الحكومة", None])
p.explain("ناقش البرلمان مشروع الحكومة")
p.stance("اشاد البرلمان بالمشروع", "المشروع")
print(json.dumps([*sys.modules]))
"""
    loaded = {name.split(".")[0] for name in json.loads(in_a_fresh_process(code, str(stance_path)))}
    # numpy itself imports the module `pickle`; test_model shows that it is never used.
    assert not loaded & (HEAVY - {"pickle"})


def test_every_public_name_is_there_and_unknown_ones_are_not() -> None:
    import khabar.inference

    assert all(hasattr(khabar.inference, name) for name in khabar.inference.__all__)
    assert set(khabar.inference.__all__) <= set(dir(khabar.inference))
    with pytest.raises(AttributeError, match="no attribute 'Predicter'"):
        khabar.inference.Predicter  # noqa: B018
