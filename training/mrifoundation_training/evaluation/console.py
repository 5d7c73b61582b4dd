"""Where the tables of an evaluation are printed."""

from rich.console import Console


def wide_console() -> Console:
    """A console that does not squeeze a table when the output goes to a file."""
    console = Console()
    return console if console.is_terminal else Console(width=max(console.width, 150))
