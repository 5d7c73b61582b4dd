"""Files in a folder or an object store, by URL: a path, s3://, memory://, or whatever else fsspec knows."""

import os
import time
from pathlib import Path

import fsspec

from mrifoundation.errors import InputError, MRIFoundationError

TRIES, PAUSE = 4, 0.5  # of a reading; seconds before the second, doubled each time


class StoreUnreachable(MRIFoundationError):
    """The store does not answer: the run has to stop, for going on without the scan would make it another run."""


class Store:
    """One place, such as s3://bucket/folder. Credentials and address are those of the environment (AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL, AWS_DEFAULT_REGION …)."""

    def __init__(self, url: str | Path):
        self.url = str(url).rstrip("/")
        self._opened: dict[int, tuple[fsspec.AbstractFileSystem, str]] = {}

    def read(self, name: str, start: int | None = None, end: int | None = None) -> bytes:
        """Bytes of a file, or of a range of it. Raises InputError when it is not there, StoreUnreachable when nobody answers."""
        system, root = self._system()
        for attempt in range(TRIES):
            try:
                return system.cat_file(f"{root}/{name}", start, end)
            except FileNotFoundError as error:
                raise InputError(
                    f"There is no {self.url}/{name}; check the address, or shard the data again."
                ) from error
            except OSError as error:
                if attempt + 1 == TRIES:
                    raise StoreUnreachable(
                        f"{self.url} does not answer ({error}); go on with --resume when it does."
                    ) from error
                time.sleep(PAUSE * 2**attempt)
        raise AssertionError("unreachable")

    def has(self, name: str) -> bool:
        system, root = self._system()
        return system.exists(f"{root}/{name}")

    def write(self, name: str, content: bytes) -> None:
        system, root = self._place(name)
        system.pipe_file(f"{root}/{name}", content)

    def upload(self, file: Path, name: str) -> None:
        """Copy a local file."""
        system, root = self._place(name)
        system.put_file(str(file), f"{root}/{name}")

    def _place(self, name: str) -> tuple[fsspec.AbstractFileSystem, str]:
        system, root = self._system()
        system.makedirs(f"{root}/{name}".rsplit("/", 1)[0], exist_ok=True)
        return system, root

    def _system(self) -> tuple[fsspec.AbstractFileSystem, str]:
        own = (
            os.getpid()
        )  # connections belong to the process that made them; one that draws examples is forked from another
        if own not in self._opened:
            self._opened = {own: _opened(self.url)}
        return self._opened[own]


def _opened(url: str) -> tuple[fsspec.AbstractFileSystem, str]:
    try:
        return fsspec.url_to_fs(url)
    except ImportError as error:
        if not url.startswith("s3://"):
            raise InputError(f"{url} needs a package that is not installed ({error}).") from error
        # fsspec's own way to S3 is one more package; pyarrow, which is here anyway, has another.
        return _arrow_s3(), url.removeprefix("s3://")


def _arrow_s3() -> fsspec.AbstractFileSystem:
    from fsspec.implementations.arrow import ArrowFSWrapper
    from pyarrow.fs import S3FileSystem

    address = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    scheme, _, host = address.rpartition("://")
    return ArrowFSWrapper(
        S3FileSystem(
            endpoint_override=host or None,
            scheme=scheme or "https",
            region=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"),
        )
    )
