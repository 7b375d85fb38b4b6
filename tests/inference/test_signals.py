"""Signals end a command in order, unless they are ignored."""

import os
import signal

import pytest

from khabar.inference.signals import ended_by_signal, held_back


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


def test_a_signal_within_a_block_that_is_held_back_is_heeded_once_the_block_is_done():
    done = []

    def write():
        with held_back():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("the block")
        done.append("what follows")

    with pytest.raises(SystemExit), ended_by_signal():
        write()
    assert done == ["the block"]


def test_handlers_are_as_they_were_after_a_block_that_held_back():
    with ended_by_signal():
        before = signal.getsignal(signal.SIGTERM)
        with held_back():
            pass
        assert signal.getsignal(signal.SIGTERM) is before
