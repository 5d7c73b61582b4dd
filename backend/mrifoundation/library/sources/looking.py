"""How far looking through sources is, and whether it goes on: a large archive takes minutes to list."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from mrifoundation.errors import Cancelled

TELL_EVERY = 0.5  # seconds


@dataclass(eq=False)
class Looking:
    """progress(stage, fraction, message); cancel() → True stops at the file at hand."""

    progress: Callable[[str, float, str], None] = lambda stage, fraction, message: None
    cancel: Callable[[], bool] = lambda: False
    _told: float = field(default=0.0, init=False)

    def at(self, number: int, what: str, total: int | None = None) -> None:
        """Tell now and then which file (`what`: "file", "series") it is at. Raises Cancelled."""
        if self.cancel():
            raise Cancelled("Looking for scans was cancelled.")
        if time.monotonic() - self._told >= TELL_EVERY:
            self._told = time.monotonic()
            message = f"Looking for scans: {what} {number}" + (f" of {total}." if total else ".")
            self.progress("find", number / total if total else 0.0, message)
