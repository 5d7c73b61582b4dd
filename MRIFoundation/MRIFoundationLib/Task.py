"""Work on threads of its own, whose reports wait until the main thread takes them. No Qt, no MRML."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any

from .Failures import Cancelled


class Task:
    """One piece of work. Its callbacks run in the main thread; after `cancel` none of them but `on_cancelled`
    is called."""

    def __init__(self, work: Callable[[Task], Any], on_done, on_failed, on_progress=None, on_cancelled=None):
        self._work = work
        self._callbacks = {"done": on_done, "failed": on_failed, "progress": on_progress, "cancelled": on_cancelled}
        self._cancel = threading.Event()
        self._reports: queue.Queue = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="MRIFoundation", daemon=True)
        self.finished = False

    def progress(self, stage: str, fraction: float, message: str) -> None:
        """To be called by the work: how far it is."""
        self._reports.put(("progress", (stage, fraction, message)))

    def cancelled(self) -> bool:
        """To be asked by the work between its steps."""
        return self._cancel.is_set()

    def cancel(self) -> None:
        """Give up the work now; its thread ends by itself at its next step, and nothing of it is reported any more."""
        if self.finished:
            return
        self._cancel.set()
        self._end("cancelled", ())

    def start(self) -> None:
        """Begin the work on its thread."""
        self._thread.start()

    @property
    def at_rest(self) -> bool:
        """Whether nothing of it is left: its outcome delivered and its thread, which a cancel outlives, ended."""
        return self.finished and not self._thread.is_alive()

    def _run(self) -> None:
        try:
            outcome = ("done", (self._work(self),))
        except Cancelled:
            outcome = ("cancelled", ())
        except Exception as error:
            if self.cancelled():
                logging.debug("the cancelled work ended with: %s", error)
            outcome = ("failed", (error,))
        self._reports.put(outcome)

    def deliver(self) -> None:
        """In the main thread: hand over what was reported since the last time."""
        while not self.finished:
            try:
                kind, arguments = self._reports.get_nowait()
            except queue.Empty:
                return
            if kind != "progress":
                self._end(kind, arguments)
            elif self._callbacks["progress"]:
                self._callbacks["progress"](*arguments)

    def _end(self, kind: str, arguments: tuple) -> None:
        self.finished = True
        if self._callbacks[kind]:
            self._callbacks[kind](*arguments)


class TaskRunner:
    """Runs tasks, each on a thread of its own so that a backend that hangs blocks only the task that asked it.

    What calls `drain` in the main thread while there is work is a matter of the event loop there: `Worker` has Qt's.
    """

    def __init__(self):
        self._tasks: list[Task] = []

    def start(self, task: Task) -> Task:
        """Begin a task; to be called in the main thread."""
        self._tasks.append(task)
        task.start()
        return task

    def cancel_all(self) -> None:
        """Give up everything, as when the module goes away; what is begun on hearing of a cancel is given up too."""
        while unfinished := [task for task in self._tasks if not task.finished]:
            for task in unfinished:
                task.cancel()

    def drain(self) -> None:
        """In the main thread: deliver what the tasks reported."""
        try:
            for task in list(self._tasks):
                task.deliver()
        finally:
            self._tasks = [task for task in self._tasks if not task.at_rest]

    @property
    def idle(self) -> bool:
        """Whether there is nothing left to deliver."""
        return not self._tasks
