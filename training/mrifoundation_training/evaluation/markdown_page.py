"""The tables of an evaluation as Markdown, from what is printed for people."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text


class MarkdownPage(Console):
    """In the place of a console: a table that is printed on it becomes one of Markdown under its title, a sentence a paragraph."""

    def __init__(self):
        super().__init__()
        self._parts: list[str] = []

    def print(self, content: Table | str, **shown: Any) -> None:
        self._parts.append(_table(content) if isinstance(content, Table) else _plain(content))

    @property
    def text(self) -> str:
        """All that was printed."""
        return "\n\n".join(part for part in self._parts if part) + "\n"

    def write(self, path: Path) -> None:
        Path(path).write_text(self.text, encoding="utf-8")


def _table(table: Table) -> str:
    heads = [_plain(column.header) for column in table.columns]
    rules = ["---:" if column.justify == "right" else "---" for column in table.columns]
    rows = zip(*([_plain(cell) for cell in column.cells] for column in table.columns), strict=True)
    title = [_plain(table.title), ""] if table.title else []
    return "\n".join([*title, *(f"| {' | '.join(row)} |" for row in (heads, rules, *rows))])


def _plain(content: Any) -> str:
    return Text.from_markup(str(content)).plain.strip().replace("|", "\\|")
