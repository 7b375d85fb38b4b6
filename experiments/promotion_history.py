"""What is kept of promotions, refusals and rollbacks of a registered model, and what stood before its champion.

Each is a tag of its own on the registered model, `khabar.history.<time>-<random>`, so that two people who write at once
overwrite nothing. It is written before the alias is moved, and once it is, a second tag with the time, `<tag>.done`.
A record without that was cut off. A record with it held until the next one, unless that, or the alias as it is, begins
elsewhere than it ended: then the alias was moved by other means in between.
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
DONE = ".done"  # ends the tag that says when the alias was moved
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
        What gates found, in short; of a refusal. Versions that a rollback passed over, as they are gone.
    report : str
        The artifact of the run that holds the results of all gates; empty if none were asked.
    as_first : bool
        Whether there was a champion that it was not compared with, as `--as-first` asked.
    done : datetime or None
        When the alias had been moved, in UTC; None if nothing says that it was.
    in_effect : bool
        Whether the alias then stayed until the next record, or is there now. It did not if it was never moved, or was
        moved on by other means.
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
    as_first: bool = False
    done: datetime | None = None
    in_effect: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Give the record as JSON values."""
        done = None if self.done is None else self.done.isoformat(timespec="seconds")
        return {**asdict(self), "when": self.when.isoformat(timespec="seconds"), "done": done}


def checked_words(who: str, why: str) -> None:
    """Refuse a name or a reason that is empty or that a tag has no room for."""
    for option, text, most in (("--by", who, WHO_CHARS), ("--why", why, WHY_CHARS)):
        if not text.strip() or len(text) > most:
            raise HistoryError(f"{option}: found {len(text)} characters, expected 1 to {most}, not all of them blank.")


def write_record(store: Store, name: str, record: Record) -> str:
    """Keep a record; of long problems, their beginnings.

    Returns
    -------
    str
        The tag.

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
    del values["done"], values["in_effect"]
    value = orjson.dumps(values).decode()
    if len(value) > TAG_CHARS:  # of escapes, such as a thousand quotes
        raise HistoryError(f"The record has {len(value)} characters, expected at most {TAG_CHARS}; shorten --why.")
    key = f"{PREFIX}{record.when:%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}"
    with answering(store):
        store.mlflow.MlflowClient().set_registered_model_tag(name, key, value)
    return key


def move_champion(store: Store, name: str, record: Record) -> None:
    """Keep a record and give the alias to the version that it says is champion from then on.

    Raises
    ------
    TrackingError
        The store cannot be used.
    """
    key = write_record(store, name, record)
    client = store.mlflow.MlflowClient()
    with answering(store):
        client.set_registered_model_alias(name, CHAMPION, str(record.after))
        client.set_registered_model_tag(name, f"{key}{DONE}", now().isoformat())


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
    keys = [key for key in sorted(tags) if key.startswith(PREFIX) and not key.endswith(DONE)]
    records = [_record(name, key, tags[key], tags.get(key + DONE)) for key in keys]
    # What the champion was found to be since, up to the next record after which the alias did move.
    seen = {None if champion is None else int(champion)}
    for at in reversed([at for at, record in enumerate(records) if record.what != "refused"]):
        record = records[at]
        records[at] = replace(record, in_effect=seen == {record.after})
        seen = {record.before} if record.done or records[at].in_effect else seen | {record.before}
    return records[::-1]


def stood_before(history: Sequence[Record], number: int) -> tuple[int, ...]:
    """Give the versions that stood before the champion, the last of them first.

    Promotions are a pile of versions and a rollback takes the uppermost off, so that a second one goes one further
    back; what never became champion does not count.

    Parameters
    ----------
    history : sequence of Record
        As `read_history` gives it.
    number : int
        The champion's version. If nothing is recorded of it, all others stood before it.

    Raises
    ------
    HistoryError
        Nothing is recorded of how any version became champion.
    """
    pile: list[int] = []
    for record in history[::-1]:
        if record.what == "refused" or not (record.in_effect or record.done):
            continue
        if record.what == "promoted":
            if record.before is not None and record.before not in pile:
                pile.append(record.before)  # champion by other means
            pile = [*_down_to(pile, record.before), record.after]
        else:
            pile = _down_to(_below(pile, record.before), record.after)
    if not pile:
        raise HistoryError(
            f"Version {number} is champion, but not by khabar promote: nothing is recorded of what stood before it. "
            "Promote the run that should be champion: khabar promote RUN --why TEXT."
        )
    return tuple(_below(pile, number)[::-1])


def _below(pile: list[int], version: int | None) -> list[int]:
    return _down_to(pile, version)[:-1] if version in pile else pile


def _down_to(pile: list[int], version: int | None) -> list[int]:
    while pile and pile[-1] != version:
        pile = pile[:-1]
    return pile


def now() -> datetime:
    """Give the time in UTC."""
    return datetime.now(UTC)


def _record(name: str, key: str, value: str, done: str | None) -> Record:
    try:
        values = orjson.loads(value)
        values["when"] = datetime.fromisoformat(values["when"])
        values["done"] = None if done is None else datetime.fromisoformat(done)
        return Record(**{**values, "problems": tuple(values["problems"])})
    except (ValueError, KeyError, TypeError) as error:
        raise HistoryError(
            f"The tag {key} of the registered model {name}, or {key}{DONE}, is no record of khabar's ({error!r}). If "
            f"it was edited, mend it; else delete it: MlflowClient().delete_registered_model_tag({name!r}, {key!r})."
        ) from error
