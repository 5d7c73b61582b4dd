"""Work beside the GUI: threads do the waiting, a timer brings what they report back into the main thread.

An idle Slicer holds Python's lock inside Qt's event loop, where no thread gets it. The 10 ms timer, which runs while
there is work, both delivers the reports and lets the threads have the lock in between.
"""

from __future__ import annotations

import qt

from .Task import Task, TaskRunner

DRAIN_MILLISECONDS = 10


class Worker(TaskRunner):
    """Runs tasks beside Qt's event loop."""

    def __init__(self):
        super().__init__()
        self._timer = qt.QTimer()
        self._timer.setInterval(DRAIN_MILLISECONDS)
        self._timer.connect("timeout()", self._drain)

    def start(self, task: Task) -> Task:
        super().start(task)
        self._timer.start()
        return task

    def _drain(self) -> None:
        try:
            self.drain()
        finally:
            if self.idle:
                self._timer.stop()
