"""The progress bar of a download, on stderr."""

from collections.abc import Iterator
from contextlib import contextmanager

from khabar.datasets.download import Progress, unwatched


@contextmanager
def download_bar(name: str, shown: bool) -> Iterator[Progress]:
    """Show a bar while the block runs and something comes; what it gives is told how far the download is."""
    if not shown:
        yield unwatched
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn(name), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    # Results go to stdout, so that must not be turned to the bar's console; the bar is gone when they are printed.
    with Bar(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("", total=None, visible=False)

        def show(received: int, total: int | None) -> None:
            bar.update(task, completed=received, total=total, visible=True)

        yield show
