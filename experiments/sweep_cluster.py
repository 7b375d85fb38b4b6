"""Where trials are fitted: in processes of this machine, or by the workers of a Dask cluster that is named."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from joblib import parallel_config

from khabar.experiments.sweep_error import SweepError
from khabar.inference.errors import MissingExtraError

SECONDS_TO_ANSWER = 10
SECONDS_TO_JOIN = 30  # for a first worker
SECONDS_TO_LOOK = 1  # for the process that a worker is to end with


@contextmanager
def fitting_on(scheduler: str | None) -> Iterator[None]:
    """Let joblib use the workers of a cluster; without one, processes of this machine.

    Parameters
    ----------
    scheduler : str, optional
        The address of a Dask scheduler, such as `tcp://10.0.0.1:8786`.

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
    connect: Callable[..., Any] = Client  # whose types are not all there
    try:
        client = connect(scheduler, timeout=SECONDS_TO_ANSWER, set_as_default=False)
    except (OSError, ValueError) as error:
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
        with parallel_config(backend="dask", client=client):
            yield


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
