"""The Backend section driven as a person would: to another machine and back, start and stop, a repair that is thought better of."""

from backend_process import free_port


def connect(widget, url: str) -> None:
    """To the service at `url`, as one of this computer."""
    ui = unfolded(widget)
    ui.otherMachineBox.checked = False
    ui.addressLine.text = url
    ui.testButton.click()


def try_another_machine(widget, url: str) -> None:
    """The same service as one that wants the key of another machine, which is mistyped."""
    ui = unfolded(widget)
    ui.otherMachineBox.checked = True
    ui.addressLine.text, ui.keyLine.text = url, "a key of somewhere else"
    ui.testButton.click()


def start(widget, _url: str) -> None:
    """One of this computer, on a port that is free."""
    ui = unfolded(widget)
    if widget.backendPanel.local.doing:
        return
    ui.otherMachineBox.checked = False
    ui.addressLine.text = f"http://127.0.0.1:{free_port()}"
    ui.addressLine.editingFinished.emit()
    ui.startButton.click()


def stop(widget, _url: str) -> None:
    """Also one that has only just been started."""
    ui = unfolded(widget)
    if widget.backendPanel.local.doing and ui.startButton.visible:
        ui.startButton.click()


def ask_for_a_repair(widget, _url: str) -> None:
    """What it would do is worked out; whether the person waits for that is left open."""
    ui = unfolded(widget)
    if ui.repairButton.visible:
        ui.repairButton.click()


def refuse_the_repair(widget, url: str) -> None:
    ask_for_a_repair(widget, url)
    ui = unfolded(widget)
    if ui.declineButton.visible:
        ui.declineButton.click()


def unfolded(widget):
    """The widgets of the section, which is before the person."""
    widget.ui.backendSection.collapsed = False
    return widget.backendPanel.ui


ACTS = (connect, try_another_machine, start, stop, ask_for_a_repair, refuse_the_repair)
