"""A backend in a process of its own on a free loopback port, asked over HTTP just as the Slicer module asks it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import requests

from mrifoundation.errors import InputError, MRIFoundationError
from mrifoundation.server.key import new_key
from mrifoundation.volume import Scan

Progress = Callable[[str, float, str], None]
PATIENCE = 600.0  # seconds for the model to load


class BackendFailed(MRIFoundationError):
    """The backend that was started does not answer as it should."""


class LocalBackend:
    """Starts on entering the context, stops on leaving it."""

    def __init__(self, weights: Path | None = None):
        self.key = new_key()
        self._weights = weights
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy stands between this computer and itself
        self._session.headers["Authorization"] = f"Bearer {self.key}"
        self._process: subprocess.Popen | None = None
        self.url = ""

    def __enter__(self) -> "LocalBackend":
        command = [sys.executable, "-m", "mrifoundation", "serve", "--host", "127.0.0.1", "--port", "0"]
        if self._weights:
            command += ["--weights", str(self._weights)]
        environment = {**os.environ, "MRIFOUNDATION_KEY": self.key, "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        greeting = self._process.stdout.readline()
        if "http://" not in greeting:
            self.stop()
            raise BackendFailed("the backend did not start")
        self.url = "http://" + greeting.split("http://")[1].split(";")[0]
        return self

    def __exit__(self, *about: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop the process; killed when it does not stop by itself."""
        self._session.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def wait_until_ready(self, progress: Progress) -> None:
        """Return when the model is loaded; raises InputError when it cannot be."""
        started = time.monotonic()
        while (health := self._json("GET", "/v1/health"))["status"] == "loading":
            progress("load", 0.0, health["message"])
            if time.monotonic() - started > PATIENCE:
                raise BackendFailed("the model did not load in time")
            time.sleep(0.1)
        if health["status"] == "failed":
            raise InputError(health["message"])

    def learned(self, names: Sequence[str]) -> list[str]:
        """Those of `names` that the model has learned; where it knows none of them, the first twelve it has learned."""
        known = [structure["name"] for structure in self._json("GET", "/v1/info")["structures"] if structure["known"]]
        return [name for name in names if name in known] or known[:12]

    def segment(self, scan: Scan, prompts: list[str], profile: str, progress: Progress) -> tuple[dict, np.ndarray]:
        """The table (as /result gives it) and the label map on the scan's grid."""
        geometry = {"shape": scan.shape, "dtype": "float32", "affine": scan.affine.tolist(), "name": scan.name[:200]}
        voxels = np.ascontiguousarray(scan.voxels, "<f4")
        volume = self._json("POST", "/v1/volumes", data=voxels.tobytes(), headers={"X-Geometry": json.dumps(geometry)})
        wanted = {"prompts": prompts, "profile": profile}
        job = self._json("POST", f"/v1/volumes/{volume['id']}/segment", json=wanted)["job"]
        while (state := self._json("GET", f"/v1/jobs/{job}?wait=20"))["state"] in ("queued", "running"):
            progress(state["stage"], state["fraction"], state["message"])
        if state["state"] != "done":
            raise InputError(state["error"] or "The segmentation was cancelled.")
        return self._json("GET", f"/v1/jobs/{job}/result"), self._labels(job)

    def _labels(self, job: str) -> np.ndarray:
        response = self._send("GET", f"/v1/jobs/{job}/labels")
        geometry = json.loads(response.headers["X-Geometry"])
        labels = np.zeros(geometry["full_shape"], geometry["dtype"])
        box = tuple(slice(start, start + n) for start, n in zip(geometry["start"], geometry["shape"], strict=True))
        labels[box] = np.frombuffer(response.content, geometry["dtype"]).reshape(geometry["shape"])
        return labels

    def _json(self, method: str, path: str, **options: object) -> dict:
        return self._send(method, path, **options).json()

    def _send(self, method: str, path: str, **options: object) -> requests.Response:
        try:
            response = self._session.request(method, self.url + path, timeout=120, **options)
        except requests.RequestException as error:
            raise BackendFailed(f"the backend does not answer: {type(error).__name__}") from error
        if response.status_code == 422:
            raise InputError(response.json()["error"])
        if not response.ok:
            raise BackendFailed(f"the backend answered {response.status_code}: {response.text[:200]}")
        return response
