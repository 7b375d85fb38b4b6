"""What MLflow keeps of an evaluation, one run for a protocol and a system, and how it is read back."""

import gzip
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from math import isfinite, nan
from pathlib import Path
from typing import Any

import orjson

from khabar.datasets.annotated import PARTS
from khabar.datasets.catalog import CATALOG
from khabar.experiments.code_state import code_state
from khabar.experiments.job_journal import KIND, flatten
from khabar.experiments.journal import Data, Journal
from khabar.experiments.recording import PARENT, recorded
from khabar.experiments.tracking_store import Store, TrackingError, is_there, mlflow_name, opened, store_uri
from khabar.training.bootstrap import Interval
from khabar.training.outcomes import Outcome, Result
from khabar.training.protocol_tasks import ANNOTATIONS

EXPERIMENT = "khabar-evaluation"
OUTCOMES = "outcomes.json"
FORMAT = "khabar outcomes 1"
PACKAGES = ("khabar", "numpy", "scikit-learn", "camel-tools")


@dataclass(frozen=True)
class TrackedOutcome:
    """An outcome and the run that made it.

    Attributes
    ----------
    outcome : Outcome
    run_id : str
    started : datetime
        In UTC.
    commit : str
        Of the code; empty where it ran outside a checkout.
    dirty : bool
        Whether the code differed from the commit.
    command : str
        What makes the outcome again.
    """

    outcome: Outcome
    run_id: str
    started: datetime
    commit: str
    dirty: bool
    command: str


