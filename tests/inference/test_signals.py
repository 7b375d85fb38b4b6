"""Signals end a command in order, unless they are ignored."""

import os
import signal

import pytest

from khabar.inference.signals import ended_by_signal


@pytest.fixture(params=[signal.SIGTERM, signal.SIGHUP])
def number(request):
    before = signal.getsignal(request.param)
    yield request.param
    signal.signal(request.param, before)


def test_a_signal_ends_the_command_with_its_exit_code_and_the_handler_of_before_comes_back(number):
    signal.signal(number, signal.SIG_DFL)
    with pytest.raises(SystemExit) as ended, ended_by_signal():
        os.kill(os.getpid(), number)
    assert ended.value.code == 128 + number
    assert signal.getsignal(number) is signal.SIG_DFL


def test_an_ignored_signal_stays_ignored(number):
    signal.signal(number, signal.SIG_IGN)
    with ended_by_signal():
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) is signal.SIG_IGN
