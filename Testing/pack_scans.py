"""Scans of the data pack, chosen by columns of its table."""

import csv
from pathlib import Path


def scans(data_pack: Path, **wanted: str) -> list[Path]:
    """Paths of the rows in which each of these columns has this value, in the order of the table."""
    with open(data_pack / "volumes.csv", newline="") as file:
        found = [row for row in csv.DictReader(file) if all(row[name] == value for name, value in wanted.items())]
    return [data_pack / row["path"] for row in found]
