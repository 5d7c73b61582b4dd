"""A real backend as a process of its own on the loopback address, which tests can start, freeze, kill and start again."""

import os
import signal
import socket
import time
from pathlib import Path

import requests
from forked_python import ForkedPython

_PATIENCE = 300.0  # seconds; importing torch takes long on a machine that is busy


class BackendProcess:
    """`weights`: a folder, None for the shipped ones. `environment`: what it gets besides the environment of this process. The
    key is in the key file of the (tests' own) configuration folder."""

    def __init__(self, weights: Path | None, **environment: str):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._weights = weights
        self._environment = environment
        self._process: ForkedPython | None = None

    def start(self) -> None:
        """Start it and wait until its model is loaded."""
        command = ["-m", "mrifoundation", "serve", "--port", str(self.port)]
        if self._weights:
            command += ["--weights", str(self._weights)]
        environment = os.environ | self._environment
        environment.pop("MRIFOUNDATION_KEY", None)
        with open(os.devnull, "wb") as nowhere:
            self._process = ForkedPython(command, environment, stdout=nowhere)
        end = time.monotonic() + _PATIENCE
        while self.status() != "ok":
            if time.monotonic() > end or self._process.poll() is not None:
                self.kill()
                raise AssertionError(f"the backend did not come up within {_PATIENCE:.0f} s")
            time.sleep(0.1)

    def kill(self) -> None:
        """End it the hard way, as a crash would."""
        self._process.kill()
        self._process.wait()

    def revive(self) -> None:
        """Start it where a test before ended it."""
        if not self.runs:
            self.start()

    @property
    def runs(self) -> bool:
        """Whether the process is there, however busy it is."""
        return self._process is not None and self._process.poll() is None

    def freeze(self) -> None:
        """Keep it from answering while its connections stay open."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def status(self) -> str:
        """The status of /v1/health, "down" when nothing answers."""
        try:
            return requests.get(self.url + "/v1/health", timeout=5).json()["status"]
        except requests.RequestException:
            return "down"


class RunningElsewhere:
    """The backend of the test run that started this one, to be used and not to be stopped."""

    runs = True
    VARIABLE = "MRIFOUNDATION_TEST_BACKEND"

    def __init__(self):
        self.url = os.environ[self.VARIABLE]
        self.port = int(self.url.rsplit(":", 1)[1])

    def revive(self) -> None:
        """Nothing: it runs."""

    @classmethod
    def is_named(cls) -> bool:
        return cls.VARIABLE in os.environ


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
