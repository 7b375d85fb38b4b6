"""How a version becomes champion, or is refused; who, when, and why is kept.

A promotion is written in this order: the results of the gates as an artifact of the run, the record in the history,
the alias, that it was moved. What is cut off after the first leaves nothing but the artifact; after the second, a
record that `khabar history` marks as cut off. Doing the same again mends both.

Of the present champion only the number is needed, but for what compares with it: whatever became of its file, there is
a way past it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from khabar.datasets import sample
from khabar.experiments import gates
from khabar.experiments.gate_evidence import Contender, contender, measured, sample_movements, speed_share
from khabar.experiments.gates import GateResult
from khabar.experiments.gates_config import GatesConfig
from khabar.experiments.promotion_history import Record, What, checked_words, move_champion, now, write_record
from khabar.experiments.registered_version import Registered
from khabar.experiments.registering import DIGEST_TAG
from khabar.experiments.registry import answering, champion, registered
from khabar.experiments.tracked_runs import FoundRun, find_run
from khabar.experiments.tracking_store import Store
from khabar.inference.errors import KhabarError, ModelError, ModelNotFoundError

REGISTERED_TAG = "khabar.registered"  # of a run: the version it made
FINISHED = "FINISHED"


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
    as_first: bool = False,
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
    as_first : bool
        Judge as if there were no champion: the way past one that is lost, or that nothing can be compared with. It is
        kept in the history.
    dry_run : bool
        Ask the gates and change nothing.
    report : callable
        Told which gate is asked.

    Raises
    ------
    PromotionError
        The run did not finish, or registered no model; the champion cannot be had to compare with; or another version
        became champion while the gates were asked.
    KhabarError
        The store cannot be used. Nothing is changed then.
    """
    checked_words(who, why)
    found = find_run(store, run)
    version = _version_of(store, found)
    before = champion(store, version.name)
    if before == version.version:
        return Promotion(found.run_id, version.name, before, version.version)
    report("fetching models and predictions")
    aside = as_first and before is not None
    best = None if before is None or aside else _best(store, version.name, before)
    alone = f"--as-first: not compared with version {before}, the champion" if aside else gates.FIRST
    results = _asked(store, found, version, best, alone, config, report)
    promotion = Promotion(found.run_id, version.name, before, version.version, results)
    if not dry_run:
        _carry_out(store, promotion, why, who, aside)
    return promotion


def _version_of(store: Store, run: FoundRun) -> Registered:
    uri = run.tags.get(REGISTERED_TAG)
    if uri is None:
        raise PromotionError(
            f"The run {run.run_id} ({run.status}) registered no model; expected one with the tag {REGISTERED_TAG}. "
            "Give a run of khabar train that ended as FINISHED."
        )
    if run.status != FINISHED:
        raise PromotionError(
            f"The run {run.run_id} is {run.status}, expected {FINISHED}: it may lack what gates judge. If it is going "
            "on, wait for its end; if the store went away, send the rest (khabar log JOURNAL); else train again."
        )
    try:
        return registered(store, uri)
    except ModelNotFoundError as error:
        raise PromotionError(
            f"The run {run.run_id} has the tag {REGISTERED_TAG} {uri!r}, but: {error} If the version was deleted, "
            "train again; if the tag was edited, mend it."
        ) from error


def _best(store: Store, name: str, number: int) -> Contender:
    try:
        version = registered(store, f"models:/{name}/{number}")
        return contender(store, version, find_run(store, version.run_id))
    except KhabarError as error:
        raise PromotionError(
            f"Version {number} of {name} is champion, and cannot be had to compare with: {error} If it cannot be "
            "restored, judge the run as the first one is, without a champion: khabar promote RUN --why TEXT --as-first."
        ) from error


def _asked(
    store: Store,
    run: FoundRun,
    version: Registered,
    best: Contender | None,
    alone: str,
    config: GatesConfig,
    report: Callable[[str], None],
) -> tuple[GateResult, ...]:
    try:
        ours = contender(store, version, run)
    except ModelError as error:
        return (GateResult("smoke", (str(error),), ("no other gate was asked: there is no model to ask them of",)),)
    report("classes, figures, calibration")
    figures = measured(ours, best, alone)
    report("speed, robustness, smoke")
    share = None if best is None else speed_share(ours.predictor, best.predictor, config.speed.rounds)
    movements = None if best is None else sample_movements(best.predictor)
    return (
        gates.classes(config.classes, figures),
        gates.figures(config.figures, figures),
        gates.calibration(config.calibration, figures),
        gates.speed(config.speed, share, alone),
        gates.robustness(config.robustness, sample_movements(ours.predictor), movements, alone),
        _smoke(ours),
    )


def _smoke(ours: Contender) -> GateResult:
    others = {"the registered version": ours.version.digest, "the run": ours.run.tags.get(DIGEST_TAG, "")}
    others |= {f"predictions on {name}": found.digest for name, found in ours.predictions.items()}
    demo = sample.load("demo")
    tags = ours.predictor.tag_many([article.text for article in demo], [article.title for article in demo])
    return gates.smoke(ours.predictor.model.digest, others, tags)


def _carry_out(store: Store, promotion: Promotion, why: str, who: str, aside: bool) -> None:
    number = champion(store, promotion.name)
    if number != promotion.before:
        raise PromotionError(
            f"While the gates were asked, which compared with version {promotion.before} of {promotion.name}, version "
            f"{number} became champion. Nothing was changed. Ask again: khabar promote RUN --why TEXT."
        )
    when = now()
    path = f"promotions/{when:%Y%m%dT%H%M%S.%fZ}.json"
    what: What = "promoted" if promotion.passed else "refused"
    record = Record(
        what, when, who, why, promotion.before, promotion.after, promotion.run_id, promotion.problems, path, aside
    )
    with answering(store):
        store.mlflow.MlflowClient().log_dict(promotion.run_id, {**record.to_dict(), **promotion.to_dict()}, path)
    if promotion.passed:
        move_champion(store, promotion.name, record)
    else:
        write_record(store, promotion.name, record)
