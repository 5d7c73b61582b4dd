"""A program beside Slicer whose output is shown line by line instead of being lost."""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable, Mapping

import qt
import slicer.util

_PATIENCE_MILLISECONDS = 3000
_PATIENCE_AT_THE_END = 1500  # milliseconds, in which Slicer stands still
_HEARS_TERMINATE = os.name != "nt"  # there it is a message to windows, of which these programs have none
# Windows' own code page has no signs for many a name in a path, and what is read here is UTF-8.
_UTF_8 = {"PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8:backslashreplace"}


class LoggedProcess:
    """Runs one program at a time in the environment from before Slicer's launcher, which would break another Python."""

    def __init__(self, on_line: Callable[[str], None], on_finished: Callable[[int], None]):
        self._on_line, self._on_finished = on_line, on_finished
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._rest = ""
        self._started = 0  # programs so far
        self._ends_with_input = False
        self._process = qt.QProcess()
        self._process.setProcessChannelMode(qt.QProcess.MergedChannels)
        self._process.connect("readyReadStandardOutput()", self._read)
        self._process.connect("finished(int,QProcess::ExitStatus)", self._finished)
        self._process.connect("errorOccurred(QProcess::ProcessError)", self._error)

    @property
    def running(self) -> bool:
        return self._process.state() != qt.QProcess.NotRunning

    def start(
        self,
        program: str,
        arguments: list[str],
        variables: Mapping[str, str] | None = None,
        ends_with_input: bool = False,
    ) -> None:
        """Start the program; its output, errors included, goes to `on_line`, its exit code to `on_finished`.

        variables: of the environment, for this program. ends_with_input: it is the backend, which ends by itself, tidily, when
        its standard input does; a Slicer that crashes closes that too.
        """
        self._ends_with_input = ends_with_input
        own = {"MRIFOUNDATION_ENDS_WITH_STDIN": "1"} if ends_with_input else {}
        told = {**slicer.util.startupEnvironment(), "PYTHONUNBUFFERED": "1", **_UTF_8, **own, **(variables or {})}
        environment = qt.QProcessEnvironment()
        for name, value in told.items():
            environment.insert(name, value)
        self._process.setProcessEnvironment(environment)
        self._on_line("$ " + " ".join([program, *arguments]))
        self._started += 1
        self._process.start(program, arguments)

    def ask_to_stop(self) -> None:
        """Ask the program to end, and make it end when it does not; its end is reported as usual."""
        self._end(self._started, self._ways_to_end())

    def stop_now(self) -> None:
        """End the program and wait for that, at most some seconds: for when Slicer itself ends."""
        if not self.running:
            return
        *gentle, kill = self._ways_to_end()
        for end in gentle:  # not one after the other: the backend heeds either
            end()
        if not (gentle and self._process.waitForFinished(_PATIENCE_AT_THE_END)):
            kill()
            self._process.waitForFinished(_PATIENCE_AT_THE_END)

    def _ways_to_end(self) -> list[Callable[[], None]]:
        """The gentlest first; the last one always works."""
        gentle = [self._process.closeWriteChannel] if self._ends_with_input else []
        return [*gentle, *([self._process.terminate] if _HEARS_TERMINATE else []), self._process.kill]

    def _end(self, asked: int, ways: list[Callable[[], None]]) -> None:
        if ways and self.running and asked == self._started:  # not what was started after it
            ways[0]()
            qt.QTimer.singleShot(_PATIENCE_MILLISECONDS, lambda: self._end(asked, ways[1:]))

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
            # Not from within the signal: a program that is started there never ends for Qt.
            qt.QTimer.singleShot(0, lambda: self._on_finished(-1))
