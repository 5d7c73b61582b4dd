"""What a run of clients gave, in figures."""

import json
import re
import threading
import time
from pathlib import Path

import numpy as np
from traffic import Seen


class Memory(threading.Thread):
    """Resident memory of a process, asked for every second until `stop`."""

    def __init__(self, process_id: int):
        super().__init__(daemon=True)
        self._status, self._stopped = Path(f"/proc/{process_id}/status"), threading.Event()
        self.samples: list[tuple[float, float]] = []  # seconds, MB

    def run(self) -> None:
        started = time.monotonic()
        while not self._stopped.wait(1.0):
            try:
                kilobytes = int(re.search(r"VmRSS:\s+(\d+)", self._status.read_text()).group(1))
            except (OSError, AttributeError):  # the process is gone
                return
            self.samples.append((time.monotonic() - started, kilobytes * 1024 / 1e6))

    def stop(self) -> None:
        self._stopped.set()

    def told(self) -> dict:
        """First, last and largest MB, the slope of the second half in MB a minute, and the mean of every minute."""
        if len(self.samples) < 4:
            return {}
        seconds, megabytes = np.array(self.samples).T
        half = len(seconds) // 2
        slope = float(np.polyfit(seconds[half:], megabytes[half:], 1)[0]) * 60
        values = {"first": megabytes[0], "last": megabytes[-1], "largest": megabytes.max(), "slope_per_minute": slope}
        minutes = (seconds // 60).astype(int)
        by_minute = [round(float(megabytes[minutes == minute].mean())) for minute in np.unique(minutes)]
        return {name: round(float(value), 1) for name, value in values.items()} | {"by_minute": by_minute}


def figures(seen: Seen, seconds: float) -> dict:
    """The whole of what clients saw, as JSON."""
    kinds = {
        kind: {
            "done": len(took),
            "p50_s": round(float(np.percentile(took, 50)), 2),
            "p95_s": round(float(np.percentile(took, 95)), 2),
        }
        for kind, took in sorted(seen.seconds.items())
    }
    return {
        "seconds": round(seconds),
        "kinds": kinds,
        "jobs": seen.tickets,
        "lost": seen.lost,
        "busy_429": sum(n for (_, status), n in seen.answers.items() if status == 429),
        "errors": seen.errors(),
        "interrupted": dict(seen.interrupted),
        "notes": dict(seen.notes),
    }


def show(told: dict) -> None:
    print(json.dumps(told, indent=1))
