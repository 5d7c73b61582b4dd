"""Does a contour survive everything? Random marks, undos, redos and restarts of either side in a row, as many as wanted.

    python Testing/reliability/endure_edits.py [--steps 1000] [--seed 0] [--weights FOLDER] [--json]

A client keeps every contour that it was ever answered. After each step the service must tell the same position and number of steps, after
each restart the same contour. The service is killed (kill -9) between requests and in the middle of them: a mark that was not answered may
be there or not, one that was answered must be; some kills leave a piece of a step in the file. The client forgets all but the names of scan
and contour. At the end everything is undone and redone, step by step. Exit code 0 when nothing was lost.
"""

import argparse
import contextlib
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import requests

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from forked_service import ForkedService

MARK = b"MFJ1"  # with which every step begins in a journal
SHAPE = (48, 44, 40)
ACTIONS = {
    "mark": 50,
    "undo": 18,
    "redo": 14,
    "smooth": 4,
    "killed": 4,
    "killed at work": 4,
    "killed in a write": 4,
    "client restarted": 6,
}


class Lost(Exception):
    """An edit was lost."""


class History:
    """Every contour so far, packed; `position`: how many steps hold now."""

    def __init__(self):
        self._masks, self.position = [np.packbits(np.zeros(SHAPE, bool))], 0

    @property
    def steps(self) -> int:
        return len(self._masks) - 1

    def mask(self, position: int) -> np.ndarray:
        return np.unpackbits(self._masks[position], count=int(np.prod(SHAPE))).astype(bool).reshape(SHAPE)

    def add(self, mask: np.ndarray) -> None:
        """One step more; what was undone is forgotten."""
        self._masks[self.position + 1 :] = [np.packbits(mask)]
        self.position += 1


