"""Whether a model may become champion: one function a gate, from what was measured to what is wrong with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from khabar.experiments.gates_config import CalibrationGate, ClassesGate, FiguresGate, RobustnessGate, SpeedGate
from khabar.inference.tags import Tags
from khabar.training.robustness import Movement

HEADS = ("sector", "sectors", "tone", "stance")
MOVED = ("sector", "sectors", "tone")
FIRST = "there is no champion yet, so nothing to be worse than"
# Two figures that are printed alike are alike.
ROUNDING = 1e-9


@dataclass(frozen=True)
class GateResult:
    """What a gate says.

    Attributes
    ----------
    gate : str
    problems : tuple of str
        Why the model is refused; none if it passes.
    notes : tuple of str
        What was judged, and what not.
    """

    gate: str
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        """Give the result as JSON values."""
        return {"gate": self.gate, "passed": self.passed, "problems": self.problems, "notes": self.notes}


@dataclass(frozen=True)
class Measured:
    """Figures of two models on labelled articles, by source and by their names in `Report.metrics`.

    Attributes
    ----------
    own : dict of str to dict of str to float
        The candidate's, on all of its articles of a source.
    pairs : dict of str to (dict, dict)
        The candidate's and the champion's, on the articles of a source that both have tagged.
    lacking : dict of str to str
        Why there is no pair of a source that both have tagged, where there should be one.
    apart : dict of str to str
        Why there is no pair of a source, where that is nobody's fault.
    alone : str
        Why the candidate is judged without a champion; empty if there is one.
    """

    own: Mapping[str, Mapping[str, float]]
    pairs: Mapping[str, tuple[Mapping[str, float], Mapping[str, float]]] = field(default_factory=dict)
    lacking: Mapping[str, str] = field(default_factory=dict)
    apart: Mapping[str, str] = field(default_factory=dict)
    alone: str = ""


def classes(config: ClassesGate, measured: Measured) -> GateResult:
    """Judge the F1 of each sector, tone and stance against the champion's."""
    problems, notes = _unpaired("classes", config.sources, measured)
    judged = 0
    for source in config.sources:
        candidate, champion = measured.pairs.get(source, ({}, {}))
        losses, few = [], []
        for head, label, articles in _classes_of(champion):
            if articles < config.fewest:
                few.append(f"{head} {label} ({articles})")
                continue
            # A class that the candidate does not know, it never finds.
            ours, theirs = candidate.get(f"{head}.f1.{label}", 0.0), champion[f"{head}.f1.{label}"]
            losses.append(theirs - ours)
            if theirs - ours > config.margin + ROUNDING:
                problems.append(
                    f"{head} {label}: F1 {ours:.3f} on {source}, the champion's is {theirs:.3f}; at most "
                    f"{config.margin:g} less is allowed ({articles} articles)"
                )
        judged += len(losses)
        if losses:
            notes.append(f"{source}: {len(losses)} classes, the most that one lost is {max(0.0, *losses):.3f} of F1")
        if few:
            notes.append(f"{source}: not judged, as fewer than {config.fewest} articles have them: {', '.join(few)}")
    return _judged("classes", config.sources, judged or measured.alone, problems, notes)


def figures(config: FiguresGate, measured: Measured) -> GateResult:
    """Judge the main figures against the champion's, and against their lowest values."""
    problems, notes = _unpaired("figures", config.sources, measured)
    judged = 0
    for source in config.sources:
        if source not in measured.pairs or _too_few(source, measured.pairs[source][0], config.fewest, notes):
            continue
        candidate, champion = measured.pairs[source]
        for name, margin in config.margins.items():
            if name not in champion:
                notes.append(f"{source}: the champion has no {name}")
                continue
            judged += 1
            ours, theirs = candidate.get(name), champion[name]
            if ours is None:
                problems.append(f"{name}: not given on {source}, the champion's is {theirs:.3f}")
            elif theirs - ours > margin + ROUNDING:
                less = f"at most {margin:g} less is allowed"
                problems.append(f"{name}: {ours:.3f} on {source}, the champion's is {theirs:.3f}; {less}")
            else:
                notes.append(f"{source}: {name} {ours:.3f}, the champion's {theirs:.3f}")
    for source, lowest in config.lowest.items():
        for name, least in lowest.items():
            ours = measured.own.get(source, {}).get(name)
            if ours is None or ours < least - ROUNDING:
                found = "not given" if ours is None else f"{ours:.3f}"
                problems.append(f"{name}: {found} on {source}; at least {least:g} is asked")
            else:
                notes.append(f"{source}: {name} {ours:.3f}, at least {least:g} is asked")
    return _judged("figures", config.sources, judged or measured.alone, problems, notes)


