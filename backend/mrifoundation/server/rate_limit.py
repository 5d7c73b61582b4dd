"""How many requests a minute one client may send: far more than a person's work makes, far fewer than a program gone wrong."""

import os
import threading
from collections import OrderedDict

from mrifoundation.errors import InputError

USUAL = 3000  # requests a minute; scrolling a gallery with all its thumbnails makes a few hundred
SHARING = 10  # times as many for one key from all its addresses: a ward may share it, a program may not multiply it by its addresses
_REMEMBERED = 10_000  # clients


def requests_per_minute() -> int:
    """$MRIFOUNDATION_REQUESTS_PER_MINUTE (0 or `off`: no limit), else USUAL. Raises InputError when it is no such number."""
    text = os.environ.get("MRIFOUNDATION_REQUESTS_PER_MINUTE", str(USUAL)).strip().lower()
    if text == "off":
        return 0
    if not text.isdecimal() or len(text) > 9:
        raise InputError(f"MRIFOUNDATION_REQUESTS_PER_MINUTE is '{text[:40]}'; give a whole number, or 0 for no limit.")
    return int(text)


class RateLimit:
    """A bucket of tokens for each client: a minute's worth when full, filled again evenly."""

    def __init__(self, per_minute: int):
        """per_minute: 0 for no limit."""
        self.per_minute = per_minute
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when that was so
        self._lock = threading.Lock()

    def wait(self, client: str, now: float, times: int = 1) -> float:
        """Take a token; gives 0, or the seconds until there is one when there is none. now: seconds of a clock that never goes back.
        times: how many clients this one stands for."""
        if not self.per_minute:
            return 0.0
        full = self.per_minute * times
        with self._lock:
            tokens, then = self._buckets.pop(client, (float(full), now))
            tokens = min(full, tokens + (now - then) * full / 60)
            granted = tokens >= 1
            self._buckets[client] = (tokens - granted, now)
            if len(self._buckets) > _REMEMBERED:
                self._buckets.popitem(last=False)
        return 0.0 if granted else (1 - tokens) * 60 / full
