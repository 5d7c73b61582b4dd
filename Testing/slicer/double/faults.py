"""What went wrong where Qt or VTK would only print it: collected, so that a test can fail on it."""

import sys
import traceback

recorded: list[str] = []


def record_current() -> None:
    """Keep the traceback of the exception that is being handled."""
    recorded.append(traceback.format_exc())


def record(message: str) -> None:
    recorded.append(message)


def take() -> list[str]:
    """What was recorded since the last time."""
    taken = recorded[:]
    recorded.clear()
    return taken


def catch_unhandled() -> None:
    """Record exceptions of VTK observers and single-shot timers too, which end in the interpreter's hook."""
    sys.excepthook = lambda kind, error, trace: recorded.append("".join(traceback.format_exception(kind, error, trace)))
