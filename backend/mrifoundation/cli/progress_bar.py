"""Progress on stderr, so that stdout stays for the answer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

stderr = Console(stderr=True)


@contextmanager
def progress_bar(first: str) -> Iterator[Callable[[str, float, str], None]]:
    """A bar that shows `first` at once; gives the function progress(stage, fraction, message) that moves it."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as bar:
        task = bar.add_task(first, total=1.0)

        def progress(stage: str, fraction: float, message: str) -> None:
            bar.update(task, completed=fraction, description=message)

        yield progress
