"""Requests that no key of ours came with, counted: whoever tries keys by the thousand must not fill the audit trail's disk."""

import threading
from collections import Counter

EVERY = 60.0  # seconds in which one address is written down at most once
TOLD_APART = 200  # addresses in that time; all others count as one
OTHERS = ""


class Strangers:
    """Those that were refused within the last minute, by address."""

    def __init__(self):
        self._since: dict[str, float] = {}
        self._more: Counter[str] = Counter()
        self._lock = threading.Lock()

    def is_new(self, address: str, now: float) -> bool:
        """Whether this one is to be written down at once; if not, it is counted. now: seconds of a clock that never goes back."""
        with self._lock:
            if address not in self._since and len(self._since) >= TOLD_APART:
                address = OTHERS
            if address in self._since:
                self._more[address] += 1
                return False
            self._since[address] = now
            return True

    def due(self, now: float) -> list[int]:
        """How many more came from each address whose minute is over; they are forgotten."""
        with self._lock:
            over = [address for address, since in self._since.items() if now - since >= EVERY]
            for address in over:
                del self._since[address]
            return [count for address in over if (count := self._more.pop(address, 0))]
