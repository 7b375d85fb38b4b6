"""What khabar does, shown in a minute: `python -m khabar.experiments.demo`, which `make demo` runs.

Trains on the shipped articles as a run of MLflow, then tags articles it has no labels for with the shipped model.
"""

from importlib.resources import as_file, files
from pathlib import Path

from khabar.datasets import sample
from khabar.experiments.show import articles_table, console, figures_table
from khabar.experiments.tracking import track
from khabar.inference.errors import KhabarError
from khabar.inference.predictor import Predictor
from khabar.training.config import load_config
from khabar.training.job import run

FOLDER = Path("demo")
CONFIG = "sample.yaml"


def demo(folder: Path, model: Path | None = None) -> None:
    """Train, tag, and print both.

    Parameters
    ----------
    folder : Path
        Where the tracking store and the trained model go; made if need be.
    model : Path, optional
        The model file to tag with; by default, the one that ships.
    """
    out = console()
    folder.mkdir(parents=True, exist_ok=True)
    with as_file(files("khabar.configs").joinpath(CONFIG)) as path:
        config = load_config(path)
    trained = folder / f"{config.name}.safetensors"
    store = f"sqlite:///{folder / 'mlflow.db'}"

    out.print(f"1. Train {config.name} on the {len(sample.load('train'))} labelled articles that ship with khabar")
    # One process: starting a second one takes longer than it saves on so few articles.
    result, where = track(
        lambda report: run(config, trained, report, jobs=1),
        config,
        journal=folder / f"{config.name}.run",
        uri=store,
        command="python -m khabar.experiments.demo",
    )
    out.print(figures_table(result.reports))
    out.print(f"model  {trained} ({trained.stat().st_size / 1e6:.1f} MB), registered as {where.model_uri}")
    out.print(f"run    {where.run_id}; see it with: mlflow ui --backend-store-uri {store}\n", soft_wrap=True)

    predictor = Predictor.load(model)
    articles = sample.load("demo")
    out.print(f"2. Tag {len(articles)} articles without labels with {predictor.model.name} {predictor.model.version}")
    out.print("   (evidence: words that gave the main sector, words that gave the tone, the sentence that weighs most)")
    out.print(articles_table(articles, predictor))


if __name__ == "__main__":
    try:
        demo(FOLDER)
    except KhabarError as error:
        raise SystemExit(f"khabar: {error}") from error
