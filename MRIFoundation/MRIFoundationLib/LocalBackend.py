"""The backend on this computer: made once in an environment of its own, started and stopped from the panel."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import slicer.util
from slicer.i18n import tr as _

from . import LocalPaths
from .Failures import BackendError
from .Installation import Installation, Step
from .LoggedProcess import LoggedProcess


class LocalBackend:
    """`on_line` gets every line of output; `on_change` is called whenever `doing` changes."""

    def __init__(self, on_line: Callable[[str], None], on_change: Callable[[], None]):
        self._on_line, self._on_change = on_line, on_change
        self._process = LoggedProcess(on_line, self._finished)
        self._steps: list[Step] = []
        self._alternatives: list[Step] = []
        self._environment: Path | None = None
        self._stopping = False
        self.step = ""
        """What the installation is at."""
        self.doing = ""
        """What runs: "serving", "installing", or nothing."""
        self.outcome = ("", "")
        """State ("unknown" or "failed") and sentence after the process ended by itself; empty when it was asked to."""

    def command(self, chosen: str) -> Path | None:
        """The backend's command that `start` would run, None when the backend has to be installed first."""
        return LocalPaths.find_command(chosen, _search_path())

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
        self._steps = []
        self._begin("serving", Step("", [str(command), "serve", "--port", str(port)]))

    def plan(self, wheels: str = "") -> Installation:
        """What `install` would do on this computer; BackendError when it cannot."""
        return Installation.plan(_search_path(), wheels)

    def install(self, plan: Installation) -> None:
        """Make the environment anew, whatever is there, and install the backend into it; Slicer's own Python is not touched."""
        plan.check_room()
        self._environment = plan.environment
        first, *others = plan.makers()
        self._steps, self._alternatives = plan.steps(), others
        self._begin("installing", first)

    def stop(self) -> None:
        """Stop what runs; also an installation, which then begins anew the next time."""
        self._steps, self._alternatives, self._stopping = [], [], True
        self._process.ask_to_stop()

    def shut_down(self) -> None:
        """Stop what runs before returning: Slicer is about to end."""
        self._steps, self._alternatives, self._stopping = [], [], True
        self._process.stop_now()

    def _begin(self, doing: str, step: Step) -> None:
        if self._process.running:
            raise BackendError(_("The local backend is busy: stop it first."))
        self.doing, self.outcome, self._stopping = doing, ("", ""), False
        self._run(step)

    def _run(self, step: Step) -> None:
        self.step = step.words
        self._process.start(step.command[0], step.command[1:])
        self._on_change()

    def _finished(self, code: int) -> None:
        if code == 0:
            self._alternatives = []  # they are for a Python that cannot make the environment
        following = self._steps if code == 0 else self._alternatives
        if self.doing == "installing" and following:
            self._run(following.pop(0))
            return
        if not self._stopping:
            self.outcome = self._installed(code) if self.doing == "installing" else self._ended()
        self.doing = self.step = ""
        self._on_change()

    def _installed(self, code: int) -> tuple[str, str]:
        if code == 0 and LocalPaths.command_in(self._environment).is_file():
            return "unknown", _("The backend is installed: press Start.")
        return "failed", _("The installation did not succeed: its log says why. Press Install to begin it anew.")

    def _ended(self) -> tuple[str, str]:
        return "failed", _("The local backend ended by itself: its log says why.")


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


def _search_path() -> str:
    return slicer.util.startupEnvironment().get("PATH", "")
