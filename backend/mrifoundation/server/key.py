"""The bearer key: created on the first start, readable by its owner only, never printed and never logged."""

import os
import secrets
from pathlib import Path

import platformdirs

from mrifoundation.errors import InputError

SHORTEST = 16


def default_key_file() -> Path:
    """Where the key lives unless told otherwise: `service.key` in the user's configuration folder."""
    return Path(platformdirs.user_config_path("mrifoundation", appauthor=False)) / "service.key"


def service_key(key_file: Path | None = None) -> str:
    """The key of this service: $MRIFOUNDATION_KEY, else the content of `key_file`, created with mode 0600 when missing.

    Raises InputError when the key is too short or the file cannot be read or written.
    """
    if key_file is None and os.environ.get("MRIFOUNDATION_KEY"):
        return _checked(os.environ["MRIFOUNDATION_KEY"].strip(), "MRIFOUNDATION_KEY")
    path = key_file or default_key_file()
    try:
        return _checked(_read_or_create(path), f"the key file {path}")
    except OSError as error:
        raise InputError(
            f"The key file {path} cannot be used ({error.strerror}); name another --key-file or set MRIFOUNDATION_KEY."
        ) from error


def new_key() -> str:
    """A key of 256 bits that is one word: shells and mice take it whole, and no command takes it for an option."""
    return secrets.token_hex(32)


def _read_or_create(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    key = new_key()
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(key)
    return key


def _checked(key: str, where: str) -> str:
    if len(key) < SHORTEST or not key.isascii() or not key.isprintable() or " " in key:
        raise InputError(
            f"The key in {where} must have at least {SHORTEST} printable characters without spaces; "
            "delete the file to have one made, or set a longer one."
        )
    return key
