"""The backend in use, shared by all panels: its address and key, what it can do, and in words how it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slicer.i18n import tr as _

from . import LocalPaths
from .Address import is_loopback
from .Client import Client
from .Failures import BackendError, Silent, Unreachable
from .Greeting import Backend, greet
from .Sentence import translated
from .Settings import Settings
from .Task import Task, TaskRunner


class Connection:
    """Tests the connection in the background and tells its listeners, in the main thread, whenever something
    changes."""

    def __init__(self, worker: TaskRunner, settings: Settings):
        self._worker = worker
        self._settings = settings
        self._task: Task | None = None
        self._listeners: list[Callable[[], None]] = []
        self.typed_key = settings.key if settings.other_machine else ""
        self.state = "unknown"
        """unknown, checking, connected or failed."""
        self.message = _("Not connected yet.")
        self.info: dict = {}

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener()` after every change."""
        self._listeners.append(listener)

    def when_reached(self, act: Callable[[], None]) -> None:
        """Call `act()` each time that a backend has come within reach."""
        is_reached = False

        def listener() -> None:
            nonlocal is_reached
            was_reached, is_reached = is_reached, self.connected
            if is_reached and not was_reached:
                act()

        self.listen(listener)

    @property
    def connected(self) -> bool:
        return self.state == "connected"

    @property
    def address(self) -> str:
        return self._settings.address

    @property
    def authority(self) -> str:
        """The file of the certificate authority of another machine, "" for those that are known anyway."""
        return self._settings.authority if self._settings.other_machine else ""

    def use(self, address: str, key: str, authority: str = "") -> None:
        """Take another address, key or certificate authority; what was known of the backend is forgotten."""
        if (address, key, authority) != (self._settings.address, self.typed_key, self._settings.authority):
            self._settings.address, self.typed_key, self._settings.authority = address, key, authority
            self.forget("unknown", _("Not connected yet."))

    def test(self, still_starting: Callable[[], bool] = lambda: False) -> None:
        """Greet the backend; `still_starting` tells whether one that does not answer may be about to."""
        if self._task:
            self._task.cancel()
        self._change("checking", _("Connecting to {address} …").format(address=self.address), {})
        address, key, authority = self.address, self.key_for, self.authority
        self._task = Task(
            lambda task: greet(address, key, task.progress, task.cancelled, still_starting, authority),
            self._greeted,
            self._failed,
            lambda _stage, _fraction, message: self._change("checking", translated(message), {}),
        )
        self._worker.start(self._task)

    def key_for(self, url: str) -> str:
        """The typed key, else for this very computer the one in the backend's key file."""
        return self.typed_key or (LocalPaths.read_key() if is_loopback(url) else "")

    def client(self) -> Client:
        """A client of the backend in use; BackendError when the address cannot be read."""
        client = Client(self.address)
        return Client(self.address, self.key_for(client.url), authority=self.authority)

    def fetch(
        self, work: Callable[[Client], Any], on_done: Callable[[Any], None], on_failed: Callable[[Exception], None]
    ) -> Task:
        """Get something small beside the GUI; what comes back is handed over in the main thread. The task can be
        cancelled."""

        def failed(error: Exception) -> None:
            if isinstance(error, Unreachable) and not isinstance(error, Silent):  # a busy one is still there
                self.forget("failed", translated(error))
            on_failed(error)

        client = self.client()
        return self._worker.start(Task(lambda _task: work(client), on_done, failed))

    def renew(self, info: dict) -> None:
        """What the backend in use can do has changed, as by teaching."""
        if self.connected:
            self._change(self.state, self.message, info)

    def forget(self, state: str, message: str) -> None:
        """The backend is gone or another one meant; `state` is "failed" when that is a mishap, else "unknown"."""
        if self._task:
            self._task.cancel()
        self._change(state, message, {})

    def _greeted(self, backend: Backend) -> None:
        self._settings.address = backend.url
        device, version = backend.info["device"], backend.info["version"]
        known = sum(structure.get("known", True) for structure in backend.info["structures"])
        words = _("Connected: MRIFoundation {version} on {device}, {known} structures.")
        note = f" {translated(backend.note)}" if backend.note else ""
        self._change("connected", words.format(version=version, device=device, known=known) + note, backend.info)

    def _failed(self, error: Exception) -> None:
        self._change("failed", translated(error), {})
        if not isinstance(error, BackendError):
            raise error

    def _change(self, state: str, message: str, info: dict) -> None:
        self.state, self.message, self.info = state, message, info
        for listener in self._listeners:
            listener()
