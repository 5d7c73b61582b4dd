"""The backend on this computer: made once in an environment of its own, started and stopped from the panel."""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Callable, Generator
from pathlib import Path

import slicer.util
from slicer.i18n import tr as _

from . import InstallFailures, Installing, LocalPaths, PipProgress, Rosetta, ServingEnd
from .Failures import BackendError
from .Installation import Installation, button, note_in
from .LoggedProcess import LoggedProcess
from .Sentence import translated
from .Step import Step
from .Task import Task
from .Worker import Worker

_REMEMBERED_LINES = 300  # pip tries each address some times and tells each time


class LocalBackend:
    """`on_line` gets every line of output; `on_change` is called whenever `doing` or `progress` changes, `on_installed` after that
    when an installation has succeeded."""

    def __init__(self, on_line: Callable[[str], None], on_change: Callable[[], None], on_installed: Callable[[], None]):
        self._on_line, self._on_change, self._on_installed = on_line, on_change, on_installed
        self._process = LoggedProcess(self._hear, self._finished)
        self._worker = Worker()
        self._planning: Task | None = None
        self._plan: Installation | None = None
        self._installing: Generator[Step, bool, bool] | None = None
        self._lines: deque[str] = deque(maxlen=_REMEMBERED_LINES)  # that the program which runs has printed
        self._failure = ""
        self._stopping = False
        self.step = ""
        """What the installation is at."""
        self.progress: PipProgress.PipProgress | None = None
        """How far the file is that the installation fetches."""
        self.note = ""
        """What the last installation found that the person is to know of."""
        self.doing = ""
        """What runs: "serving", "installing", or nothing."""
        self.outcome = ("", "")
        """State ("unknown" or "failed") and sentence after the process ended by itself; empty when it was asked to."""

    def command(self, chosen: str) -> Path | None:
        """The backend's command that `start` would run, None when the backend has to be installed first."""
        return LocalPaths.find_command(chosen, _variables().get("PATH", ""))

    def start(self, chosen: str, port: int) -> None:
        """Start the backend on the loopback address; BackendError when it is not installed."""
        command = self.command(chosen)
        if command is None:
            raise BackendError(
                _("The backend is not installed on this computer: press Install, or choose its command.")
            )
        if _is_taken(port):
            words = _(
                "Something already listens on port {port}: press Test connection to use it, or enter another port."
            )
            raise BackendError(words.format(port=port))
        self._begin("serving", Step("", Rosetta.natively([str(command), "serve", "--port", str(port)])))

    def plan(
        self, wheels: str, on_planned: Callable[[Installation], None], on_failed: Callable[[Exception], None]
    ) -> None:
        """Work out beside the GUI what `install` would do on this computer; the last one asked for is handed over."""
        if self._planning:
            self._planning.cancel()
        variables = _variables()
        task = Task(lambda _task: Installation.plan(variables, wheels), on_planned, on_failed)
        self._planning = self._worker.start(task)

    def install(self, plan: Installation) -> None:
        """Make an environment and install the backend into it, beside the one in use; Slicer's own Python is not touched."""
        plan.check_room()
        self._plan, self._failure, self.note = plan, "", ""
        self._installing = Installing.carry_out(plan)
        self._begin("installing", next(self._installing))

    def stop(self) -> None:
        """Stop what runs; also an installation, which then begins anew the next time."""
        self._stopping = True
        self._process.ask_to_stop()

    def shut_down(self) -> None:
        """Stop what runs before returning: Slicer is about to end."""
        self._worker.cancel_all()
        self._installing, self._stopping = None, True
        self._process.stop_now()

    def _begin(self, doing: str, step: Step) -> None:
        if self._process.running:
            raise BackendError(_("The local backend is busy: stop it first."))
        self.doing, self.outcome, self._stopping = doing, ("", ""), False
        self._run(step)

    def _run(self, step: Step) -> None:
        self.step, self.progress = translated(step.words), None
        self._lines.clear()
        is_backend = self.doing == "serving"
        self._process.start(step.command[0], step.command[1:], step.variables, ends_with_input=is_backend)
        self._on_change()

    def _hear(self, line: str) -> None:
        progress = PipProgress.read(line) if self.doing == "installing" else None
        if progress is None:
            self._on_line(line)
            if not line.startswith("$ "):  # the command itself
                self._lines.append(line)
        if self.doing == "installing":
            self.note = translated(note_in(line)) or self.note
        if progress != self.progress:
            self.progress = progress
            self._on_change()

    def _finished(self, code: int) -> None:
        if self.doing == "installing" and self._installing:
            self._go_on(code)
        else:
            if not self._stopping:
                self.outcome = "failed", ServingEnd.explain(code, self._lines, translated(button()))
            self._end()

    def _go_on(self, code: int) -> None:
        """The next step of the installation, or its end."""
        if code != 0 and not self._failure:
            self._failure = InstallFailures.cause(self._lines, code, self._plan)
        try:
            following = self._installing.send(code == 0 and not self._stopping)
        except StopIteration as end:
            self._installed(end.value)
        else:
            self._run(following)

    def _installed(self, is_done: bool) -> None:
        if self._stopping:
            is_done = False
        elif is_done:
            self.outcome = "unknown", " ".join(filter(None, [_("The backend is installed."), self.note]))
        else:
            words = _("The installation did not succeed: {cause}, then press {button} again.")
            self.outcome = "failed", words.format(cause=self._failure, button=translated(button()))
        self._end()
        if is_done:
            self._on_installed()

    def _end(self) -> None:
        self.doing = self.step = ""
        self.progress, self._installing = None, None
        self._on_change()


def _is_taken(port: int) -> bool:
    """Whether another program listens on this computer's port; nothing is sent to it."""
    with socket.socket() as probe:
        if os.name == "posix":  # else the port of a backend that just ended would seem taken for a while
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _variables() -> dict[str, str]:
    """The environment from before Slicer's launcher; on Windows in capitals, since there "Path" and "PATH" are one."""
    found = slicer.util.startupEnvironment()
    return {name.upper(): value for name, value in found.items()} if os.name == "nt" else dict(found)
