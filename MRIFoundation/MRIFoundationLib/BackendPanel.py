"""The Backend section: where the backend is, how it stands, and the one on this computer to install, start and stop."""

from __future__ import annotations

import slicer
import slicer.util
from slicer.i18n import tr as _

from .Address import DEFAULT_ADDRESS, is_loopback, port_of, repair
from .Connection import Connection
from .Failures import BackendError
from .LocalBackend import LocalBackend
from .Settings import Settings

_COLOURS = {"unknown": "#808080", "checking": "#c08000", "connected": "#2a8a3e", "failed": "#c0392b"}


class BackendPanel:
    """Binds the widgets of BackendPanel.ui to the connection and to the local backend."""

    def __init__(self, ui_path: str, connection: Connection, settings: Settings):
        self.widget = slicer.util.loadUI(ui_path)
        self.ui = slicer.util.childWidgetVariables(self.widget)
        self._connection, self._settings = connection, settings
        self._started_at = ""
        self.local = LocalBackend(self.ui.logView.appendPlainText, self._local_changed)
        self.ui.addressLine.text = settings.address
        self.ui.keyLine.text = settings.key
        self.ui.rememberKeyBox.checked = bool(settings.key)
        self.ui.commandPath.currentPath = settings.command
        self._connect()
        connection.listen(self._show)
        self._show()

    def _connect(self) -> None:
        self.ui.addressLine.connect("editingFinished()", self._take_address)
        self.ui.keyLine.connect("editingFinished()", self._take_address)
        self.ui.rememberKeyBox.connect("toggled(bool)", self._remember_key)
        self.ui.testButton.connect("clicked()", self.test)
        self.ui.startButton.connect("clicked()", self._start_or_stop)
        self.ui.installButton.connect("clicked()", self._install)
        self.ui.commandPath.connect("currentPathChanged(QString)", self._take_command)

    def test(self) -> None:
        """Greet the backend at the address that is typed."""
        self._take_address()
        self._connection.test()

    def shut_down(self) -> None:
        """End the backend that was started here."""
        self.local.shut_down()

    def _take_address(self) -> None:
        self._connection.use(self.ui.addressLine.text.strip(), self.ui.keyLine.text.strip())
        self._remember_key(self.ui.rememberKeyBox.checked)

    def _remember_key(self, remember: bool) -> None:
        self._settings.key = self.ui.keyLine.text.strip() if remember else ""

    def _take_command(self, path: str) -> None:
        self._settings.command = path
        self._show()

    def _start_or_stop(self) -> None:
        if self.local.doing:
            self.local.stop()
            return
        self._attempt(lambda: self.local.start(self._settings.command, self._local_port()))
        if self.local.doing:
            self._started_at = self._connection.address
            self._connection.test(still_starting=lambda: self.local.doing == "serving")

    def _install(self) -> None:
        self._attempt(self.local.install)
        self.ui.logBox.collapsed = False

    def _attempt(self, action) -> None:
        try:
            action()
        except BackendError as error:
            self._say("failed", str(error))

    def _local_port(self) -> int:
        """The port of the address when that is this computer; else the address is set to this computer's usual one."""
        self._take_address()
        url = repair(self.ui.addressLine.text or DEFAULT_ADDRESS)
        if not is_loopback(url):
            url = DEFAULT_ADDRESS
        self._connection.use(url, self.ui.keyLine.text.strip())
        return port_of(url)

    def _local_changed(self) -> None:
        state, words = self.local.outcome
        gone = not self.local.doing and self._connection.address == self._started_at
        if gone and self._connection.state in ("connected", "checking"):
            self._connection.forget(state or "unknown", words or _("The local backend was stopped."))
        self._show()
        if words and not self.local.doing:
            self._say(state, words)

    def _show(self) -> None:
        state = self._connection.state
        self._say(state, self._connection.message)
        if not self.ui.addressLine.hasFocus():
            self.ui.addressLine.text = self._connection.address
        doing = self.local.doing
        installed = self.local.command(self._settings.command) is not None
        self.ui.startButton.text = {"": _("Start"), "serving": _("Stop"), "installing": _("Cancel installation")}[doing]
        self.ui.startButton.enabled = bool(doing) or (installed and state in ("unknown", "failed"))
        self.ui.installButton.visible = not installed and not doing
        self.ui.localLabel.text = self._local_words(doing, installed)

    def _local_words(self, doing: str, installed: bool) -> str:
        if doing == "serving":
            return _("Running; it ends with Slicer.")
        if doing == "installing":
            return _("Installing, this takes some minutes; Slicer stays usable.")
        return _("Installed.") if installed else _("Not installed on this computer.")

    def _say(self, state: str, message: str) -> None:
        self.ui.statusLabel.text = message
        self.ui.statusDot.styleSheet = f"background-color: {_COLOURS[state]}; border-radius: 6px;"
