"""A tab whose answers are filed under the scan that they are about, since another one may be chosen before they come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import slicer
from MRIFoundationLib.ScanRequests import Listener

from mrifoundation_web.tab import Tab


class FilingTab(Tab):
    """Shows what is filed under the chosen scan, and nothing of another one. Scans are told apart by their node ids."""

    def __init__(self, server, scans, connection, requests):
        super().__init__(server, scans, connection, requests)
        self._filed: dict[str, Any] = {}
        self.state.change("scan")(lambda **_state: self.show_filed())

    def show_filed(self) -> None:
        """Show what is filed under the chosen scan, or nothing."""

    def filed(self) -> Any:
        """What is filed under the chosen scan, None where nothing is."""
        return self._filed.get(self.state.scan)

    def file(self, scan: str, answer: Any) -> None:
        """Keep the answer about a scan; it is shown now if that is the chosen one, else as soon as it is chosen."""
        self._filed[scan] = answer
        if scan == self.state.scan:
            self.show_filed()
        else:
            name = slicer.mrmlScene.GetNodeByID(scan).GetName()
            self.say(f"The answer about '{name}' has come: choose that scan to see it.")

    def listener_about(self, scan, done: Callable[[Any], None]) -> Listener:
        """A listener whose failures name the scan, a volume node, where another one is chosen by then."""
        identifier, name = scan.GetID(), scan.GetName()

        def failed(error: Exception) -> None:
            self.failed(error)
            if identifier != self.state.scan:
                self.say(f"About '{name}': {self.message}", failed=True)

        return replace(self.listener(done), failed=failed)
