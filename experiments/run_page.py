"""What a training job gave, as one page to read: its figures, its errors, its data, what the model is for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import nan
from pathlib import Path
from typing import Any, TypeVar

from khabar.experiments.arabic_names import COUNTS, MAIN, source_name
from khabar.experiments.artifact_files import read_list, read_object, read_text
from khabar.experiments.html_page import Measured, is_known, render
from khabar.experiments.page_pictures import Picture, curve_picture, pictures
from khabar.inference.errors import KhabarError
from khabar.training.job import OUT_OF_FOLD

OF_A_REPORT = ("in_readers_set", "target_named")  # figures that stand beside those of a head
CONFUSIONS = 6  # of a head that are listed
Json = Mapping[str, Any]
T = TypeVar("T")


class NoRunError(KhabarError):
    """A folder holds no artifacts of a run."""


@dataclass(frozen=True)
class Evaluated:
    """What the tags of one source gave.

    Attributes
    ----------
    name : str
        That of its folder, in which some characters are others.
    report : mapping
        As `Report.to_dict` gives it.
    parts : mapping
        `outlet` and `length`, of each the figures by name.
    pictures : list of Picture
    errors : list of mapping
        As `errors_worth_reading` gives them.
    """

    name: str
    report: Json
    parts: Json
    pictures: list[Picture]
    errors: list[Json]

    @property
    def title(self) -> str:
        """What was measured on."""
        return source_name(self.report.get("name", self.name))

    def figure(self, name: str) -> Measured | None:
        """Give a figure by its name in `Report.metrics`."""
        head, _, key = name.partition(".")
        of_head = self.report if key in OF_A_REPORT else (self.report.get(head) or {})
        value = of_head.get(key)
        return None if value is None else self._with_ends(name, value)

    def labels(self, head: str) -> list[tuple[Json, Measured]]:
        """Give the figures of each label of a head, and its F1 with the interval; labels that do not occur are not."""
        found = (self.report.get(head) or {}).get("labels", ())
        occur = [label for label in found if label["support"] or label["f1"]]
        return [(label, self._with_ends(f"{head}.f1.{label['label']}", label["f1"])) for label in occur]

    def confusions(self, head: str) -> list[tuple[str, str, int]]:
        """Give the most frequent pairs of label and wrong tag, with their number."""
        figures = self.report.get(head) or {}
        labels = [label["label"] for label in figures.get("labels", ())]
        wrong = [
            (labels[truth], labels[tag], count)
            for truth, row in enumerate(figures.get("confusion", ()))
            for tag, count in enumerate(row)
            if count and truth != tag
        ]
        return sorted(wrong, key=lambda pair: -pair[2])[:CONFUSIONS]

    def part(self, kind: str) -> tuple[list[str], Mapping[str, Mapping[str, float]]]:
        """Give the main figures that parts of a kind have, and the figures of each part."""
        rows: Mapping[str, Mapping[str, float]] = self.parts.get(kind) or {}
        return [name for name in MAIN.values() if any(name in row for row in rows.values())], rows

    def _with_ends(self, name: str, value: float | None) -> Measured:
        ends = (self.report.get("intervals") or {}).get(name) or {}
        return Measured(nan if value is None else value, ends.get("low"), ends.get("high"))


def run_page(folder: Path, tracked: Json | None = None) -> str:
    """Write the page of a job from the folder of its artifacts.

    Parameters
    ----------
    folder : Path
        What a job that was interrupted did not come to write is left out of the page. What it wrote in part only is
        left out too, and named.
    tracked : mapping, optional
        What MLflow has of the run by now, which goes before what `run.json` says: `started`, `status`, `tags` and
        `metrics`.

    Returns
    -------
    str
        HTML in Arabic that refers to nothing outside itself.

    Raises
    ------
    NoRunError
        The folder has no `run.json` that can be read, and nothing is tracked.
    """
    unread: list[Path] = []
    run = {**_json(folder / "run.json", unread), **(tracked or {})}
    if not run:
        raise NoRunError(
            f"found {'a broken' if unread else 'no'} run.json in {folder}, expected the folder of a job's artifacts; "
            "name one, or a run of MLflow: khabar show RUN"
        )
    curve = _json(folder / "learning_curve.json", unread)
    tags: Json = run.get("tags") or {}
    reports = sorted(folder.glob("reports/*"), key=lambda path: (path.name == OUT_OF_FOLD, path.name))
    evaluated = [one for path in reports if (one := _evaluated(folder, path.name, unread)).report]
    data = _read(folder / "data.json", read_list, unread)
    return render(
        "run_page.html.j2",
        status=run.get("status", "RUNNING"),
        tags=tags,
        own_tags=[(name, tags[name]) for name in sorted(tags) if not name.startswith("mlflow.")],
        started=_time(run.get("started")),
        created=_time(tags.get("khabar.created")),
        minutes=_minutes(run.get("started"), run.get("ended")),
        evaluated=evaluated,
        stance=any(one.figure(MAIN["stance"]) for one in evaluated),
        curve=curve.get("heads") or {},
        curve_picture=curve_picture(curve) if curve else None,
        data=data or [],
        counts={COUNTS[name]: int(value) for name, value in _metrics(run, "articles/") if name in COUNTS},
        seconds=dict(_metrics(run, "seconds/")),
        config=_read(folder / "config.yaml", read_text, unread) or "",
        environment=_read(folder / "environment.txt", read_text, unread) or "",
        unread=[path.relative_to(folder) for path in unread],
    )


def _evaluated(folder: Path, name: str, unread: list[Path]) -> Evaluated:
    reports = folder / "reports" / name
    report, parts = _json(reports / "report.json", unread), _json(reports / "parts.json", unread)
    errors = _read(folder / "errors" / f"{name}.json", read_list, unread)
    return Evaluated(name, report, parts, pictures(reports, unread), errors or [])


def _json(path: Path, unread: list[Path]) -> Json:
    return _read(path, read_object, unread) or {}


def _read(path: Path, read: Callable[[Path], T | None], unread: list[Path]) -> T | None:
    """Read a file; nothing of one that is not there, or was cut off as the job was interrupted."""
    if not path.is_file():
        return None
    value = read(path)
    if value is None:
        unread.append(path)
    return value


def _metrics(run: Json, prefix: str) -> list[tuple[str, float]]:
    found: Mapping[str, float | None] = run.get("metrics") or {}
    named = [(name.removeprefix(prefix), value) for name, value in found.items() if name.startswith(prefix)]
    return [(name, value) for name, value in named if value is not None and is_known(value)]


def _time(text: str | None) -> str:
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M} UTC" if text else ""


def _minutes(started: str | None, ended: str | None) -> float | None:
    if not started or not ended:
        return None
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(started)).total_seconds() / 60