class Person:
    """Draws one contour on one scan, through a service that may be gone at any moment."""

    def __init__(self, weights: str, folder: Path, seed: int):
        self._weights, self._folder = weights, folder
        self._random = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.history = History()
        self._service = self._started()
        voxels = np.random.default_rng(seed).normal(100, 8, SHAPE)
        for middle, radius in (((14, 20, 20), 9), ((34, 24, 18), 7)):
            away = np.indices(SHAPE).transpose(1, 2, 3, 0) - middle
            voxels[np.linalg.norm(away, axis=-1) <= radius] += 150
        self._volume = self._service.send(voxels.astype(np.int16), np.diag([-1.5, 1.5, 2.0, 1.0])).json()["id"]
        answer = self._post("", {"profile": "fast", "marks": [self._drawn()], "name": "endured"})
        self._contour = json.loads(answer.headers["X-Contour"])["segment"]
        self._shown = np.zeros(SHAPE, bool)
        self._apply(answer)
        self.history.add(self._shown)

    def step(self) -> None:
        """Do something at random, and see that nothing was lost by it."""
        action = self._random.choices(list(ACTIONS), ACTIONS.values())[0]
        self.done[action] += 1
        getattr(self, "_" + action.replace(" ", "_"))()
        self._compare()

    def go_back_and_forth(self) -> None:
        """Undo everything, then redo everything."""
        while self.history.position > 0:
            self._undo()
        while self.history.position < self.history.steps:
            self._redo()
        self._fetch()

    def stop(self) -> None:
        self._service.process.kill()
        self._service.process.wait()

    def _mark(self) -> None:
        self._took(self._post("", self._one_mark()))

    def _one_mark(self) -> dict:
        return {"segment": self._contour, "marks": [self._drawn()]}

    def _drawn(self) -> dict:
        draw = self._random
        place = [draw.randrange(4, n - 4) for n in SHAPE]
        kind = draw.choices(["point", "scribble", "lasso", "box"], [70, 15, 10, 5])[0]
        around = [[p + draw.randint(-4, 4) for p in place] for _ in range(3)]
        points = {"point": [place], "scribble": around[:2], "box": around[:2]}.get(kind)
        if kind == "lasso":
            points = [[*corner[:2], place[2]] for corner in around]
        return {"kind": kind, "points": points, "positive": draw.random() < 0.6, "space": "index"}

    def _smooth(self) -> None:
        wanted = {"operations": [{"kind": "smooth", "mm": 2.0}]}
        self._took(self._post(f"/{self._contour}/edit", wanted))

    def _undo(self) -> None:
        self._went("undo", -1)

    def _redo(self) -> None:
        self._went("redo", +1)

    def _went(self, way: str, by: int) -> None:
        target = self.history.position + by
        answer = self._post(f"/{self._contour}/{way}", None, may_refuse=not 0 <= target <= self.history.steps)
        if answer.status_code == 422:
            return
        self._apply(answer)
        self.history.position = target
        if not np.array_equal(self._shown, self.history.mask(target)):
            raise Lost(f"{way} to step {target} of {self.history.steps} gave another contour than before")

    def _killed(self) -> None:
        self.stop()
        self._service = self._started()
        self._fetch()

    def _killed_at_work(self) -> None:
        """A mark on its way when the service is killed: afterwards it is there whole, or not at all."""
        url, wanted = f"{self._service.url}/v1/volumes/{self._volume}/refine", self._one_mark()
        answers: list[requests.Response] = []

        def ask() -> None:
            with contextlib.suppress(requests.RequestException):  # the service was killed first
                answers.append(requests.post(url, json=wanted, headers=self._service.headers, timeout=60))

        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(self._random.uniform(0, 0.1))
        self.stop()
        asking.join()
        self._service = self._started()
        if answers:
            self._took(answers[0])
        elif self._told()["position"] == self.history.position + 1:
            self._shown = self._whole()
            self.history.add(self._shown)
        self._fetch()

    def _killed_in_a_write(self) -> None:
        """A piece of a step stands at the end of the journal, as a kill between two blocks on the disk leaves it."""
        self.stop()
        [journal] = self._folder.rglob("*.journal")
        content = journal.read_bytes()
        last = content.rindex(MARK)
        with open(journal, "ab") as file:
            file.write(content[last : self._random.randrange(last + 1, len(content))])
        self._service = self._started()
        self._fetch()

    def _client_restarted(self) -> None:
        """The client knows no more than names; what the service gives must be what was seen before."""
        self._shown = np.zeros(SHAPE, bool)
        [one] = self._service.get(f"/v1/volumes/{self._volume}/refine").json()["segments"]
        self._contour = one["segment"]
        self._fetch()

    def _took(self, answer: requests.Response) -> None:
        before = self._shown.copy()
        self._apply(answer)
        position = json.loads(answer.headers["X-Contour"])["position"]
        if position == self.history.position + 1:
            self.history.add(self._shown)
        elif position != self.history.position or not np.array_equal(before, self._shown):
            raise Lost(f"a step led from position {self.history.position} to {position}")

    def _compare(self) -> None:
        told = self._told()
        if (told["position"], told["steps"]) != (self.history.position, self.history.steps):
            raise Lost(f"the service is at {told['position']} of {told['steps']} steps, the client saw "
                       f"{self.history.position} of {self.history.steps}")  # fmt: skip

    def _fetch(self) -> None:
        self._shown = self._whole()
        if not np.array_equal(self._shown, self.history.mask(self.history.position)):
            raise Lost(f"the contour of step {self.history.position} is another one")

    def _whole(self) -> np.ndarray:
        whole = np.zeros(SHAPE, bool)
        _put(whole, self._service.get(f"/v1/volumes/{self._volume}/refine/{self._contour}/labels"))
        return whole

    def _told(self) -> dict:
        return self._service.get(f"/v1/volumes/{self._volume}/refine/{self._contour}").json()

    def _post(self, path: str, wanted: dict | None, may_refuse: bool = False) -> requests.Response:
        answer = self._service.post(f"/v1/volumes/{self._volume}/refine{path}", json=wanted)
        if answer.status_code != 200 and not (may_refuse and answer.status_code == 422):
            raise Lost(f"the service answered {answer.status_code}: {answer.text}")
        return answer

    def _apply(self, answer: requests.Response) -> None:
        _put(self._shown, answer)

    def _started(self) -> ForkedService:
        service = ForkedService(self._weights, self._folder / "cache")
        service.wait_until_ready()
        return service


def _put(mask: np.ndarray, answer: requests.Response) -> None:
    geometry = json.loads(answer.headers["X-Geometry"])
    box = tuple(slice(a, a + n) for a, n in zip(geometry["start"], geometry["shape"], strict=True))
    mask[box] = np.frombuffer(answer.content, np.uint8).reshape(geometry["shape"])


def measure(folder: Path, weights: str, steps: int, seed: int) -> dict:
    """What was done, and what was lost: "" for nothing."""
    person, lost, started = Person(weights, folder, seed), "", time.monotonic()
    try:
        for number in range(steps):
            person.step()
            if number % 50 == 49:
                print(
                    f"{number + 1} steps, {time.monotonic() - started:.0f} s, nothing lost.",
                    file=sys.stderr,
                    flush=True,
                )
        person.go_back_and_forth()
    except Lost as error:
        lost = str(error)
    finally:
        person.stop()
    done = {"steps": steps, "seed": seed, "done": dict(person.done), "history": person.history.steps}
    return done | {"seconds": round(time.monotonic() - started, 1), "lost": lost}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--weights", default="", help="folder of weights instead of the shipped ones")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    wanted = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), wanted.weights, wanted.steps, wanted.seed)
    print(json.dumps(found) if wanted.json else "\n".join(f"{name}: {value}" for name, value in found.items()))
    return 1 if found["lost"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
