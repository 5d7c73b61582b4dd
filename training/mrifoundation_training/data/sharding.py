"""Any cases → WebDataset shards: tar files of <case>.image.nii.gz, <case>.labels.nii.gz and <case>.json, and an index.

The index is a manifest again (index.csv, label_tables/), whose paths say where in which shard a file lies.
"""

import csv
import gzip
import hashlib
import io
import json
import re
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mrifoundation.errors import InputError
from mrifoundation_training.data.dicom_series import SeriesImage, SeriesLabels
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.member_cache import MemberCache
from mrifoundation_training.data.shard_member import ShardMember
from mrifoundation_training.data.store import Store
from mrifoundation_training.data.volumes import load_case

INDEX, TABLES, SHARDS = "index.csv", "label_tables", "shards"
TOLD = (
    "id",
    "subject",
    "source",
    "region",
    "sequence",
    "diagnosis",
    "caption",
    "split",
    "tier",
    "licence",
    "orientation_checked",
)
COLUMNS = (*TOLD, "kind", "path", "labels_path", "label_table")
BLOCK = tarfile.BLOCKSIZE


@dataclass
class Sharded:
    """What was written: cases, shards and bytes; skipped: case → why it could not be read."""

    cases: int = 0
    shards: int = 0
    bytes: int = 0
    skipped: dict[str, str] = field(default_factory=dict)


def write_shards(cases: Iterable[Case], destination: str | Path, shard_bytes: int = 256_000_000) -> Sharded:
    """Write shards of about `shard_bytes`, then the index; the same cases give the same bytes. A case that cannot be read is left out.

    Nothing can be read before the index is there, which comes last. Raises InputError when no case could be read, or when the
    destination holds shards already."""
    store, done, rows, tables = Store(destination), Sharded(), [], {}
    if store.has(INDEX):
        raise InputError(f"{store.url} holds shards already; choose another place.")
    with tempfile.TemporaryDirectory() as scratch:
        shard = None
        for case in cases:
            try:
                files = _files(case)
            except InputError as error:
                done.skipped[case.id] = str(error)
                continue
            if shard is None or shard.size > shard_bytes:
                _close(shard, store, done)
                shard = _Shard(Path(scratch), f"{SHARDS}/{done.shards:05d}.tar", store)
            rows.append(_row(case, shard.add(len(rows), case, files), tables))
            done.cases += 1
        if not rows:
            raise InputError(
                f"No case could be read; the last said: {next(reversed(done.skipped.values()), 'there is none')}"
            )
        _close(shard, store, done)
    for content, name in tables.items():
        store.write(name, content.encode())
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader(), writer.writerows(rows)
    store.write(INDEX, text.getvalue().encode())
    return done


class _Shard:
    """A tar file that grows on the local disk."""

    def __init__(self, scratch: Path, name: str, store: Store):
        self.name, self._store, self.file = name, store, scratch / "shard.tar"
        self._tar = tarfile.open(self.file, "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115 (closed when it is full)

    @property
    def size(self) -> int:
        return self._tar.offset

    def add(self, number: int, case: Case, files: dict[str, tuple[str, bytes]]) -> dict[str, ShardMember]:
        """kind (image, labels) → where it came to lie."""
        key = f"{number:09d}-" + re.sub(r"[^A-Za-z0-9_-]+", "_", case.id)[:60]
        about = {name: getattr(case, name) for name in TOLD} | {"table": case.table}
        self._append(f"{key}.json", json.dumps(about, ensure_ascii=False).encode())
        return {kind: self._member(f"{key}.{kind}", *file) for kind, file in files.items()}

    def _member(self, name: str, suffix: str, content: bytes) -> ShardMember:
        offset = self._append(name + suffix, content)
        return ShardMember(self._store, self.name, offset, len(content), suffix, hashlib.sha256(content).hexdigest())

    def _append(self, name: str, content: bytes) -> int:
        """Offset of the content in the file."""
        info = tarfile.TarInfo(name)
        info.size = len(content)
        self._tar.addfile(info, io.BytesIO(content))
        return self._tar.offset - -(-len(content) // BLOCK) * BLOCK

    def close(self) -> None:
        self._tar.close()


def _close(shard: _Shard | None, store: Store, done: Sharded) -> None:
    if shard is not None:
        shard.close()
        store.upload(shard.file, shard.name)
        done.shards += 1
        done.bytes += shard.file.stat().st_size


def _files(case: Case) -> dict[str, tuple[str, bytes]]:
    """kind → suffix and content of each file of a case that can be read."""
    load_case(case)
    found = {"image": case.image, "labels": case.labels}
    return {kind: _content(place) for kind, place in found.items() if place is not None}


def _content(place: Path | ShardMember | SeriesImage | SeriesLabels) -> tuple[str, bytes]:
    if isinstance(place, ShardMember):  # shards of shards: some cases of an archive, or shards of another size
        return place.suffix, MemberCache().local(place).read_bytes()
    if isinstance(place, Path):
        return ".nii.gz" if place.name.endswith(".gz") else place.suffix, place.read_bytes()
    # Without the time of day: equal series, equal bytes.
    return ".nii.gz", gzip.compress(place.nifti().to_bytes(), mtime=0)


def _row(case: Case, placed: dict[str, ShardMember], tables: dict[str, str]) -> dict[str, str]:
    places = {kind: member.reference() for kind, member in placed.items()}
    row = {name: getattr(case, name) for name in TOLD}
    if "labels" in places:
        content = json.dumps({str(k): v for k, v in sorted(case.table.items())}, indent=1, ensure_ascii=False) + "\n"
        row["label_table"] = tables.setdefault(content, f"{TABLES}/{len(tables):04d}.json")
    if "image" not in places:
        return row | {"kind": "labelmap", "path": places["labels"]}
    return row | {"kind": "image", "path": places["image"], "labels_path": places.get("labels", "")}
