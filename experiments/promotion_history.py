"""What is kept of promotions, refusals and rollbacks of a registered model, and what stood before its champion.

Each is a tag of its own on the registered model, `khabar.history.<time>-<random>`, so that two people who write at once
overwrite nothing. It is written before the alias is moved. If the alias is then not moved, the record shows: the next
one, or the alias as it is, begins elsewhere than it ended.
"""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from khabar.experiments.registry import CHAMPION, answering, registered_model
from khabar.experiments.tracking_store import Store, TrackingError

PREFIX = "khabar.history."
TAG_CHARS = 5000  # what PostgreSQL takes; MLflow itself would let more pass, and SQLite too
WHY_CHARS = 1000
WHO_CHARS = 200
SHOWN_CHARS = 2500  # of what gates found; the artifact has all of it
What = Literal["promoted", "refused", "rolled back"]


class HistoryError(TrackingError):
    """What is to be recorded, or was, is not as it should be."""


@dataclass(frozen=True)
class Record:
    """Something that was done with the alias `champion`, or refused.

    Attributes
    ----------
    what : {"promoted", "refused", "rolled back"}
    when : datetime
        In UTC.
    who, why : str
    before, after : int or None
        The champion's version before, and the one that was to be it.
    run_id : str
        The run that trained the latter.
    problems : tuple of str
        What gates found, in short; of a refusal.
    report : str
        The artifact of the run that holds the results of all gates; empty if none were asked.
    in_effect : bool
        Whether the alias was moved. A promotion or rollback that was cut off, or undone by hand, is not in effect.
    """

    what: What
    when: datetime
    who: str
    why: str
    before: int | None
    after: int
    run_id: str
    problems: tuple[str, ...] = ()
    report: str = ""
    in_effect: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Give the record as JSON values."""
        return {**asdict(self), "when": self.when.isoformat(timespec="seconds")}


def checked_words(who: str, why: str) -> None:
    """Refuse a name or a reason that is empty or that a tag has no room for."""
    for option, text, most in (("--by", who, WHO_CHARS), ("--why", why, WHY_CHARS)):
        if not text.strip() or len(text) > most:
            raise HistoryError(f"{option}: found {len(text)} characters, expected 1 to {most}, not all of them blank.")


def write_record(store: Store, name: str, record: Record) -> None:
    """Keep a record; of long problems, their beginnings.

    Raises
    ------
    TrackingError
        The store cannot be used.
    """
    problems, room = [], SHOWN_CHARS
    for problem in record.problems:
        problems.append(problem[:room])
        room -= len(problem)
        if room <= 0:
            problems.append(f"and more, see {record.report}")
            break
    values = asdict(replace(record, problems=tuple(problems)))
    del values["in_effect"]
    value = orjson.dumps(values).decode()
    if len(value) > TAG_CHARS:  # of escapes, such as a thousand quotes
        raise HistoryError(f"The record has {len(value)} characters, expected at most {TAG_CHARS}; shorten --why.")
    key = f"{PREFIX}{record.when:%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}"
    with answering(store):
        store.mlflow.MlflowClient().set_registered_model_tag(name, key, value)


def read_history(store: Store, name: str) -> list[Record]:
    """Give all records of a model, the newest first.

    Raises
    ------
    ModelNotFoundError
        No such model is registered.
    TrackingError
        The store cannot be used, or a record cannot be read.
    """
    model = registered_model(store, name)
    tags, champion = model.tags, model.aliases.get(CHAMPION)
    # Keys begin with the time.
    records = [_record(name, key, tags[key]) for key in sorted(tags) if key.startswith(PREFIX)]
    moves = [at for at, record in enumerate(records) if record.what != "refused"]
    after = [*(records[at].before for at in moves[1:]), None if champion is None else int(champion)]
    for at, then in zip(moves, after, strict=False):
        records[at] = replace(records[at], in_effect=records[at].after == then)
    return records[::-1]


def before_champion(history: Sequence[Record], number: int) -> int | None:
    """Give the version that stood before the champion was promoted.

    Promotions are a pile of versions and a rollback takes the uppermost off, so that a second one goes one further
    back; what is not in effect does not count.

    Parameters
    ----------
    history : sequence of Record
        As `read_history` gives it.
    number : int
        The champion's version.

    Returns
    -------
    int or None
        None if nothing stood before it.

    Raises
    ------
    HistoryError
        Nothing is recorded of how this version became champion.
    """
    pile: list[int] = []
    for record in history[::-1]:
        if record.what == "refused" or not record.in_effect:
            continue
        if record.what == "promoted":
            if record.before is not None and record.before not in pile:
                pile.append(record.before)  # champion by other means
            pile = [*_down_to(pile, record.before), record.after]
        else:
            pile = _down_to(_down_to(pile, record.before)[:-1], record.after)
    pile = _down_to(pile, number)
    if not pile:
        raise HistoryError(
            f"Version {number} is champion, but not by khabar promote: nothing is recorded of what stood before it. "
            "Promote the run that should be champion: khabar promote RUN."
        )
    return pile[-2] if len(pile) > 1 else None


def _down_to(pile: list[int], version: int | None) -> list[int]:
    while pile and pile[-1] != version:
        pile = pile[:-1]
    return pile


def now() -> datetime:
    """Give the time in UTC."""
    return datetime.now(UTC)


def _record(name: str, key: str, value: str) -> Record:
    try:
        values = orjson.loads(value)
        values["when"] = datetime.fromisoformat(values["when"])
        return Record(**{**values, "problems": tuple(values["problems"])})
    except (ValueError, KeyError, TypeError) as error:
        raise HistoryError(
            f"The tag {key} of the registered model {name} is no record of khabar's ({error!r}). If it was edited, "
            f"mend it; else delete it: MlflowClient().delete_registered_model_tag({name!r}, {key!r})."
        ) from error
