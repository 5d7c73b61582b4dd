"""The few errors a person can meet; each message is one plain sentence that names the remedy."""


class MRIFoundationError(Exception):
    """Base of all errors this package raises on purpose."""


class InputError(MRIFoundationError):
    """What the person gave (a file, a prompt, a setting) cannot be used as it is."""


class Cancelled(MRIFoundationError):
    """The person cancelled the work; raised between steps, so nothing is left half written."""
