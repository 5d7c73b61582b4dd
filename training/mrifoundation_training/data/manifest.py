"""A manifest: one row a volume, in the form of the data pack's volumes.csv (other layouts are read into the same rows)."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mrifoundation.errors import InputError
from mrifoundation_training.data.dicom_series import SeriesImage, SeriesLabels
from mrifoundation_training.data.in_memory import InMemory
from mrifoundation_training.data.shard_member import ShardMember
from mrifoundation_training.data.store import Store
from mrifoundation_training.data.structure_names import canonical


@dataclass(frozen=True, eq=False)
class Case:
    """One volume to learn from or to measure on.

    image: path or None (a label map without a scan); labels: path or None (a scan without labels); both may lie in a shard, be DICOM or be
    in memory.
    table: label value → structure name. Names outside the vocabulary are kept but never asked for. unjudged: label value of voxels that
    nobody looked at, where the layout has one. tier: what its terms allow: open, research, eval-only; own where nobody said.
    """

    id: str
    subject: str
    source: str
    region: str
    image: Path | ShardMember | SeriesImage | InMemory | None
    labels: Path | ShardMember | SeriesLabels | InMemory | None
    table: dict[int, str]
    sequence: str = "unknown"
    diagnosis: str = "unknown"
    caption: str = ""
    split: str = "train"
    tier: str = "own"
    licence: str = "unknown"
    orientation_checked: str = "yes"
    unjudged: int | None = None

    @property
    def person(self) -> str:
        """Whose it is among all sources, which number their subjects alike."""
        return f"{self.source}/{self.subject}"

    @property
    def values_of(self) -> dict[str, tuple[int, ...]]:
        """Structure name → its label values, of which several may share one."""
        found: dict[str, tuple[int, ...]] = {}
        for value, name in sorted(self.table.items()):
            found[name] = (*found.get(name, ()), value)
        return found


def read_manifest(path: Path | str, region: str = "unknown") -> list[Case]:
    """Rows of a CSV with columns of volumes.csv; paths are relative to the file.

    Only `path` must be there. A scan is called after its path and is its own subject, the source after the CSV, where no column says
    otherwise; region: of rows that do not tell. Raises InputError naming the missing column or row, or an id that two rows have."""
    path = Path(path)
    try:
        content = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"The manifest {path} cannot be read ({error.strerror}); give the path of a CSV such as volumes.csv."
        ) from error
    unsaid = {"source": path.stem, "region": region}
    return _cases(
        content, lambda name: path.parent / name, lambda name: (path.parent / name).read_text(encoding="utf-8"), unsaid
    )


def read_shards(url: str | Path) -> list[Case]:
    """Cases of a place that `mrifoundation shard` wrote: a folder or the URL of an object store. Raises InputError when it is none."""
    store = Store(str(url).removesuffix("/index.csv"))
    content = store.read("index.csv").decode()
    return _cases(content, lambda name: ShardMember.parse(name, store), lambda name: store.read(name).decode(), {})


def _cases(
    content: str, place: Callable[[str], Path | ShardMember], text: Callable[[str], str], unsaid: dict[str, str]
) -> list[Case]:
    """place: what a path of a row stands for; text: content of the label table of a name; unsaid: column → what stands for an empty one."""
    tables: dict[str, dict[int, str]] = {}
    rows = csv.DictReader(io.StringIO(content.removeprefix("\ufeff"), newline=""))
    cases = [_case(row, number, place, text, tables, unsaid) for number, row in enumerate(rows, start=2)]
    check_ids(cases, "The manifest", "an id")
    return cases


def check_ids(cases: list[Case], where: str, what: str) -> None:
    """Raises InputError when two cases go by one id: scores and what cannot be read are kept by it."""
    for name, count in Counter(case.id for case in cases).items():
        if count > 1:
            raise InputError(f"{where} has {count} scans called '{name}'; give each {what} of its own.")


def _case(row: dict, line: int, place: Callable, text: Callable, tables: dict, unsaid: dict[str, str]) -> Case:
    path = row.get("path") or ""
    if not path:
        raise InputError(f"Line {line} of the manifest lacks its path; the columns are those of volumes.csv.")
    labelmap = row.get("kind") == "labelmap"
    labels = path if labelmap else row.get("labels_path")
    name = row.get("id") or _name_of(path)
    known = ("sequence", "diagnosis", "caption", "split", "tier", "licence", "orientation_checked")
    return Case(
        id=name,
        subject=row.get("subject") or name,
        source=row.get("source") or unsaid.get("source", "unknown"),
        region=row.get("region") or unsaid.get("region", "unknown"),
        image=None if labelmap else place(path),
        labels=place(labels) if labels else None,
        table=_table(row.get("label_table") or "", text, tables) if labels else {},
        **{key: row[key] for key in known if row.get(key)},
    )


def _name_of(path: str) -> str:
    """All of the path, for archives have a t2.nii.gz in each person's folder; without slashes, so that files can be called after it."""
    return path.strip("/").removesuffix(".gz").removesuffix(".nii").replace("/", "_")


def _table(name: str, text: Callable[[str], str], tables: dict) -> dict[int, str]:
    if name not in tables:
        try:
            tables[name] = {int(k): canonical(v) for k, v in json.loads(text(name)).items()}
        except (OSError, ValueError, AttributeError, InputError) as error:
            raise InputError(
                f"The label table '{name}' of the manifest cannot be read; it is a JSON file of value → name."
            ) from error
    return tables[name]
