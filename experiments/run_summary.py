"""What a run is, in one file beside its other artifacts, and the page made of them all."""

from datetime import UTC, datetime
from typing import Any

from khabar.experiments.journal import Journal, read_journal
from khabar.experiments.recording import PARENT


def write_summary(journal: Journal, started: datetime, status: str) -> None:
    """Write `run.json`, and `run.html` from it and all files that the run has by now.

    Parameters
    ----------
    journal : Journal
    started : datetime
    status : str
        As what the run is going to end.
    """
    from khabar.experiments.run_page import run_page

    journal.json(PARENT, "run.json", _summary(journal, started, status))
    journal.text(PARENT, "run.html", run_page(journal.files(PARENT)))


def _summary(journal: Journal, started: datetime, status: str) -> dict[str, Any]:
    tags: dict[str, str] = {}
    params: dict[str, str] = {}
    metrics: dict[str, float] = {}
    for entry in read_journal(journal.folder)[1:]:
        if entry["run"] == PARENT and entry["what"] in ("start", "tags", "params", "metrics"):
            tags |= entry.get("tags", {})
            params |= entry.get("params", {})
            metrics |= entry.get("metrics", {})
    return {
        "name": tags.get("khabar.model", ""),
        "version": tags.get("khabar.version", ""),
        "digest": tags.get("khabar.digest", ""),
        "created": tags.get("khabar.created", ""),
        "command": tags.get("command", ""),
        "status": status,
        "started": started.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "tags": tags,
        "params": params,
        "metrics": metrics,
    }
