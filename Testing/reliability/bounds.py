"""What reading one file or one text may take, and what a refusal has to be; anything beyond is wrong."""

import os
import resource

SECONDS = 30  # of the processor
WALL_SECONDS = 600  # the machine may be busy with other things
RESIDENT = 2 << 30  # bytes: twice `BYTE_BUDGET`


def is_sentence(words: str) -> bool:
    return "\n" not in words and words.endswith((".", "?", "…"))


def peak_memory() -> int:
    """Bytes that this process has held in memory at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def limit_address_space() -> None:
    """So that a reader that has gone astray cannot take the whole machine with it."""
    with open("/proc/self/statm") as file:
        taken = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (taken + 3 * RESIDENT,) * 2)
