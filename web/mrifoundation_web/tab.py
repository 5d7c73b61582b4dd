"""What the three tabs have in common: requests about the chosen scan, and one message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from MRIFoundationLib.Connection import Connection
from MRIFoundationLib.ScanRequests import Listener, ScanRequests
from trame.widgets import vuetify3 as v3

from mrifoundation_web import mishap
from mrifoundation_web.scans import Scans

NO_SCAN = "No scan is chosen: open one, or choose one under Scan."


class Tab:
    """A tab keeps its message in the state `<name>_message` and `<name>_failed`."""

    name = ""

    def __init__(self, server, scans: Scans, connection: Connection, requests: ScanRequests):
        self.state, self.scans = server.state, scans
        self._connection, self._requests = connection, requests
        self.say("")

    def say(self, message: str, failed: bool = False) -> None:
        """Show a plain sentence above the answers; an empty one takes it away."""
        self.state.update({f"{self.name}_message": message, f"{self.name}_failed": failed})

    @property
    def message(self) -> str:
        return self.state[f"{self.name}_message"]

    def attempt(self, action: Callable[[], None]) -> None:
        """Begin something in the place of what runs; what keeps it from beginning is said."""
        self._requests.cancel()  # first, so that no "Cancelled." stands over what begins
        self.say("")
        if self._connection.state == "failed":
            self._connection.test()  # it may have been started again
        try:
            action()
        except Exception as error:
            self.failed(error)

    def listener(self, done: Callable[[Any], None]) -> Listener:
        """A listener that tells failures and cancels here, those of taking the answer in among them."""

        def take(answer: object) -> None:
            try:
                done(answer)
            except Exception as error:
                self.failed(error)

        return Listener(take, self.failed, lambda: self.say("Cancelled."))

    def failed(self, error: Exception) -> None:
        self.say(mishap.told(error), failed=True)

    def build_message(self) -> None:
        """The message, which takes no room while there is none."""
        v3.VAlert(
            v_if=(f"{self.name}_message",),
            text=(f"{self.name}_message",),
            type=(f"{self.name}_failed ? 'error' : 'info'",),
            density="compact",
            variant="tonal",
            classes="my-2",
            id=f"{self.name}-message",
        )
