"""A line for a path, of which every change is heard."""

from __future__ import annotations

from collections.abc import Callable


def listen(line, on_change: Callable[[], None]) -> None:
    """Call `on_change` whenever the path of a ctkPathLineEdit changes, also to none: to CTK an empty line is no valid input, and
    only of valid input it says that the path has changed."""
    line.connect("currentPathChanged(QString)", lambda _path: on_change())
    line.connect("validInputChanged(bool)", lambda is_valid: None if is_valid else on_change())
