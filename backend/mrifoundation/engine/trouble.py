"""A condition that does not stop the work but that somebody should mend, such as a full disk."""

import logging
import time

QUIET = 600.0  # seconds in which the same trouble, gone and come back, is not logged again


class Trouble:
    """sentence: what is wrong and what to do, None while nothing is."""

    def __init__(self, log: logging.Logger):
        self.sentence: str | None = None
        self._log = log
        self._said_at = -QUIET

    def begin(self, sentence: str) -> None:
        if self.sentence is None and time.monotonic() - self._said_at >= QUIET:
            self._log.warning(sentence)
            self._said_at = time.monotonic()
        self.sentence = sentence

    def end(self) -> None:
        self.sentence = None
