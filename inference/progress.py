"""The progress bar of a batch, on stderr."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from khabar.inference.batch import Progress

MEGABYTE = 1e6


@contextmanager
def progress_bar(shown: bool) -> Iterator[Callable[[Progress], None] | None]:
    """Show a bar while the block runs; what it gives is told how far the batch is, None if not shown."""
    if not shown:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[rates]}"), TimeRemainingColumn())
    start = time.perf_counter()
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None, rates="")

        def show(progress: Progress) -> None:
            rates = _rates(progress, time.perf_counter() - start)
            bar.update(task, total=progress.bytes_total, completed=progress.bytes_read or 0, rates=rates)

        yield show


def _rates(progress: Progress, seconds: float) -> str:
    rates = f"{progress.rows:,} articles, {progress.rows / seconds:,.0f}/s"
    if progress.bytes_read is None:
        return rates
    return f"{rates}, {progress.bytes_read / seconds / MEGABYTE:,.1f} MB/s"
