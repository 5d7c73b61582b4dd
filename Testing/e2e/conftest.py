"""The command line as a script starts it."""

import os
import subprocess
import sys

import forked_python
import pytest


@pytest.fixture(scope="session")
def run(tiny_weights):
    """run(*arguments, **environment): the command line in a process of its own, which need not load what takes long to load."""

    def run(*arguments, **environment):
        return forked_python.run(
            ["-m", "mrifoundation", *arguments],
            {**os.environ, "MRIFOUNDATION_WEIGHTS": str(tiny_weights), **environment},
            timeout=600,
        )

    return run


@pytest.fixture(scope="session")
def run_anew(tiny_weights):
    """As `run`, with a Python that has loaded nothing yet."""

    def run_anew(*arguments, **environment):
        return subprocess.run(
            [sys.executable, "-m", "mrifoundation", *map(str, arguments)],
            env={**os.environ, "MRIFOUNDATION_WEIGHTS": str(tiny_weights), **environment},
            capture_output=True,
            encoding="utf-8",
            timeout=600,
        )

    return run_anew
