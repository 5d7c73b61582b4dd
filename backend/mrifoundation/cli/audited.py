"""What is done to keys and libraries on the command line stands in the service's audit trail too."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def audited(what: str) -> Iterator[list[str]]:
    """Writes one entry when the block is left, with its exit code as status; the block adds the ids of what it was about. Raises InputError
    before anything is done when there is a trail that cannot be written."""
    from mrifoundation.server.audit import AuditTrail, audit_file

    file = audit_file()
    trail, on, status = AuditTrail(file) if file else None, [], 1
    try:
        yield on
        status = 0
    finally:
        if trail:
            trail.write(f"command line: {_user()}", what, on, status)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "unknown"
