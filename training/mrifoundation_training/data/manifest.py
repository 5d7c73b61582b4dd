"""A manifest: one row a volume, in the form of the data pack's volumes.csv (nnU-Net and BIDS folders are read into the same rows)."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

from mrifoundation.errors import InputError


@dataclass(frozen=True, eq=False)
class Case:
    """One volume to learn from or to measure on.

    image: path or None (a label map without a scan); labels: path or None (a scan without labels).
    table: label value → structure name. Names outside the vocabulary are kept but never asked for.
    """

    id: str
    subject: str
    source: str
    region: str
    image: Path | None
    labels: Path | None
    table: dict[int, str]
    sequence: str = "unknown"
    diagnosis: str = "unknown"
    caption: str = ""
    split: str = "train"
    tier: str = "open"
    licence: str = "unknown"
    orientation_checked: str = "yes"


def read_manifest(path: Path | str) -> list[Case]:
    """Rows of a CSV with the columns of volumes.csv; paths are relative to the file. Raises InputError naming the missing column or row."""
    path = Path(path)
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise InputError(
            f"The manifest {path} cannot be read ({error.strerror}); give the path of a CSV such as volumes.csv."
        ) from error
    tables: dict[str, dict[int, str]] = {}
    return [_case(row, number, path.parent, tables) for number, row in enumerate(rows, start=2)]


def _case(row: dict, line: int, root: Path, tables: dict) -> Case:
    try:
        labelmap = row["kind"] == "labelmap"
        labels = row["path"] if labelmap else row["labels_path"]
        known = ("sequence", "diagnosis", "caption", "split", "tier", "licence", "orientation_checked")
        return Case(
            id=row["id"],
            subject=row["subject"],
            source=row["source"],
            region=row["region"],
            image=None if labelmap else root / row["path"],
            labels=root / labels if labels else None,
            table=_table(root, row.get("label_table", ""), tables) if labels else {},
            **{key: row[key] for key in known if row.get(key)},
        )
    except KeyError as error:
        raise InputError(
            f"Line {line} of the manifest lacks the column {error}; it needs the columns of volumes.csv."
        ) from error


def _table(root: Path, name: str, tables: dict) -> dict[int, str]:
    if name not in tables:
        try:
            tables[name] = {int(k): v for k, v in json.loads((root / name).read_text(encoding="utf-8")).items()}
        except (OSError, ValueError) as error:
            raise InputError(
                f"The label table '{name}' of the manifest cannot be read; it is a JSON file of value → name."
            ) from error
    return tables[name]
