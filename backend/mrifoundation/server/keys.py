"""Who may do what: named keys with roles, kept as hashes in a file that is read again whenever it changes."""

import hashlib
import hmac
import json
import logging
import os
import tempfile
from pathlib import Path
from typing import Literal, get_args

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from mrifoundation.errors import InputError
from mrifoundation.server.key import new_key

log = logging.getLogger(__name__)

Role = Literal["read", "write", "admin"]
ROLES: tuple[str, ...] = get_args(Role)  # each may do what those before it may


class NamedKey(BaseModel):
    """One key as it is stored. The keys are 32 random bytes, so that a plain SHA-256 cannot be searched."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    role: Role
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


_STORED = TypeAdapter(list[NamedKey])


def default_keys_file() -> Path:
    """$MRIFOUNDATION_KEYS, else `service-keys.json` in the user's configuration folder."""
    named = os.environ.get("MRIFOUNDATION_KEYS")
    return Path(named or platformdirs.user_config_path("mrifoundation", appauthor=False) / "service-keys.json")


def read_keys(file: Path) -> list[NamedKey]:
    """The keys in `file`, none when it does not exist; InputError when it cannot be read or is no such list."""
    try:
        return _STORED.validate_json(file.read_bytes())
    except FileNotFoundError:
        return []
    except (OSError, ValidationError):
        raise InputError(f"The keys in {file} cannot be read; delete the file and add the keys again.") from None


def add_key(file: Path, name: str, role: str) -> str:
    """Make a key and store its hash; gives the key, which nobody can read again. A name that exists gets a new key (rotation)."""
    key = new_key()
    try:
        named = NamedKey(name=name, role=role, sha256=_hash(key.encode()))
    except ValidationError:
        raise InputError(
            f"A key needs a name of letters, digits, '.', '_' and '-', and one of the roles {', '.join(ROLES)}."
        ) from None
    _write(file, [*(known for known in read_keys(file) if known.name != name), named])
    return key


def remove_key(file: Path, name: str) -> None:
    """Forget a key; InputError when there is none of this name."""
    known = read_keys(file)
    if all(key.name != name for key in known):
        raise InputError(f"There is no key named '{name}'; 'mrifoundation keys list' shows all.")
    _write(file, [key for key in known if key.name != name])


class KeyRing:
    """The service's own key, which may do everything, and the named ones of `file`."""

    def __init__(self, own: str, file: Path | None = None):
        self._own = NamedKey(name="service", role="admin", sha256=_hash(own.encode()))
        self._file = file
        self._seen: tuple | None = None
        self._named: list[NamedKey] = []

    def holder(self, authorization: bytes) -> NamedKey | None:
        """The key in an Authorization header; None when it is none of ours. Every key is compared, in constant time."""
        scheme, _, key = authorization.partition(b" ")
        given, found = _hash(key), None
        for known in (self._own, *self._current()):
            if hmac.compare_digest(given, known.sha256) and scheme == b"Bearer":
                found = known
        return found

    def _current(self) -> list[NamedKey]:
        """The named keys, read again when the file has changed; a file that cannot be read lets nobody in."""
        if self._file is None:
            return []
        try:
            status = self._file.stat()
            seen = (status.st_mtime_ns, status.st_size, status.st_ino)
        except OSError:
            seen = None
        if seen != self._seen or seen is None:
            self._seen = seen
            self._named = self._read() if seen else []
        return self._named

    def _read(self) -> list[NamedKey]:
        try:
            return read_keys(self._file)
        except InputError:
            log.error("the file of named keys cannot be read; only the service's own key opens")
            return []


def _hash(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()


def _write(file: Path, keys: list[NamedKey]) -> None:
    """Replace the file in one step, so that a running service never reads half of it."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(dir=file.parent, suffix=".part")  # readable by its owner only
        with os.fdopen(descriptor, "w", encoding="utf-8") as part:
            json.dump([key.model_dump() for key in keys], part, indent=1)
        os.replace(name, file)
    except OSError as error:
        raise InputError(
            f"The keys cannot be stored in {file} ({error.strerror}); set MRIFOUNDATION_KEYS to another file."
        ) from error
