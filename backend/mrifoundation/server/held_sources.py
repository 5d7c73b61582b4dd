"""The DICOM series that clients sent for exports: headers of their patients, so in memory only, and few."""

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mrifoundation.tasks.exchange import SourceSeries

KEPT = 16


class HeldSources:
    """The last series that were sent, by the volume that each belongs to."""

    def __init__(self):
        self._held: OrderedDict[str, SourceSeries] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, volume: str, source: "SourceSeries") -> None:
        with self._lock:
            self._held[volume] = source
            self._held.move_to_end(volume)
            while len(self._held) > KEPT:
                self._held.popitem(last=False)

    def get(self, volume: str) -> "SourceSeries | None":
        with self._lock:
            return self._held.get(volume)

    def drop(self, volume: str) -> None:
        with self._lock:
            self._held.pop(volume, None)
