"""A program beside Slicer: what it prints is read as it is, and it ends in the gentlest way that it understands."""

import os
import sys
import time

import pytest

PRINTS = "import os, sys; print('J\\u00fcrgen \\udc80', sys.flags.utf8_mode, os.environ.get('TMPDIR'))"
READS_TO_THE_END = "import sys; print('begun'); sys.stdin.read(); print('tidy')"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('begun'); time.sleep(600)"


class Heard:
    """A program, what it printed, and the codes that the programs ended with."""

    def __init__(self):
        from MRIFoundationLib.LoggedProcess import LoggedProcess

        self.lines, self.codes = [], []
        self.process = LoggedProcess(self.lines.append, self.codes.append)

    def start(self, code: str, *others, **told) -> None:
        from double.events import wait_until

        self.process.start(sys.executable, ["-c", code], *others, **told)
        if "begun" in code:
            wait_until(lambda: "begun" in self.lines, what="the program")

    def wait(self) -> list[str]:
        from double.events import wait_until

        wait_until(lambda: bool(self.codes), what="the end of the program")
        return self.lines[1:]


@pytest.fixture
def heard(scene):
    heard = Heard()
    yield heard
    heard.process._process.kill()
    heard.process._process.waitForFinished(3000)


@pytest.fixture
def windows(heard, monkeypatch):
    """Where no program hears that it is asked to terminate."""
    from MRIFoundationLib import LoggedProcess

    monkeypatch.setattr(LoggedProcess, "_HEARS_TERMINATE", False)
    return heard


def test_what_a_program_prints_is_read_whatever_the_code_page_of_the_computer(heard, monkeypatch):
    monkeypatch.setenv("PYTHONUTF8", "0")
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    heard.start(PRINTS, {"TMPDIR": "/of this program"})
    assert heard.wait() == ["Jürgen \\udc80 1 /of this program"] and heard.codes == [0]


def test_what_ends_with_its_input_ends_tidily(heard):
    heard.start(READS_TO_THE_END, ends_with_input=True)
    heard.process.ask_to_stop()
    assert heard.wait() == ["begun", "tidy"] and heard.codes == [0]


def test_slicer_quits_as_soon_as_the_backend_has_ended(windows):
    windows.start(READS_TO_THE_END, ends_with_input=True)
    windows.process.stop_now()
    assert not windows.process.running and windows.codes == [0]


@pytest.mark.skipif(os.name == "nt", reason="no signals")
def test_a_program_that_hears_nothing_is_killed_in_the_end(heard, monkeypatch):
    from MRIFoundationLib import LoggedProcess

    monkeypatch.setattr(LoggedProcess, "_PATIENCE_MILLISECONDS", 100)
    heard.start(DEAF, ends_with_input=True)
    heard.process.ask_to_stop()
    heard.wait()
    assert not heard.process.running


@pytest.mark.skipif(os.name == "nt", reason="no signals")
@pytest.mark.parametrize("stop", ["ask_to_stop", "stop_now"])
def test_on_windows_an_installation_is_ended_without_a_wait(windows, stop):
    from MRIFoundationLib.LoggedProcess import _PATIENCE_AT_THE_END

    windows.start(DEAF)
    begun = time.monotonic()
    getattr(windows.process, stop)()
    windows.wait()
    assert time.monotonic() - begun < _PATIENCE_AT_THE_END / 1000


def test_another_program_can_follow_one_that_does_not_start(heard):
    from double.events import wait_until

    codes, follow = [], iter([sys.executable])

    def next_one(code: int) -> None:
        codes.append(code)
        for program in follow:
            heard.process.start(program, ["-c", ""])

    heard.process._on_finished = next_one
    heard.process.start("/no/such/program", [])
    wait_until(lambda: codes == [-1, 0], what="the end of the second program")
