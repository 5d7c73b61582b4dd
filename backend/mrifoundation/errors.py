"""The few errors a person can meet; each message is one plain sentence that names the remedy."""

import re

_UNSEEN = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


class MRIFoundationError(Exception):
    """Base of all errors this package raises on purpose."""


class InputError(MRIFoundationError):
    """What the person gave (a file, a prompt, a setting) cannot be used as it is."""

    def __init__(self, message: str):
        """message: one plain sentence with the remedy; what it quotes may hold line breaks, which would make it several."""
        super().__init__(_UNSEEN.sub(" ", message))


class Cancelled(MRIFoundationError):
    """The person cancelled the work; raised between steps, so nothing is left half written."""