def track_evaluation(
    evaluate: Callable[[], list[Result]],
    *,
    protocol: str,
    settings: Mapping[str, Any],
    command: str,
    journal: Path,
    uri: str | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> tuple[list[Result], str]:
    """Run a protocol with a system as one run of the experiment `khabar-evaluation`.

    The run ends as FINISHED, as KILLED if it is interrupted, as FAILED if the protocol fails.

    Parameters
    ----------
    evaluate : callable
        Runs the protocol.
    protocol : str
    settings : mapping
        The system's config, and what else the figures depend on.
    command : str
        What runs it again.
    journal : Path
        A folder that does not exist yet, for what is sent; deleted once all of it was.
    uri : str, optional
        The tracking store; by default what MLFLOW_TRACKING_URI says, else `mlflow.db` in the working directory.
    report : callable
        Told if the store goes away; the evaluation goes on then, and its journal stays for `khabar log`.

    Returns
    -------
    results : list of Result
    run_id : str

    Raises
    ------
    MissingExtraError
        MLflow is not installed.
    TrackingError
        The store cannot be used from the start.
    """
    tags = {KIND: "evaluation", "command": command, **code_state(Path(__file__).parent)}
    tags |= {f"package.{name}": version(name) for name in PACKAGES}
    with recorded(journal, command, tags, experiment=EXPERIMENT, what="the evaluation", uri=uri, warn=report) as (
        book,
        sent,
    ):
        book.params(PARENT, {"protocol": protocol, **flatten(settings)})
        results = evaluate()
        _write_results(book, results)
    return results, sent.runs.get(PARENT, "")


def tracked_outcomes(uri: str | None = None) -> list[TrackedOutcome]:
    """Give the outcomes of all finished runs, the newest run first; none where nothing is tracked.

    Raises
    ------
    TrackingError
        The store cannot be used, or what a run keeps cannot be read.
    """
    if not is_there(store_uri(uri)):
        return []
    with opened(uri) as store:
        try:
            runs = store.mlflow.search_runs(
                experiment_names=[EXPERIMENT],
                filter_string="attributes.status = 'FINISHED'",
                order_by=["attributes.start_time DESC"],
                output_format="list",
            )
            return [tracked for run in runs for tracked in _read_run(store, run)]
        except store.failures as error:
            raise TrackingError(f"MLflow could not read {store.uri}: {error}. Check --tracking-uri.") from error


def outcomes_json(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """Give outcomes as JSON values; a figure that is not known is null."""
    return [orjson.loads(orjson.dumps(asdict(outcome))) for outcome in outcomes]


def _write_results(journal: Journal, results: Sequence[Result]) -> None:
    outcomes = [result.outcome for result in results]
    metrics = {name: value for outcome in outcomes for name, value in _metrics(outcome) if isfinite(value)}
    journal.metrics(PARENT, metrics)
    for name in dict.fromkeys(name for outcome in outcomes for name in (outcome.corpus, outcome.trained_on)):
        _write_corpus(journal, name)
    journal.json(PARENT, OUTCOMES, {"format": FORMAT, "outcomes": outcomes_json(outcomes)})
    written = set()
    for result in results:
        name = f"{_where(result.outcome)}.jsonl.gz".replace("/", "_")
        # A mean has the predictions of its parts, and a second metric those of the first.
        if result.outcome.part != "mean" and name not in written:
            written.add(name)
            _write_predictions(result, journal.file(PARENT, f"predictions/{name}"))
            journal.added(PARENT, f"predictions/{name}")


def _metrics(outcome: Outcome) -> Iterator[tuple[str, float]]:
    name = f"{_where(outcome)}/{outcome.metric}"
    for kind, found in (("raw", outcome.raw), ("deduplicated", outcome.deduplicated)):
        yield f"{name}/{kind}", found.value
        yield f"{name}/{kind}_low", found.low
        yield f"{name}/{kind}_high", found.high
    yield f"{name}/articles", float(outcome.n_test)


def _where(outcome: Outcome) -> str:
    trained = () if outcome.trained_on == outcome.corpus else (f"trained on {outcome.trained_on}",)
    parts = (outcome.task, outcome.corpus, outcome.labels, *trained, outcome.part)
    return "/".join(mlflow_name(part) for part in parts if part)


def _write_corpus(journal: Journal, name: str) -> None:
    """Name a corpus that was trained or tested on: what its content hashes to, its licence; no text."""
    if name in CATALOG:
        corpus = CATALOG[name]
        tags = {"licence": corpus.licence, "permits": corpus.permits, "documents": str(corpus.documents)}
        journal.data(PARENT, Data(name, corpus.digest, corpus.url, "evaluation", tags))
    elif name == ANNOTATIONS:
        labels = files("khabar.datasets").joinpath("annotations")
        digest = sha256(b"".join(labels.joinpath(f"{part}.jsonl").read_bytes() for part in PARTS)).hexdigest()
        tags = {"licence": "MIT; texts: see their corpora"}
        journal.data(PARENT, Data(name, digest, None, "evaluation", tags))


def _write_predictions(result: Result, path: Path) -> None:
    """Write ids and labels, a line an article; the text of a target may be a claim of the corpus, and is left out."""
    with gzip.GzipFile(path, "wb", mtime=0) as file:
        for p in result.predictions:
            row = {"corpus": p.corpus, "id": p.id, "part": p.part, "truth": p.truth, "predicted": p.predicted}
            file.write(orjson.dumps(row | {"counts": p.counts}) + b"\n")


def _read_run(store: Store, run: Any) -> list[TrackedOutcome]:
    tags, run_id = run.data.tags, run.info.run_id
    try:
        kept = orjson.loads(store.mlflow.artifacts.load_text(f"{run.info.artifact_uri}/{OUTCOMES}"))
        if kept["format"] != FORMAT:
            raise ValueError(f"it has the format {kept['format']!r}, expected {FORMAT!r}")
        outcomes = [_outcome(row) for row in kept["outcomes"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrackingError(
            f"the run {run_id} of {EXPERIMENT} in {store.uri} has an {OUTCOMES} that cannot be read: {error}. Delete "
            f"the run (mlflow runs delete --run-id {run_id}) and make it again: {tags.get('command', EXPERIMENT)}"
        ) from error
    started = datetime.fromtimestamp(run.info.start_time / 1000, UTC)
    commit, dirty, command = tags.get("git.commit", ""), tags.get("git.dirty") == "true", tags.get("command", "")
    return [TrackedOutcome(outcome, run_id, started, commit, dirty, command) for outcome in outcomes]


def _outcome(row: dict[str, Any]) -> Outcome:
    intervals = {name: Interval(**_numbers(row[name])) for name in ("raw", "deduplicated")}
    return Outcome(**{**row, **intervals})


def _numbers(row: dict[str, float | None]) -> dict[str, float]:
    return {name: nan if value is None else value for name, value in row.items()}
