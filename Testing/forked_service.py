"""As `running_service`, forked from a process that has imported torch already: a start takes a moment, and a kill is as real."""

import tempfile
import time
from pathlib import Path

from forked_python import ForkedPython
from running_service import Service


class ForkedService(Service):
    """One running service."""

    def _begin(self, arguments, environment):
        self._folder = tempfile.TemporaryDirectory(prefix="service-")  # not beside the cache, whose disk may fail
        self._said = Path(self._folder.name) / "said"
        with open(self._said, "ab") as said:
            return ForkedPython(arguments, environment, said, said)

    def log(self):
        """Everything it wrote, also while it runs."""
        return self._said.read_text()

    def _greeting(self):
        end = time.monotonic() + 300
        while not (told := [line for line in self.log().splitlines() if " serves on " in line]):
            assert self.process.poll() is None and time.monotonic() < end, f"the service did not start: {self.log()}"
            time.sleep(0.02)
        return told[0]
