"""How a command ends when it is told to stop."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


@contextmanager
def ended_by_signal() -> Iterator[None]:
    """Let the signals that end a process clean up first, as Ctrl-C does: no half-written file remains.

    One that is ignored stays ignored: `nohup` asks for that.
    """
    heeded = [n for n in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) is not signal.SIG_IGN]
    before = {number: signal.signal(number, _end) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def held_back() -> Iterator[None]:
    """Let a block be done with before a signal is heeded: what it does is to be done whole, or not at all."""
    if threading.current_thread() is not threading.main_thread():  # which alone is sent signals
        yield
        return
    waiting: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    # Those that end the process at once, or that are ignored, stay as they are.
    before = {number: handler for number in numbers if callable(handler := signal.getsignal(number))}
    for number in before:
        signal.signal(number, lambda given, _: waiting.append(given))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for given in waiting[:1]:
            before[signal.Signals(given)](given, None)


def _end(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)
