"""What the panels that ask about a scan have in common: the choices kept in the scene, requests, one message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import slicer
import slicer.util
from slicer.i18n import tr as _

from .Connection import Connection
from .Failures import BackendError
from .MessageLines import MessageLines
from .ScanRequests import Listener, ScanRequests, Work
from .Sentence import translated


class Panel:
    """Binds a .ui file with a `messageLabel` to the parameters in the scene."""

    MESSAGE_LINES = 3
    """Room for the message; fewer where a section is high."""

    def __init__(self, ui_path: str, connection: Connection, requests: ScanRequests):
        self.widget = slicer.util.loadUI(ui_path)
        self.widget.setMRMLScene(slicer.mrmlScene)
        self.ui = slicer.util.childWidgetVariables(self.widget)
        self._connection, self._requests = connection, requests
        self._message = MessageLines(self.ui.messageLabel, self.MESSAGE_LINES)
        self._parameters = None

    def set_parameters(self, parameters) -> None:
        """Show and change the choices kept in the scene; None while the scene is closed."""
        self._parameters = parameters
        self.say()
        self.refresh()

    def refresh(self) -> None:
        """Show what the scene says now, and which actions are possible."""

    def shown(self, is_shown: bool) -> None:
        """The section is open before the person, or no longer."""

    def clear(self) -> None:
        """The scene is closed: drop every answer about it."""

    def ask(self, volumes: Sequence, work: Work, done: Callable[[object], None]) -> None:
        """Do `work` about the volumes in the background; `done` gets its answer in the main thread."""
        self.attempt(lambda: self._requests.start(volumes, work, self.listener(done)))

    def attempt(self, action: Callable[[], None]) -> None:
        """Begin something; what keeps it from beginning is said in the panel."""
        self.say()
        with slicer.util.tryWithErrorDisplay(_("The request could not be sent.")):
            try:
                action()
            except BackendError as error:
                self.failed(error)

    def listener(self, done: Callable[[object], None] = lambda _answer: None) -> Listener:
        """A listener that tells failures and cancels here, those of taking the answer in among them."""

        def take(answer: object) -> None:
            try:
                done(answer)
            except BackendError as error:
                self.failed(error)

        return Listener(take, self.failed, self.cancelled)

    def failed(self, error: Exception) -> None:
        self.say(escape(translated(error)), failed=True)
        self.refresh()
        if not isinstance(error, BackendError):
            raise error

    def cancelled(self) -> None:
        self.say(_("Cancelled."))
        self.refresh()

    def say(self, *lines: str, failed: bool = False) -> None:
        """Show these lines of rich text as the panel's message; none empties its room."""
        self._message.say(*lines, kind="failed" if failed else "")

    def remark(self, words: str) -> None:
        """Show this sentence above the message for as long as it holds, "" for none."""
        self._message.remark(escape(words))
