"""A real service in a process of its own, on a free loopback port."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import requests

KEY = "a-key-for-tests-only-0123456789"


class Service:
    """One running service, spoken to over HTTP. patience: seconds that an answer may take. options: of `mrifoundation serve`;
    environment: beside that of the tests."""

    patience = 60

    def __init__(self, weights, cache, key=KEY, options=(), **environment):
        own = {"MRIFOUNDATION_WEIGHTS": str(weights), "MRIFOUNDATION_CACHE": str(cache)}
        surroundings = {**os.environ, **own, **environment}
        surroundings.pop("MRIFOUNDATION_KEY", None)
        if key:
            surroundings["MRIFOUNDATION_KEY"] = key
        self.process = self._begin(["-m", "mrifoundation", "serve", "--port", "0", *options], surroundings)
        self.greeting = self._greeting()
        self.url = self.greeting.split(" serves on ")[1].split(";")[0]
        self.headers = {"Authorization": f"Bearer {key}"}

    def _begin(self, arguments, environment):
        command = [sys.executable, *arguments]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def _greeting(self):
        return next(line for line in self.process.stdout if " serves on " in line)

    def request(self, method, path, **options):
        headers = {**self.headers, **options.pop("headers", {})}
        return requests.request(method, self.url + path, headers=headers, timeout=self.patience, **options)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, **options):
        return self.request("POST", path, **options)

    def wait_until_ready(self, seconds=600):
        started = time.monotonic()
        while (health := self.get("/v1/health").json())["status"] == "loading":
            assert time.monotonic() - started < seconds, "the model did not load"
            time.sleep(0.1)
        return health

    def send(self, voxels, affine, name="head"):
        affine = np.asarray(affine).tolist()
        geometry = {"shape": voxels.shape, "dtype": str(voxels.dtype), "affine": affine, "name": name}
        return self.post("/v1/volumes", data=voxels.tobytes(), headers={"X-Geometry": json.dumps(geometry)})

    def finished(self, job):
        while (state := self.get(f"/v1/jobs/{job}?wait=20").json())["state"] in ("queued", "running"):
            pass
        return state

    def segment(self, volume, prompts, **wanted):
        answer = self.post(f"/v1/volumes/{volume}/segment", json={"prompts": prompts, "profile": "fast", **wanted})
        assert answer.status_code == 202, answer.text
        return answer.json()["job"]

    def labels(self, job):
        answer = self.get(f"/v1/jobs/{job}/labels")
        geometry = json.loads(answer.headers["X-Geometry"])
        labels = np.zeros(geometry["full_shape"], geometry["dtype"])
        box = tuple(slice(a, a + n) for a, n in zip(geometry["start"], geometry["shape"], strict=True))
        labels[box] = np.frombuffer(answer.content, geometry["dtype"]).reshape(geometry["shape"])
        return labels, geometry

    def stop(self):
        self.process.terminate()
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def log(self):
        """Everything it wrote to stderr; only after `stop`."""
        return self.process.stderr.read()
