"""The Backend section: where the backend is, how it stands, and the one on this computer to install, start and stop."""

from __future__ import annotations

import ctk
import slicer
import slicer.util
from slicer.i18n import tr as _

from . import LocalPaths, PathLine
from .Address import DEFAULT_ADDRESS, is_loopback, port_of, repair
from .Connection import Connection
from .Failures import BackendError
from .Installation import Installation
from .LocalBackend import LocalBackend
from .Sentence import translated
from .Settings import Settings

_COLOURS = {"unknown": "#808080", "checking": "#c08000", "connected": "#2a8a3e", "failed": "#c0392b"}


class BackendPanel:
    """Binds the widgets of BackendPanel.ui to the connection and to the local backend."""

    def __init__(self, ui_path: str, connection: Connection, settings: Settings):
        self.widget = slicer.util.loadUI(ui_path)
        self.ui = slicer.util.childWidgetVariables(self.widget)
        self._connection, self._settings = connection, settings
        self._started_at = ""
        self._plan: Installation | None = None  # shown, and not agreed to yet
        self._is_asking = False
        self.local = LocalBackend(self.ui.logView.appendPlainText, self._local_changed, self._start_installed)
        self.ui.addressLine.text = settings.address
        self.ui.keyLine.text = settings.key
        self.ui.rememberKeyBox.checked = bool(settings.key)
        self.ui.otherMachineBox.checked = bool(settings.other_machine)
        self.ui.authorityPath.currentPath = settings.authority
        self.ui.wheelsPath.filters = ctk.ctkPathLineEdit.Dirs | ctk.ctkPathLineEdit.Readable
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
        self.ui.otherMachineBox.connect("toggled(bool)", self._choose_machine)
        PathLine.listen(self.ui.authorityPath, self._take_address)
        self.ui.installButton.connect("clicked()", self._ask)
        self.ui.repairButton.connect("clicked()", self._ask)
        PathLine.listen(self.ui.wheelsPath, self._ask)
        self.ui.agreeButton.connect("clicked()", self._install)
        self.ui.declineButton.connect("clicked()", self._decline)
        PathLine.listen(self.ui.commandPath, self._take_command)

    def test(self) -> None:
        """Greet the backend at the address that is typed."""
        self._take_address()
        self._connection.test()

    def shut_down(self) -> None:
        """End the backend that was started here."""
        self.local.shut_down()

    def _take_address(self) -> None:
        key, authority = self.ui.keyLine.text.strip(), self.ui.authorityPath.currentPath.strip()
        if not self.ui.otherMachineBox.checked:
            key = ""  # this computer's is read from its key file
        self._connection.use(self.ui.addressLine.text.strip(), key, authority)
        self._remember_key(self.ui.rememberKeyBox.checked)

    def _choose_machine(self, other: bool) -> None:
        self._settings.other_machine = "1" if other else ""
        self.ui.addressLine.text = self._settings.address
        self._take_address()
        self._connection.forget("unknown", _("Not connected yet."))

    def _remember_key(self, remember: bool) -> None:
        self._settings.key = self.ui.keyLine.text.strip() if remember else ""

    def _take_command(self) -> None:
        self._settings.command = self.ui.commandPath.currentPath.strip()
        self._show()

    def _start_or_stop(self) -> None:
        if self.local.doing:
            self.local.stop()
        else:
            self._start()

    def _start(self) -> None:
        self._attempt(lambda: self.local.start(self._settings.command, self._local_port()))
        if self.local.doing:
            self._started_at = self._connection.address
            self._connection.test(still_starting=lambda: self.local.doing == "serving")

    def _start_installed(self) -> None:
        """Go on to what it was installed for, unless the person has turned to another backend meanwhile."""
        if self.local.command(self._settings.command) is None:
            # It named nothing, which is why there was something to install.
            self._settings.command = self.ui.commandPath.currentPath = ""
        if not self.ui.otherMachineBox.checked and not self._connection.connected:
            self._start()

    def _ask(self) -> None:
        """Show what an installation would do, or why there can be none; nothing begins before the person agrees."""
        self._is_asking, self._plan = True, None
        self.ui.planLabel.text = _("Looking for a Python that can make the environment …")
        self._show()
        self.local.plan(self.ui.wheelsPath.currentPath, self._planned, self._cannot_be_planned)

    def _planned(self, plan: Installation) -> None:
        self._plan = plan
        self.ui.planLabel.text = translated(plan.consent())
        self._show()

    def _cannot_be_planned(self, error: Exception) -> None:
        self.ui.planLabel.text = translated(error)
        if not isinstance(error, BackendError):
            raise error

    def _decline(self) -> None:
        self._is_asking = False
        self._show()

    def _install(self) -> None:
        self._is_asking = False
        self._attempt(lambda: self.local.install(self._plan))
        self.ui.logBox.collapsed = False

    def _attempt(self, action) -> None:
        try:
            action()
        except BackendError as error:
            self._show()
            self._tell("failed", translated(error))

    def _local_port(self) -> int:
        """The port of the address when that is this computer; else the address is set to this computer's usual one."""
        self._take_address()
        url = repair(self.ui.addressLine.text or DEFAULT_ADDRESS)
        if not is_loopback(url):
            url = DEFAULT_ADDRESS
        self.ui.addressLine.text = url
        self._take_address()
        return port_of(url)

    def _local_changed(self) -> None:
        state, words = self.local.outcome
        gone = not self.local.doing and self._connection.address == self._started_at
        if gone and self._connection.state in ("connected", "checking"):
            self._connection.forget(state or "unknown", words or _("The local backend was stopped."))
        self._show()
        if words and not self.local.doing:
            self._tell(state, words)

    def _show(self) -> None:
        state = self._connection.state
        self._tell(state, self._connection.message)
        if not self.ui.addressLine.hasFocus():
            self.ui.addressLine.text = self._connection.address
        doing = self.local.doing
        installed = self.local.command(self._settings.command) is not None
        self.ui.startButton.text = {"": _("Start"), "serving": _("Stop"), "installing": _("Cancel installation")}[doing]
        self.ui.startButton.enabled = bool(doing) or (installed and state in ("unknown", "failed"))
        is_asking = self._is_asking and not doing and not self.ui.otherMachineBox.checked
        has_own = LocalPaths.environment_in_use() is not None
        can_install = not installed and not has_own and not doing and not is_asking
        self.ui.installButton.visible = can_install
        self.ui.repairButton.visible = has_own and not doing and not is_asking
        self.ui.planBox.visible = is_asking
        self.ui.agreeButton.enabled = self._plan is not None
        self._show_machine()
        self.ui.localLabel.text = self._local_words(doing, installed, can_install)
        self._show_progress(doing)

    def _show_machine(self) -> None:
        other = self.ui.otherMachineBox.checked
        self.ui.addressLine.placeholderText = (
            _("such as https://gpu.hospital.example:8765") if other else DEFAULT_ADDRESS
        )
        for widget in (self.ui.keyLabel, self.ui.keyRow, self.ui.authorityLabel, self.ui.authorityPath):
            widget.visible = other
        for widget in (self.ui.thisComputerLabel, self.ui.localRow):
            widget.visible = not other or bool(self.local.doing)

    def _show_progress(self, doing: str) -> None:
        fetched = self.local.progress
        self.ui.installBar.visible = doing == "installing"
        # Without an end it shows that something goes on.
        self.ui.installBar.maximum = 100 if fetched and fetched.total else 0
        self.ui.installBar.value = fetched.percent if fetched else 0

    def _local_words(self, doing: str, installed: bool, can_install: bool) -> str:
        fetched = self.local.progress
        if doing == "serving":
            return " ".join(filter(None, [_("Running; it ends with Slicer."), self.local.note]))
        if doing == "installing" and fetched and fetched.total:
            words = _("{step}: {percent} % of {size} MB")
            return words.format(step=self.local.step, percent=fetched.percent, size=fetched.megabytes)
        if doing == "installing":
            return _("{step}, which takes some minutes; Slicer stays usable.").format(step=self.local.step)
        if can_install:
            return _("Not installed yet: press Install.")
        return _("Installed.") if installed else _("Not installed on this computer.")

    def _tell(self, state: str, message: str) -> None:
        self.ui.statusLabel.text = message
        self.ui.statusDot.styleSheet = f"background-color: {_COLOURS[state]}; border-radius: 6px;"
