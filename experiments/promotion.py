"""How a version becomes champion, or is refused, and how the one before it is restored; who, when, and why is kept.

A promotion is written in this order: the results of the gates as an artifact of the run, the record in the history,
the alias. What is cut off after the first leaves nothing but the artifact; after the second, a record that
`khabar history` marks as not in effect. Doing the same again mends both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from khabar.datasets import sample
from khabar.experiments import gates
from khabar.experiments.gate_evidence import Contender, contender, measured, sample_movements, speed_share
from khabar.experiments.gates import GateResult
from khabar.experiments.gates_config import GatesConfig
from khabar.experiments.promotion_history import (
    Record,
    What,
    before_champion,
    checked_words,
    now,
    read_history,
    write_record,
)
from khabar.experiments.registering import DIGEST_TAG
from khabar.experiments.registry import CHAMPION, Registered, answering, champion, fetch, registered
from khabar.experiments.tracked_runs import FoundRun, find_run
from khabar.experiments.tracking_store import Store
from khabar.inference.errors import KhabarError, ModelError
from khabar.inference.predictor import Predictor

REGISTERED_TAG = "khabar.registered"  # of a run: the version it made


class PromotionError(KhabarError):
    """The alias `champion` stays where it is."""


@dataclass(frozen=True)
class Promotion:
    """What came of asking to promote a run.

    Attributes
    ----------
    run_id : str
    name : str
    before : int or None
        The champion's version until then.
    after : int
        The run's version.
    results : tuple of GateResult
        Of all gates; none if the version is champion already.
    """

    run_id: str
    name: str
    before: int | None
    after: int
    results: tuple[GateResult, ...] = ()

    @property
    def already(self) -> bool:
        """Whether the version was champion before."""
        return self.before == self.after

    @property
    def passed(self) -> bool:
        """Whether no gate refuses the version."""
        return all(result.passed for result in self.results)

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, each with the gate that says so."""
        return tuple(f"{result.gate}: {problem}" for result in self.results for problem in result.problems)

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return {
            "run_id": self.run_id, "name": self.name, "before": self.before, "after": self.after,
            "already": self.already, "passed": self.passed, "gates": [result.to_dict() for result in self.results],
        }  # fmt: skip


def promote(
    store: Store,
    run: str,
    config: GatesConfig,
    *,
    why: str,
    who: str,
    dry_run: bool = False,
    report: Callable[[str], None] = lambda _: None,
) -> Promotion:
    """Ask all gates about the version that a run registered; make it champion if they all let it pass.

    Parameters
    ----------
    store : Store
    run : str
        As `find_run` takes it.
    config : GatesConfig
    why, who : str
        Kept in the history, whatever the gates say.
    dry_run : bool
        Ask the gates and change nothing.
    report : callable
        Told which gate is asked.

    Raises
    ------
    PromotionError
        The run registered no model, or another version became champion while the gates were asked.
    KhabarError
        The store cannot be used, or the champion's own file is damaged. Nothing is changed then.
    """
    checked_words(who, why)
    found = find_run(store, run)
    version = _version_of(store, found)
    current = champion(store, version.name)
    before = None if current is None else current.version
    if before == version.version:
        return Promotion(found.run_id, version.name, before, version.version)
    results = _asked(store, found, version, current, config, report)
    promotion = Promotion(found.run_id, version.name, before, version.version, results)
    if not dry_run:
        _carry_out(store, promotion, why, who)
    return promotion


def rollback(store: Store, name: str, *, why: str, who: str) -> Record:
    """Make the version champion again that stood before the present champion was promoted.

    Its file is fetched and loaded first: a champion that cannot be used helps nobody.

    Raises
    ------
    PromotionError
        There is no champion, or nothing stood before it.
    KhabarError
        The version's file cannot be used, or the store. Nothing is changed then.
    """
    checked_words(who, why)
    current = champion(store, name)
    if current is None:
        raise PromotionError(f"{name} has no champion to roll back. Promote a run: khabar promote RUN.")
    before = before_champion(read_history(store, name), current.version)
    if before is None:
        raise PromotionError(
            f"Version {current.version} of {name} was the first champion: there is none to go back to. Promote another "
            "run: khabar promote RUN."
        )
    version = registered(store, f"models:/{name}/{before}")
    Predictor.load(fetch(store, version))
    record = Record("rolled back", now(), who, why, current.version, before, version.run_id)
    write_record(store, name, record)
    _set_champion(store, version.name, version.version)
    return record


def _version_of(store: Store, run: FoundRun) -> Registered:
    uri = run.tags.get(REGISTERED_TAG)
    if uri is None:
        raise PromotionError(
            f"The run {run.run_id} ({run.status}) registered no model; expected one with the tag {REGISTERED_TAG}. "
            "Give a run of khabar train that ended as FINISHED."
        )
    return registered(store, uri)


def _asked(
    store: Store,
    run: FoundRun,
    version: Registered,
    current: Registered | None,
    config: GatesConfig,
    report: Callable[[str], None],
) -> tuple[GateResult, ...]:
    report("fetching models and predictions")
    best = None if current is None else contender(store, current, find_run(store, current.run_id))
    try:
        ours = contender(store, version, run)
    except ModelError as error:
        return (GateResult("smoke", (str(error),), ("no other gate was asked: there is no model to ask them of",)),)
    report("classes, figures, calibration")
    figures = measured(ours, best)
    report("speed, robustness, smoke")
    share = None if best is None else speed_share(ours.predictor, best.predictor, config.speed.rounds)
    movements = None if best is None else sample_movements(best.predictor)
    return (
        gates.classes(config.classes, figures),
        gates.figures(config.figures, figures),
        gates.calibration(config.calibration, figures),
        gates.speed(config.speed, share),
        gates.robustness(config.robustness, sample_movements(ours.predictor), movements),
        _smoke(ours),
    )


def _smoke(ours: Contender) -> GateResult:
    others = {"the registered version": ours.version.digest, "the run": ours.run.tags.get(DIGEST_TAG, "")}
    others |= {f"predictions on {name}": found.digest for name, found in ours.predictions.items()}
    demo = sample.load("demo")
    tags = ours.predictor.tag_many([article.text for article in demo], [article.title for article in demo])
    return gates.smoke(ours.predictor.model.digest, others, tags)


def _carry_out(store: Store, promotion: Promotion, why: str, who: str) -> None:
    current = champion(store, promotion.name)
    number = None if current is None else current.version
    if number != promotion.before:
        raise PromotionError(
            f"While the gates were asked, which compared with version {promotion.before} of {promotion.name}, version "
            f"{number} became champion. Nothing was changed. Ask again: khabar promote RUN."
        )
    when = now()
    path = f"promotions/{when:%Y%m%dT%H%M%S.%fZ}.json"
    what: What = "promoted" if promotion.passed else "refused"
    record = Record(what, when, who, why, promotion.before, promotion.after, promotion.run_id, promotion.problems, path)
    with answering(store):
        store.mlflow.MlflowClient().log_dict(promotion.run_id, {**record.to_dict(), **promotion.to_dict()}, path)
    write_record(store, promotion.name, record)
    if promotion.passed:
        _set_champion(store, promotion.name, promotion.after)


def _set_champion(store: Store, name: str, number: int) -> None:
    with answering(store):
        store.mlflow.MlflowClient().set_registered_model_alias(name, CHAMPION, str(number))
