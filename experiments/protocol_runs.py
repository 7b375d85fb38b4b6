"""Which corpora each protocol runs on, and how one is run by its name."""

from collections.abc import Callable, Sequence

from khabar.inference.nearest import nearest_name
from khabar.training.classifier_config import TASKS, SystemConfig, Task
from khabar.training.cross_corpus import FURTHER_CORPORA, cross_corpus
from khabar.training.outcomes import Result
from khabar.training.protocol_fit import Say
from khabar.training.protocol_tasks import corpora_of
from khabar.training.protocols import OFFICIAL_CORPORA, OUTLET_CORPORA, byline, in_corpus, official, outlets

# In the order of the leaderboard. All but the byline, which has a system of its own, are run with any system.
PROTOCOLS = ("official", "in-corpus", "outlets", "cross-corpus", "byline")
BYLINE = "byline"


def corpora_for(protocol: str) -> list[str]:
    """Name the corpora that a protocol can run on."""
    if protocol == "official":
        return list(OFFICIAL_CORPORA)
    if protocol == "outlets":
        return list(OUTLET_CORPORA)
    if protocol == BYLINE:
        return corpora_of("topic")
    names = [name for task in TASKS for name in (_crossed(task) if protocol == "cross-corpus" else corpora_of(task))]
    return list(dict.fromkeys(names))


def fitting(protocol: str, names: Sequence[str]) -> list[str]:
    """Give those of some corpora that a protocol can run on; between corpora, those that have a second one."""
    known = corpora_for(protocol)
    chosen = [name for name in dict.fromkeys(names) if name in known]
    if protocol != "cross-corpus":
        return chosen
    paired = {name for corpora in _matrices(chosen).values() for name in corpora}
    return [name for name in chosen if name in paired]


def misfit(protocol: str, name: str) -> str:
    """Say why a corpus is not one of those `fitting` gives, and what to write instead."""
    known = corpora_for(protocol)
    if name in known:  # between corpora, it stands alone
        others = dict.fromkeys(other for task in TASKS if name in _crossed(task) for other in _crossed(task))
        return (
            f"The protocol {protocol} needs a second corpus beside {name}; add one of "
            f"{', '.join(other for other in others if other != name)}."
        )
    nearest = nearest_name(name, known)
    hint = f" Did you mean {nearest}?" if nearest else ""
    return f"The protocol {protocol} cannot run on {name!r}; give some of {', '.join(known)}.{hint}"


def run_protocol(
    protocol: str, system: SystemConfig, names: Sequence[str] = (), *, jobs: int, report: Say
) -> list[Result]:
    """Run a protocol.

    Parameters
    ----------
    protocol : str
        One of `PROTOCOLS`.
    system : SystemConfig
        Of no matter to the byline.
    names : sequence of str
        Corpora that fit; without any, the protocol's own.
    jobs : int
        Fits at a time.
    report : callable
        Told every outcome, a line each.
    """
    given = {"names": names} if names else {}
    if protocol == BYLINE:
        return byline(**given, jobs=jobs, report=report)
    if protocol == "cross-corpus":
        matrices = _matrices(names) if names else {task: _crossed(task) for task in TASKS}
        return [
            result
            for task, corpora in matrices.items()
            for result in cross_corpus(system, task, corpora, jobs=jobs, report=report)
        ]
    run: dict[str, Callable[..., list[Result]]] = {"official": official, "in-corpus": in_corpus, "outlets": outlets}
    return run[protocol](system, **given, jobs=jobs, report=report)


def _crossed(task: Task) -> list[str]:
    return [*corpora_of(task), *FURTHER_CORPORA[task]]


def _matrices(names: Sequence[str]) -> dict[Task, list[str]]:
    """Give the corpora of each task that has two or more of them."""
    by_task = {task: [name for name in dict.fromkeys(names) if name in _crossed(task)] for task in TASKS}
    return {task: corpora for task, corpora in by_task.items() if len(corpora) > 1}
