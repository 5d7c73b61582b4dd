"""The command line as a script starts it."""

import os
import subprocess
import sys

import pytest


@pytest.fixture(scope="session")
def run(tiny_weights):
    """run(*arguments, **environment): the command line in a process of its own."""

    def run(*arguments, **environment):
        return subprocess.run(
            [sys.executable, "-m", "mrifoundation", *map(str, arguments)],
            env={**os.environ, "MRIFOUNDATION_WEIGHTS": str(tiny_weights), **environment},
            capture_output=True,
            encoding="utf-8",
            timeout=600,
        )

    return run
