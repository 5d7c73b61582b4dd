"""A program beside Slicer whose output is shown line by line instead of being lost."""

from __future__ import annotations

import codecs
from collections.abc import Callable

import qt
import slicer.util

_PATIENCE_MILLISECONDS = 3000


class LoggedProcess:
    """Runs one program at a time in the environment from before Slicer's launcher, which would break another Python."""

    def __init__(self, on_line: Callable[[str], None], on_finished: Callable[[int], None]):
        self._on_line, self._on_finished = on_line, on_finished
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._rest = ""
        self._started = 0  # programs so far
        self._process = qt.QProcess()
        self._process.setProcessChannelMode(qt.QProcess.MergedChannels)
        self._process.connect("readyReadStandardOutput()", self._read)
        self._process.connect("finished(int,QProcess::ExitStatus)", self._finished)
        self._process.connect("errorOccurred(QProcess::ProcessError)", self._error)

    @property
    def running(self) -> bool:
        return self._process.state() != qt.QProcess.NotRunning

    def start(self, program: str, arguments: list[str]) -> None:
        """Start the program; its output, errors included, goes to `on_line`, its exit code to `on_finished`."""
        environment = qt.QProcessEnvironment()
        for name, value in slicer.util.startupEnvironment().items():
            environment.insert(name, value)
        environment.insert("PYTHONUNBUFFERED", "1")
        environment.insert("MRIFOUNDATION_ENDS_WITH_STDIN", "1")  # a Slicer that crashes closes it too
        self._process.setProcessEnvironment(environment)
        self._on_line("$ " + " ".join([program, *arguments]))
        self._started += 1
        self._process.start(program, arguments)

    def ask_to_stop(self) -> None:
        """Ask the program to end; its end is reported as usual."""
        if self.running:
            self._process.terminate()
            asked = self._started
            qt.QTimer.singleShot(_PATIENCE_MILLISECONDS, lambda: self._kill(asked))

    def stop_now(self) -> None:
        """End the program and wait for that, at most some seconds: for when Slicer itself ends."""
        if self.running:
            self._process.terminate()
            if not self._process.waitForFinished(_PATIENCE_MILLISECONDS):
                self._process.kill()
                self._process.waitForFinished(_PATIENCE_MILLISECONDS)

    def _kill(self, asked: int) -> None:
        if self.running and asked == self._started:  # not what was started after it
            self._process.kill()

    def _read(self) -> None:
        text = self._rest + self._decode(bytes(self._process.readAllStandardOutput().data()))
        *lines, self._rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for line in lines:
            self._on_line(line)

    def _finished(self, code: int) -> None:
        self._read()
        if self._rest:
            self._on_line(self._rest)
            self._rest = ""
        self._on_finished(code)

    def _error(self, error: int) -> None:
        if error == qt.QProcess.FailedToStart:
            self._on_line(self._process.errorString())
            self._on_finished(-1)
