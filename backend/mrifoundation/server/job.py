"""One piece of long work and what is known of it; watched from the event loop, cancelled or parked between steps."""

import asyncio
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Collection, Generator
from contextlib import suppress
from typing import Any

from opentelemetry.context import get_current

from mrifoundation.engine.job_file import FINISHED, LISTS_FILES, named_in
from mrifoundation.errors import Cancelled, InputError
from mrifoundation.sendable import sendable
from mrifoundation.server.asked import BATCH, Asked
from mrifoundation.server.kept_result import size_of
from mrifoundation.server.logs import request_id
from mrifoundation.server.memory import OUT_OF_MEMORY, is_out_of_memory

log = logging.getLogger(__name__)

WAITING = "Waiting for its turn."
TAKEN_UP = "The service was restarted; this is taken up again."
PARKED = "The service is stopping; this goes on when it runs again."

Record = Callable[["Job"], None]


class Job:
    """state, stage, fraction 0–1, message, error, notes, result, and the request that it comes from.

    `progress` and `cancelled` have the form that the engine expects of its `progress` and `cancel` arguments.
    """

    def __init__(self, work: Callable[["Job"], Any] | None, asked: Asked | None = None, record: Record | None = None):
        """work: None where it is still to be taken up. record: hears every new state."""
        self.id = secrets.token_hex(8)
        self.version = 0
        self.begun = 0  # how often the service went down while it was at work, or is at it now; nothing may take it down for ever
        asked = asked or Asked()
        self.kind, self.client, self.path, self.body = asked.kind, asked.client, asked.path, asked.body
        self.about = named_in(self.path.encode(), bytes(self.body))  # scans and cases
        self.forgotten = False  # nothing more of it is to be written down
        self.request_id = request_id.get()
        self.seconds = 0.0  # from being asked for, or taken up again, to the end
        self.asked, self.ticks = (
            time.time(),
            time.monotonic(),
        )  # when it was asked for, by the clock on the wall and the computer's own
        self._submitted = self.ticks
        self.trace = get_current()  # of OpenTelemetry: which request it is part of
        self.stages: list[tuple[str, int]] = []  # each with when it began, nanoseconds since 1970
        self.size = 0  # bytes of what it gave
        self._result: Any = None
        self._fetch: Callable[[], Any] | None = None
        self._work = work
        self._record = record
        self._steps: Generator[bool | None, None, Any] | None = None
        self._lock = threading.Lock()
        self._cancel = threading.Event()
        self._parking = False
        self._known = {
            "state": "queued",
            "stage": "",
            "fraction": 0.0,
            "message": WAITING,
            "error": None,
            "notes": [],
        }
        self._watchers: set[Callable[[], None]] = set()
        self.memory_ran_out = False  # since whoever runs it looked last

    @classmethod
    def restored(
        cls, job_id: str, asked: Asked, known: dict, begun: int, fetch: Callable[[], Any], size: int, record: Record
    ):
        """A job of before a restart: finished, with a result that is fetched when it is asked for, or still to be taken up."""
        job = cls(None, asked, record)
        job.id, job.begun, job._fetch, job.size = job_id, begun, fetch, size
        job._known |= known
        if not job.finished:
            job._known |= {"state": "queued", "message": TAKEN_UP}
        return job

    @property
    def state(self) -> str:
        return self._known["state"]

    @property
    def finished(self) -> bool:
        return self.state in FINISHED

    @property
    def is_batch(self) -> bool:
        return self.kind in BATCH

    @property
    def result(self) -> Any:
        given = self._result
        if given is None and self._fetch and self.state == "done":
            given = self._fetch()
        return given

    @property
    def held(self) -> Any:
        """What it gave as far as it is in memory; None where it would have to be fetched."""
        return self._result

    def let_go(self, fetch: Callable[[], Any]) -> None:
        """Hold what it gave no longer in memory; `fetch` gives it when it is asked for."""
        self._fetch = fetch  # first, for another thread may be asking
        self._result = None

    def snapshot(self) -> dict:
        """The object that the service sends for this job."""
        return {"id": self.id, **self._known}

    def progress(self, stage: str, fraction: float, message: str) -> None:
        """Tell watchers how far the work is; `fraction` is cut to 0–1."""
        if stage != self._known["stage"]:
            self.stages.append((stage, time.time_ns()))
        self._change(stage=stage, fraction=round(min(max(float(fraction), 0.0), 1.0), 4), message=message)

    def note(self, sentence: str) -> None:
        """Something that the one who asked should know of the answer."""
        self._change(notes=[*self._known["notes"], sentence])

    def cancelled(self) -> bool:
        return self._cancel.is_set()

    def cancel(self) -> None:
        """Ask the work to stop: at once when it is still queued, else at its next step."""
        self._cancel.set()
        if self.state == "queued":
            self._change(state="cancelled", message="Cancelled before it began.")

    def tells_of(self, traces: Collection[str]) -> bool:
        """Whether it was asked about one of these scans or cases, or its result, as far as it is in memory, names one, or it is over and
        lists files."""
        if not self.about.isdisjoint(traces) or (self.kind == LISTS_FILES and self.finished):
            return True
        told = json.dumps(getattr(self._result, "result", None), default=str)
        return any(trace in told for trace in traces)

    @property
    def has_work(self) -> bool:
        return self._work is not None

    def take_up(self, work: Callable[["Job"], Any]) -> None:
        """Give a restored job its work again."""
        self._work = work

    def give_up(self, reason: str) -> None:
        """End without a result, for `reason`."""
        self._change(state="failed", message="", error=reason)

    def park(self) -> None:
        """Ask running work to stop at its next step, to be taken up again by the next service."""
        self._parking = True
        self._cancel.set()

    def tell(self, message: str) -> None:
        self._change(message=message)

    def run(self) -> None:
        """Do the work, or its next step, on the calling thread; every outcome but a step that leaves more to do ends in a finished
        state or parked, none raises."""
        if self.finished:
            return
        request_id.set(self.request_id)
        try:
            if self._advance():
                return
        except Cancelled:
            self._stopped()
        except InputError as error:
            self.give_up(str(error))
        except BaseException as error:
            # Not only an Exception: a panic in Rust is none, and must not end the thread either.
            if is_out_of_memory(error):
                self.memory_ran_out = True
                self.give_up(OUT_OF_MEMORY)
            else:
                log.exception("job %s failed", self.id)
                self.give_up(_our_fault(error))
        else:
            self.size = size_of(self._result)
            self._change(state="done", fraction=1.0, message=" ".join(["Done.", *self._known["notes"]]))
        self._work = self._steps = None  # a kept job must not keep the scan it worked on

    def _advance(self) -> bool:
        """Begin, or go on with the next step; whether there is more to do."""
        self.begun += 1
        if self._steps is not None:
            self._write_down()
        else:
            self._change(state="running", message="Started.")
            given = self._work(self)
            if not isinstance(given, Generator):
                self._result = given
                return False
            self._steps = given
        try:
            got_on = next(self._steps)
        except StopIteration as end:
            self._result = end.value
            return False
        self.begun = 0 if got_on else self.begun - 1
        self._write_down()
        return True

    def _write_down(self) -> None:
        if self._record:
            self._record(self)

    def _stopped(self) -> None:
        if self._parking:
            self.begun -= 1
            self._change(state="queued", message=PARKED)
        else:
            self._change(state="cancelled", message="Cancelled.")

    async def wait_for_change(self, seen: int, seconds: float) -> None:
        """Return when `version` is no longer `seen`, when the job is finished, or after `seconds`."""
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(changed.set)

        with self._lock:
            if self.version != seen or self.finished:
                return
            self._watchers.add(wake)
        try:
            await asyncio.wait_for(changed.wait(), seconds)
        except TimeoutError:
            pass
        finally:
            with self._lock:
                self._watchers.discard(wake)

    def _change(self, **fields: Any) -> None:
        with self._lock:
            if self.finished:
                return
            told = {name: sendable(value) if isinstance(value, str) else value for name, value in fields.items()}
            self._known = {**self._known, **told}
            self.version += 1
            watchers = list(self._watchers)
            if self.finished:
                self.seconds = time.monotonic() - self._submitted
                self.body = bytearray()  # what was asked is not kept longer than it is needed
        if self.finished:
            told = {"job": self.id, "kind": self.kind, "outcome": self.state, "seconds": round(self.seconds, 4)}
            log.info("job", extra={"told": told})
        if "state" in fields and self._record:
            self._record(self)
        for wake in watchers:
            with suppress(RuntimeError):  # the watcher's event loop has closed meanwhile
                wake()


def _our_fault(error: Exception) -> str:
    return f"The backend failed on this request ({type(error).__name__}); a fault of the program, its log says more."
