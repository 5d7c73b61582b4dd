"""As `running_service`, forked from a process that has imported torch already: a restart takes a moment, and the kill is as real."""

import multiprocessing
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from running_service import KEY, Service

_FORKS = multiprocessing.get_context("forkserver") if os.name == "posix" else None
if _FORKS:
    _FORKS.set_forkserver_preload(["mrifoundation.server.serve", "mrifoundation.engine.engine", "forked_service"])


class ForkedService(Service):
    """One running service; `environment` adds to that of the tests."""

    def __init__(self, weights, cache, key=KEY, port=0, **environment):
        self._folder = tempfile.TemporaryDirectory(prefix="service-")  # not beside the cache, whose disk may fail
        self._said = Path(self._folder.name) / "said"
        settings = {
            "MRIFOUNDATION_WEIGHTS": str(weights),
            "MRIFOUNDATION_CACHE": str(cache),
            "MRIFOUNDATION_KEY": key,
            **environment,
        }
        self.process = _Process(settings, self._said, port)
        self.greeting = self._greeting()
        self.url = self.greeting.split(" serves on ")[1].split(";")[0]
        self.headers = {"Authorization": f"Bearer {key}"}

    def log(self):
        """Everything it wrote."""
        return self._said.read_text()

    def _greeting(self):
        end = time.monotonic() + 300
        while " serves on " not in (said := self.log() if self._said.exists() else ""):
            assert self.process.is_alive() and time.monotonic() < end, f"the service did not start: {said}"
            time.sleep(0.02)
        return said


class _Process:
    """What the tests need of `subprocess.Popen`."""

    def __init__(self, settings, said, port):
        self._process = _FORKS.Process(target=_serve, args=(settings, str(said), port), daemon=True)
        self._process.start()
        self.pid = self._process.pid
        self.is_alive = self._process.is_alive

    def send_signal(self, number):
        if self._process.is_alive():
            os.kill(self.pid, number)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def wait(self, seconds=60):
        self._process.join(seconds)
        assert not self._process.is_alive(), "the service did not end"
        return self._process.exitcode


def _serve(settings, said, port):
    from mrifoundation.server.serve import serve

    os.environ.update(settings)
    descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.stdout = sys.stderr = open(descriptor, "w", buffering=1, closefd=False)  # noqa: SIM115 (for as long as it runs)
    serve(port=port, log=settings.get("MRIFOUNDATION_LOG", "plain"))
