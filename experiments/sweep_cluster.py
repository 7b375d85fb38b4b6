"""Where trials are fitted: in processes of this machine, or by the workers of a Dask cluster that is named."""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from joblib import parallel_config
from joblib.externals.loky.process_executor import BrokenProcessPool

from khabar.experiments.sweep_error import SweepError
from khabar.inference.errors import MissingExtraError
from khabar.training.events import Note, Report, unheard

SECONDS_TO_ANSWER = 10
SECONDS_TO_JOIN = 30  # for a first worker
SECONDS_TO_LOOK = 1  # for the process that a worker is to end with


@contextmanager
def fitting_on(scheduler: str | None, report: Report = unheard) -> Iterator[None]:
    """Let joblib use the workers of a cluster; without one, processes of this machine.

    A cluster of one thread is not used: joblib fits in the calling process where no two fits can run side by side.

    Parameters
    ----------
    scheduler : str, optional
        The address of a Dask scheduler, such as `tcp://10.0.0.1:8786`.
    report : callable
        Told if the cluster is too small to be used.

    Raises
    ------
    MissingExtraError
        Dask is not installed.
    SweepError
        Nothing answers at the address, or no worker joins.
    """
    if scheduler is None:
        with on_this_machine():
            yield
        return
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"A sweep on a Dask cluster needs the module {error.name}, which is not installed. Install it with: "
            "pip install 'khabar[cluster]', or go without: leave --scheduler out."
        ) from error
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # that the scheduler is lost is raised
    connect: Callable[..., Any] = Client  # whose types are not all there
    try:
        client = connect(scheduler, timeout=SECONDS_TO_ANSWER, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:  # a TypeError of a kind of address that is not set up here
        raise SweepError(
            f"found no Dask scheduler at {scheduler} ({str(error) or type(error).__name__}); expected an address such "
            "as tcp://10.0.0.1:8786. Start one by: dask scheduler"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=SECONDS_TO_JOIN)
        except TimeoutError as error:
            raise SweepError(
                f"found no worker of the Dask scheduler {scheduler} in {SECONDS_TO_JOIN} seconds, expected "
                f"one or more. Start some, where khabar is installed, by: dask worker {scheduler}"
            ) from error
        if sum(client.nthreads().values()) == 1:
            report(
                Note(
                    f"the Dask cluster at {scheduler} has one thread, and is not used while it has no more: this "
                    f"process fits. Start another worker by: dask worker {scheduler}"
                )
            )
        with parallel_config(backend=_backend(client)):
            yield


def _backend(client: Any) -> Any:
    """Give joblib's backend of Dask, told of fits whose workers have died: it would wait for these for ever."""
    from joblib._dask import DaskDistributedBackend

    class Told(DaskDistributedBackend):  # type: ignore[misc]
        def submit(self, func: Any, callback: Any = None) -> Any:
            future = super().submit(func, callback)
            # Of other ends than this one, joblib calls back itself.
            future.add_done_callback(lambda done: done.exception() and callback(done.exception()))
            return future

    return Told(client=client)


@contextmanager
def losses_named() -> Iterator[None]:
    """Say what to do where a process that fits, or the cluster, is lost in the middle of it.

    Raises
    ------
    SweepError
    """
    lost: tuple[type[Exception], ...] = ()
    if "distributed" in sys.modules:  # else nothing of it can be raised
        from distributed import CancelledError, KilledWorker
        from distributed.client import ClosedClientError
        from distributed.comm.core import CommClosedError

        lost = (CancelledError, KilledWorker, ClosedClientError, CommClosedError, TimeoutError)
    try:
        yield
    except BrokenProcessPool as error:
        raise SweepError(
            "a process that fits was ended from outside, most likely since memory ran out; name fewer by --jobs"
        ) from error
    except lost as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())  # which may be of several lines
        raise SweepError(
            f"the Dask cluster was lost while it fitted ({reason}); start its scheduler and workers again, or go "
            "without: leave --scheduler out"
        ) from error


def on_this_machine() -> AbstractContextManager[Any]:
    """Let joblib use processes of this machine, which end with this one."""
    context: AbstractContextManager[Any] = parallel_config(
        backend="loky", initializer=end_with, initargs=(os.getpid(),)
    )
    return context


def end_with(parent: int) -> None:
    """End this process soon after the one that started it: loky's would wait for work of a killed one for ever."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(SECONDS_TO_LOOK)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
