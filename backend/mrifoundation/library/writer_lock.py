"""One writer at a time: a file lock that the system releases when its process ends, however it ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from mrifoundation.errors import InputError


def is_remote(uri: str) -> bool:
    """Whether the library lies in an object store, where there are no file locks and Lance itself settles who wrote first."""
    return "://" in uri


@contextmanager
def writing(uri: str) -> Iterator[None]:
    """Hold the right to write to the library at `uri`; InputError when another process has it."""
    if is_remote(uri):
        yield
        return
    folder = Path(uri)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Not bound to a thread: an ingest of the service goes on wherever its next step runs.
        lock = FileLock(folder / "writer.lock", timeout=0, thread_local=False)
        lock.acquire()
    except Timeout:
        raise InputError(
            f"Something else is adding to the library '{uri}'; wait until it is done or stop it."
        ) from None
    except OSError as error:
        raise InputError(
            f"The library '{uri}' cannot be written ({error.strerror}); choose a folder that you may write to."
        ) from error
    try:
        yield
    finally:
        lock.release()