def calibration(config: CalibrationGate, measured: Measured) -> GateResult:
    """Judge how far probabilities are off, whatever the champion's are."""
    problems, notes, judged = _unmeasured("calibration", config.sources, measured), list[str](), 0
    for source in config.sources:
        own = measured.own.get(source)
        if own is None or _too_few(source, own, config.fewest, notes):
            continue
        for head, most in config.most.items():
            error = own.get(f"{head}.calibration_error")
            if error is None:
                notes.append(f"{source}: no {head} is known or said")
                continue
            judged += 1
            if error > most + ROUNDING:
                problems.append(f"{head}: calibration error {error:.3f} on {source}; at most {most:g} is allowed")
            else:
                notes.append(f"{source}: {head} {error:.3f}, at most {most:g} is allowed")
    return _judged("calibration", config.sources, judged, problems, notes)


def speed(config: SpeedGate, share: float | None, alone: str = FIRST) -> GateResult:
    """Judge how fast the model tags, as a share of the champion's speed; None where it is judged alone."""
    if share is None:
        return GateResult("speed", (), (alone,))
    found = f"{share:.2f} of the champion's speed, median of {config.rounds} rounds; at least {config.share:g} is asked"
    slow = share < config.share - ROUNDING
    return GateResult("speed", (found,) if slow else (), () if slow else (found,))


def robustness(
    config: RobustnessGate, candidate: Sequence[Movement], champion: Sequence[Movement] | None, alone: str = FIRST
) -> GateResult:
    """Judge how many tags perturbations move against the champion's; None where the model is judged alone."""
    if champion is None:
        return GateResult("robustness", (), (alone,))
    before = {movement.name: movement for movement in champion}
    problems, few, most = [], [], 0.0
    for movement in candidate:
        if movement.articles < config.fewest:
            few.append(f"{movement.name} ({movement.articles})")
            continue
        for what in MOVED:
            ours, theirs = getattr(movement, what), getattr(before[movement.name], what)
            most = max(most, ours - theirs)
            if ours - theirs > config.margin + ROUNDING:
                problems.append(
                    f"{movement.name}: moves the {what} of {ours:.1%} of {movement.articles} articles, the champion's "
                    f"of {theirs:.1%}; at most {config.margin:.1%} more are allowed"
                )
    notes = [f"{len(candidate) - len(few)} perturbations, at most {most:.1%} more tags move than the champion's"]
    if few:
        notes.append(f"not judged, as they change fewer than {config.fewest} articles: {', '.join(few)}")
    return GateResult("robustness", tuple(problems), tuple(notes))


def smoke(digest: str, others: Mapping[str, str], demo: Sequence[Tags]) -> GateResult:
    """Judge whether the model is the one that all else is known of, and tags at all.

    Parameters
    ----------
    digest : str
        Of the file that was loaded.
    others : mapping of str to str
        The digest by what it stands in.
    demo : sequence of Tags
        Of the shipped articles without labels.
    """
    problems = [
        f"{what} is of a model with the SHA-256 {other[:12] or 'none'}…, the registered file has {digest[:12]}…"
        for what, other in others.items()
        if other != digest
    ]
    problems += [
        f"article {row} of the demo got no tags: {tags.error}" for row, tags in enumerate(demo, 1) if tags.error
    ]
    notes = (
        f"the file loads with all its checks, SHA-256 {digest[:12]}…, and tags {len(demo)} articles of the demo",
        f"of the same model: {', '.join(others)}",
    )
    return GateResult("smoke", tuple(problems), () if problems else notes)


def _classes_of(metrics: Mapping[str, float]) -> Iterator[tuple[str, str, int]]:
    """Give head, label and number of articles of each class that some article has."""
    for name, articles in metrics.items():
        head, _, rest = name.partition(".")
        figure, _, label = rest.partition(".")
        if head in HEADS and figure == "support" and articles:
            yield head, label, int(articles)


def _unmeasured(gate: str, sources: Sequence[str], measured: Measured) -> list[str]:
    """Name sources that the candidate has no figures on: who names one wants it judged, and not a typo to pass."""
    on = ", ".join(measured.own) or "nothing"
    mend = f"add it to data.evaluate of the training config, or take it out of {gate}.sources of the gates"
    return [
        f"{name}: the run was not measured on it, but on {on}; {mend}" for name in sources if name not in measured.own
    ]


def _unpaired(gate: str, sources: Sequence[str], measured: Measured) -> tuple[list[str], list[str]]:
    problems = _unmeasured(gate, sources, measured)
    problems += [f"{source}: {measured.lacking[source]}" for source in sources if source in measured.lacking]
    notes = [f"{source}: not compared, {measured.apart[source]}" for source in sources if source in measured.apart]
    return problems, [measured.alone, *notes] if measured.alone else notes


def _too_few(source: str, metrics: Mapping[str, float], fewest: int, notes: list[str]) -> bool:
    few = metrics["articles"] < fewest
    if few:
        notes.append(f"{source}: not judged, as it has {metrics['articles']:.0f} articles, fewer than {fewest}")
    return few


def _judged(gate: str, sources: Sequence[str], judged: object, problems: list[str], notes: list[str]) -> GateResult:
    if not judged and not problems:  # what nobody looked at has not passed
        problems = [
            f"nothing could be judged on {', '.join(sources)}; name sources under data.evaluate of the training "
            f"config, or others under {gate}.sources of the gates"
        ]
    return GateResult(gate, tuple(problems), tuple(notes))
