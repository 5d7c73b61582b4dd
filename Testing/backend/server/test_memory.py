"""Memory that lies free between blocks in use goes back to the system, and is looked for between jobs."""

import platform
import subprocess
import sys
import threading

import pytest

from mrifoundation.server.jobs import Jobs

HOLES = """
import re
from pathlib import Path
from mrifoundation.server.memory import trim

def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text()).group(1)) / 1000

import ctypes
libc = ctypes.CDLL(None)
libc.mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD, which glibc raises by itself as larger blocks come and go
blocks = [bytearray(b"x") * 1_000_000 for _ in range(400)]
before = resident()
del blocks[::2], blocks[0]
holes = resident()
trim()
print(before - holes, holes - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's business")
def test_holes_between_what_is_held_go_back_to_the_system():
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("another C library than glibc")
    said = subprocess.run([sys.executable, "-c", HOLES], capture_output=True, text=True, timeout=120, check=True)
    by_itself, by_trimming = map(float, said.stdout.split())
    assert by_itself < 50 and by_trimming > 150


@pytest.mark.parametrize(("every", "times"), [(0.0, 3), (3600.0, 0)])
def test_between_jobs_it_is_tidied_up_but_not_too_often(every, times):
    tidied = []
    jobs = Jobs(tidy=lambda: tidied.append(threading.current_thread()), tidy_every=every)
    ended = threading.Event()
    for work in (lambda job: None, lambda job: None, lambda job: ended.set()):
        jobs.submit(work)
    assert ended.wait(20)
    jobs.close()
    assert len(tidied) == times and threading.main_thread() not in tidied
