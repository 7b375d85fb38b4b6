"""How systems are run by protocols, one after the other, each tracked; and how two of them compare."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from khabar.experiments.evaluation_tracking import outcomes_json, track_evaluation
from khabar.experiments.protocol_runs import BYLINE, run_protocol
from khabar.experiments.tracking_store import mlflow_name
from khabar.training.bootstrap import Difference
from khabar.training.classifier_config import SystemConfig
from khabar.training.outcomes import Outcome, Result, compare
from khabar.training.protocol_fit import JOBS, Say
from khabar.training.protocols import BYLINE as BYLINE_CONFIG
from khabar.training.protocols import SEED

BASELINE = "baseline"
_QUESTION = ("protocol", "task", "corpus", "trained_on", "part", "labels", "metric")


@dataclass(frozen=True)
class PairedDifference:
    """How much better the system of an outcome is than another one on the same articles."""

    outcome: Outcome
    against: str
    raw: Difference
    deduplicated: Difference


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What an evaluation gave.

    Attributes
    ----------
    outcomes : list of Outcome
        By protocol and system.
    differences : list of PairedDifference
        Of the first system to the second; means over outlets are compared outlet by outlet.
    runs : list of str
        Ids of the MLflow runs.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    differences: list[PairedDifference] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Give the evaluation as JSON values."""
        differences = [
            {name: getattr(found.outcome, name) for name in _QUESTION}
            | {"system": found.outcome.system, "against": found.against}
            | {"raw": asdict(found.raw), "deduplicated": asdict(found.deduplicated)}
            for found in self.differences
        ]
        return {"outcomes": outcomes_json(self.outcomes), "differences": differences, "runs": self.runs}


def evaluate_systems(
    protocols: Mapping[str, Sequence[str]],
    systems: Mapping[str, SystemConfig],
    *,
    jobs: int | None,
    report: Say,
    track: bool,
    uri: str | None = None,
) -> Evaluation:
    """Run one system, or two on the same splits, by some protocols.

    A run is tracked as soon as it is done: what comes after it may fail.

    Parameters
    ----------
    protocols : mapping of str to sequence of str
        The corpora of each protocol; none stands for the protocol's own.
    systems : mapping of str to SystemConfig
        One or two, by what the user calls them. The byline has a system of its own, and is run once.
    jobs : int, optional
        Fits at a time.
    report : callable
        Told every outcome, a line each.
    track : bool
    uri : str, optional
        Where to track; see `evaluation_tracking.track_evaluation`.
    """
    found = Evaluation()
    for protocol, names in protocols.items():
        runs = []
        for called, system in list(systems.items())[: 1 if protocol == BYLINE else None]:
            fit = partial(run_protocol, protocol, system, names, jobs=jobs or JOBS, report=report)
            if track:
                config = BYLINE_CONFIG if protocol == BYLINE else system
                settings = {"seed": SEED, "system": config.model_dump(mode="json")}
                command = command_of(protocol, names, called)
                results, run_id = track_evaluation(
                    fit,
                    protocol=protocol,
                    settings=settings,
                    command=command,
                    journal=Path(f"{mlflow_name(command)}.run"),
                    uri=uri,
                    report=report,
                )
                found.runs.append(run_id)
            else:
                results = fit()
            runs.append(results)
            found.outcomes.extend(result.outcome for result in results)
        if len(runs) > 1:
            pairs = zip(*runs, strict=True)
            found.differences.extend(_difference(one, two) for one, two in pairs if one.outcome.part != "mean")
    return found


def _difference(one: Result, two: Result) -> PairedDifference:
    fresh = compare(one, two, deduplicated=True)
    return PairedDifference(one.outcome, two.outcome.system, compare(one, two), fresh)


def command_of(protocol: str, names: Sequence[str], system: str) -> str:
    """Write the command that runs one protocol with one system."""
    own_system = [] if protocol == BYLINE or system == BASELINE else ["--system", system]
    return shlex.join(["khabar", "evaluate", "--protocol", protocol, *names, *own_system])
