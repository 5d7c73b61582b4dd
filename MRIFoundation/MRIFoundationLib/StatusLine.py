"""The one line that tells how the running request goes, with its Cancel, or what else is to be known. It keeps its room."""

from __future__ import annotations

from .ScanRequests import ScanRequests


class StatusLine:
    """Binds a progress bar, a label and a button to the requests."""

    def __init__(self, bar, label, button, requests: ScanRequests):
        self._bar, self._label, self._button, self._requests = bar, label, button, requests
        self._at_rest = ""
        label.setFixedHeight(label.fontMetrics().lineSpacing())
        button.connect("clicked()", requests.cancel)
        requests.watch(self._show)
        self._show(-1.0, "")

    def rest(self, words: str) -> None:
        """Say this, rich text, while nothing runs."""
        self._at_rest = words
        if not self._requests.busy:
            self._tell(words)

    def _show(self, fraction: float, message: str) -> None:
        busy = self._requests.busy
        self._button.enabled = busy
        self._bar.maximum = 0 if busy and fraction < 0 else 100  # without an end it shows that something goes on
        self._bar.value = round(100 * max(0.0, fraction)) if busy else 0
        self._tell(message if busy else self._at_rest)

    def _tell(self, words: str) -> None:
        self._label.text = self._label.toolTip = words
