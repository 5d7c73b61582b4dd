"""Clients that ask a running service for mixed work, as long as they are let, and note what became of every request."""

import itertools
import json
import threading
import time
import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import numpy as np
import requests

SHAPE = (96, 112, 88)
AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])
PROMPTS = ("brainstem", "cerebellum", "left hippocampus", "right thalamus")
GRACE = 60.0  # seconds for which what was begun is followed when the time is over
MIX = {"segment": 6, "search": 3, "encode": 2, "refused": 1}  # what is asked for, how often


@dataclass
class Seen:
    """What clients saw. seconds: by kind, from asking to having the answer. lost: jobs that ended without an answer, with the reason."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    answers: Counter = field(default_factory=Counter)  # (kind, status) of answers other than success
    lost: list[str] = field(default_factory=list)
    tickets: int = 0
    interrupted: Counter = field(default_factory=Counter)  # connections that broke, by what was being done
    notes: Counter = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def errors(self) -> dict:
        """Answers that are neither a success, nor 429, nor the 422 that was asked for."""
        return {f"{kind} {status}": n for (kind, status), n in self.answers.items() if status not in (422, 429)}


def head(number: int) -> np.ndarray:
    """int16 [i, j, k]: an ellipsoid with a texture of its own, so that every number is another scan."""
    random = np.random.default_rng(number)
    i, j, k = np.meshgrid(*(np.linspace(-1.2, 1.2, n) for n in SHAPE), indexing="ij")
    phase = random.uniform(0, 6, 3)
    tissue = 400 + 300 * np.sin(5 * i + phase[0]) * np.cos(4 * j + k + phase[1]) * np.cos(3 * k + phase[2])
    inside = i**2 + j**2 + k**2 < 1
    return np.where(inside, tissue + random.normal(0, 15, SHAPE), random.normal(20, 8, SHAPE)).clip(0).astype(np.int16)


class Client(threading.Thread):
    """One client. patience: seconds for which a service that does not answer may come back."""

    numbers = itertools.count(1000)

    def __init__(self, name: str, url: str, key: str, seen: Seen, until: float, patience: float = 0.0):
        super().__init__(name=name, daemon=True)
        self._url, self._seen, self._until, self._patience = url, seen, until, patience
        self._session = requests.Session()
        self._session.headers.update({"Authorization": f"Bearer {key}", "Accept-Encoding": "gzip"})
        self._random = np.random.default_rng(zlib.crc32(name.encode()))
        self._scan = head(int(self._random.integers(0, 8)))
        self._volume: str | None = None

    def run(self) -> None:
        kinds, often = list(MIX), np.array(list(MIX.values())) / sum(MIX.values())
        while time.monotonic() < self._until:
            kind = str(self._random.choice(kinds, p=often))
            started = time.monotonic()
            if getattr(self, f"_{kind}")():
                with self._seen.lock:
                    self._seen.seconds[kind].append(time.monotonic() - started)

    def _segment(self) -> bool:
        prompts = list(self._random.choice(PROMPTS, 2, replace=False))
        job = self._ticket("segment", f"/v1/volumes/{self._held()}/segment", {"prompts": prompts, "profile": "fast"})
        return self._followed("segment", job, "/labels")

    def _search(self) -> bool:
        job = self._ticket("search", "/v1/search", {"volume": self._held(), "profile": "fast", "k": 3})
        return self._followed("search", job, "/result")

    def _encode(self) -> bool:
        """Of a scan that nobody has sent before."""
        volume = self._sent(head(next(self.numbers)))
        profile = str(self._random.choice(["fast", "standard"]))
        return self._followed(
            "encode", self._ticket("encode", f"/v1/volumes/{volume}/encode", {"profile": profile}), None
        )

    def _refused(self) -> bool:
        """What cannot be used must be refused, whatever else goes on."""
        answer = self._asked("refused", "POST", "/v1/volumes", data=b"no scan", headers={"X-Filename": "scan.nii.gz"})
        return answer is not None and answer.status_code == 422

    def _held(self) -> str:
        if self._volume is None:
            self._volume = self._sent(self._scan)
        return self._volume

    def _sent(self, voxels: np.ndarray) -> str | None:
        geometry = {"shape": SHAPE, "dtype": "int16", "affine": AFFINE.tolist(), "name": "scan"}
        headers = {"X-Geometry": json.dumps(geometry)}
        answer = self._asked("send", "POST", "/v1/volumes", data=voxels.tobytes(), headers=headers)
        return answer.json()["id"] if answer is not None and answer.ok else None

    def _ticket(self, kind: str, path: str, wanted: dict) -> str | None:
        answer = self._asked(kind, "POST", path, json=wanted)
        if answer is None or not answer.ok:
            if answer is not None and answer.status_code == 404:
                self._volume = None  # sent again next time
            return None
        with self._seen.lock:
            self._seen.tickets += 1
        return answer.json()["job"]

    def _followed(self, kind: str, job: str | None, result: str | None) -> bool:
        """Whether the job gave its answer."""
        if job is None:
            return False
        while True:
            answer = self._asked(kind, "GET", f"/v1/jobs/{job}?wait=20")
            if answer is None or not answer.ok:
                return self._lost(kind, "nobody knows the job" if answer is not None else "the service stayed away")
            state = answer.json()
            if state["state"] in ("failed", "cancelled"):
                return self._lost(kind, state["error"] or state["state"])
            if state["state"] == "done":
                break
        with self._seen.lock:
            self._seen.notes.update(state["notes"])
        answer = self._asked(kind, "GET", f"/v1/jobs/{job}{result}") if result else answer
        return (answer is not None and answer.ok) or self._lost(kind, "the answer cannot be fetched")

    def _lost(self, kind: str, why: str) -> bool:
        with self._seen.lock:
            self._seen.lost.append(f"{kind}: {why}")
        return False

    def _asked(self, kind: str, method: str, path: str, **what) -> requests.Response | None:
        """The answer; after 429 and 503 asked again when the service said to; None when it stayed away for longer than our patience."""
        away_since = None
        while True:
            try:
                answer = self._session.request(method, self._url + path, timeout=120, **what)
            except requests.RequestException:
                with self._seen.lock:
                    self._seen.interrupted[kind] += 1
                away_since = away_since or time.monotonic()
                if time.monotonic() - away_since > self._patience:
                    return None
                time.sleep(0.2)
                continue
            if not answer.ok:
                with self._seen.lock:
                    self._seen.answers[kind, answer.status_code] += 1
            if answer.status_code in (429, 503) and time.monotonic() < self._until + max(self._patience, GRACE):
                time.sleep(min(5.0, float(answer.headers.get("Retry-After", 1))))
                continue
            return answer
