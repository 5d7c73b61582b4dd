"""The backend on this computer: made once in an environment of its own, started and stopped from the panel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import slicer.util
from slicer.i18n import tr as _

from . import LocalPaths
from .Failures import BackendError
from .LoggedProcess import LoggedProcess

_MAKE_ENVIRONMENT = (
    "import sys, venv; (3, 11) <= sys.version_info[:2] <= (3, 13) or sys.exit('not Python 3.11 to 3.13'); "
    "venv.create(sys.argv[1], clear=True, with_pip=True, symlinks=sys.platform != 'win32')"
)


class LocalBackend:
    """`on_line` gets every line of output; `on_change` is called whenever `doing` changes."""

    def __init__(self, on_line: Callable[[str], None], on_change: Callable[[], None]):
        self._on_line, self._on_change = on_line, on_change
        self._process = LoggedProcess(on_line, self._finished)
        self._steps: list[list[str]] = []
        self._alternatives: list[list[str]] = []
        self._environment: Path | None = None
        self._stopping = False
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
        self._steps = []
        self._begin("serving", [str(command), "serve", "--port", str(port)])

    def install(self, environment: Path | None = None, source: str | None = None) -> None:
        """Make the environment and install the backend into it; Slicer's own Python is not touched.

        `source` is what pip installs, the checkout around this module by default. BackendError when that or a
        Python is missing.
        """
        environment = environment or LocalPaths.environment_folder()
        source = source or str(LocalPaths.source_to_install() or "")
        pythons = LocalPaths.find_pythons(_search_path())
        if not source:
            raise BackendError(
                _(
                    "The backend's sources are not beside this module: install it as its page says and choose "
                    "its command."
                )
            )
        if not pythons:
            raise BackendError(
                _(
                    "No Python was found on this computer: install Python 3.12 from python.org, then press "
                    "Install again."
                )
            )
        self._environment = environment
        pip = [str(LocalPaths.python_in(environment)), "-m", "pip", "install", "--progress-bar", "off", source]
        first, *others = [[str(python), "-c", _MAKE_ENVIRONMENT, str(environment)] for python in pythons]
        self._steps, self._alternatives = [pip], others
        self._begin("installing", first)

    def stop(self) -> None:
        """Stop what runs; also an installation, which then begins anew the next time."""
        self._steps, self._alternatives, self._stopping = [], [], True
        self._process.ask_to_stop()

    def shut_down(self) -> None:
        """Stop what runs before returning: Slicer is about to end."""
        self._steps = []
        self._process.stop_now()

    def _begin(self, doing: str, command: list[str]) -> None:
        if self._process.running:
            raise BackendError(_("The local backend is busy: stop it first."))
        self.doing, self.outcome, self._stopping = doing, ("", ""), False
        self._process.start(command[0], command[1:])
        self._on_change()

    def _finished(self, code: int) -> None:
        # While a step is left, what ended was a Python making the environment; where one could not, the next may.
        following = self._steps if code == 0 else self._alternatives if self._steps else []
        if self.doing == "installing" and following:
            step = following.pop(0)
            self._process.start(step[0], step[1:])
            return
        if not self._stopping:
            self.outcome = self._installed(code) if self.doing == "installing" else self._ended()
        self.doing = ""
        self._on_change()

    def _installed(self, code: int) -> tuple[str, str]:
        if code == 0 and LocalPaths.command_in(self._environment).is_file():
            return "unknown", _("The backend is installed: press Start.")
        return "failed", _("The installation did not succeed: its log says why.")

    def _ended(self) -> tuple[str, str]:
        return "failed", _("The local backend ended by itself: its log says why.")


def _search_path() -> str:
    return slicer.util.startupEnvironment().get("PATH", "")
