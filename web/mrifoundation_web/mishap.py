"""A failure in the words that the page shows."""

from __future__ import annotations

import logging

from MRIFoundationLib.Failures import BackendError

UNFORESEEN = "The browser face failed at this: try again; if it happens again, tell what stands where it was started."


def told(error: Exception) -> str:
    """The sentence of a failure that was made for people; of any other that it happened, and all of it in the log."""
    if isinstance(error, BackendError):
        return str(error)
    logging.error("The browser face failed", exc_info=error)
    return UNFORESEEN
