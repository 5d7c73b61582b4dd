"""A manifest: one row a volume, in the form of the data pack's volumes.csv (other layouts are read into the same rows)."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mrifoundation.errors import InputError
from mrifoundation_training.data.shard_member import ShardMember
from mrifoundation_training.data.store import Store


@dataclass(frozen=True, eq=False)
class Case:
    """One volume to learn from or to measure on.

    image: path or None (a label map without a scan); labels: path or None (a scan without labels); both may lie in a shard.
    table: label value → structure name. Names outside the vocabulary are kept but never asked for.
    """

    id: str
    subject: str
    source: str
    region: str
    image: Path | ShardMember | None
    labels: Path | ShardMember | None
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
        content = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"The manifest {path} cannot be read ({error.strerror}); give the path of a CSV such as volumes.csv."
        ) from error
    return _cases(
        content, lambda name: path.parent / name, lambda name: (path.parent / name).read_text(encoding="utf-8")
    )


def read_shards(url: str | Path) -> list[Case]:
    """Cases of a place that `mrifoundation shard` wrote: a folder or the URL of an object store. Raises InputError when it is none."""
    store = Store(str(url).removesuffix("/index.csv"))
    content = store.read("index.csv").decode()
    return _cases(content, lambda name: ShardMember.parse(name, store), lambda name: store.read(name).decode())


def _cases(content: str, place: Callable[[str], Path | ShardMember], text: Callable[[str], str]) -> list[Case]:
    """place: what a path of a row stands for; text: content of the label table of a name."""
    tables: dict[str, dict[int, str]] = {}
    rows = csv.DictReader(io.StringIO(content, newline=""))
    return [_case(row, number, place, text, tables) for number, row in enumerate(rows, start=2)]


def _case(row: dict, line: int, place: Callable, text: Callable, tables: dict) -> Case:
    try:
        labelmap = row["kind"] == "labelmap"
        labels = row["path"] if labelmap else row["labels_path"]
        known = ("sequence", "diagnosis", "caption", "split", "tier", "licence", "orientation_checked")
        return Case(
            id=row["id"],
            subject=row["subject"],
            source=row["source"],
            region=row["region"],
            image=None if labelmap else place(row["path"]),
            labels=place(labels) if labels else None,
            table=_table(row.get("label_table", ""), text, tables) if labels else {},
            **{key: row[key] for key in known if row.get(key)},
        )
    except KeyError as error:
        raise InputError(
            f"Line {line} of the manifest lacks the column {error}; it needs the columns of volumes.csv."
        ) from error


def _table(name: str, text: Callable[[str], str], tables: dict) -> dict[int, str]:
    if name not in tables:
        try:
            tables[name] = {int(k): v for k, v in json.loads(text(name)).items()}
        except (OSError, ValueError, InputError) as error:
            raise InputError(
                f"The label table '{name}' of the manifest cannot be read; it is a JSON file of value → name."
            ) from error
    return tables[name]
