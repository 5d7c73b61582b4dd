"""What a collection may be called."""

import re

from mrifoundation.errors import InputError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.\-]{0,63}")


def checked_name(name: str) -> str:
    """The name; InputError when it could not stand in an address or on a command line."""
    if not _NAME.fullmatch(name):
        raise InputError(
            f"'{name[:40]}' cannot name a collection; use up to 64 letters, digits, spaces, dots, - and _."
        )
    return name
