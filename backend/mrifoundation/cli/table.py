"""The table of a segmentation on the terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table


def print_table(rows: Sequence[dict]) -> None:
    """Structure, mL, centre (RAS mm), presence and the Dice of its test, one line a row of the segmentation's table."""
    table = Table(box=None, pad_edge=False)
    table.add_column("structure")
    for title in ("mL", "centre (R, A, S) in mm", "presence", "Dice when tested"):
        table.add_column(title, justify="right")
    for row in rows:
        table.add_row(row["name"], *_measured(row), f"{row['presence']:.2f}", _tested(row))
    Console().print(table)


def print_how_understood(sentences: Sequence[str]) -> None:
    """What was read otherwise than it was written."""
    for sentence in sentences:
        Console(stderr=True).print(sentence, style="dim", markup=False, highlight=False)


def _tested(row: dict) -> str:
    return f"{row['tested']['dice']:.2f}" if row["tested"] else "–"


def _measured(row: dict) -> tuple[str, str]:
    if not row["in_view"]:
        return "–", "not in view"
    return f"{row['volume_ml']:.1f}", ", ".join(f"{v:.0f}" for v in row["center_ras_mm"])
