"""Settings that are switched on in the environment."""

import os


def is_on(variable: str) -> bool:
    """Whether an environment variable says `on` (also 1, yes); off where it is not set."""
    return os.environ.get(variable, "").strip().lower() in ("on", "1", "yes")
