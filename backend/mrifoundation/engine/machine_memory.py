"""How much memory there is for this process."""

import os
from pathlib import Path

USUAL = 16_000_000_000  # bytes, where the system does not tell
_GROUPS = Path("/sys/fs/cgroup")


def machine_memory() -> int:
    """Bytes: the computer's, or less where a container or a systemd unit has a limit of its own."""
    return min([_computer(), *_limits(Path("/proc/self/cgroup"))])


def _computer() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # Windows has no such function
        return USUAL


def _limits(own: Path) -> list[int]:
    """Those of the control groups that the process is in (Linux, version 2); the limit of one above holds as well."""
    try:
        path = own.read_text().strip().rpartition("::")[2].strip("/")
    except OSError:
        return []
    group = _GROUPS / path
    files = [one / "memory.max" for one in (group, *group.parents) if one.is_relative_to(_GROUPS)]
    found = [file.read_text().strip() for file in files if file.is_file()]
    return [int(text) for text in found if text.isdecimal()]
