"""The LanceDB tables of one library: opening, atomic commits, reading rows. What the rows mean is known elsewhere."""

import secrets
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa
from lancedb.index import FTS, Bitmap, BTree, IvfSq
from lancedb.query import MatchQuery

from mrifoundation.engine.folders import private_folder
from mrifoundation.errors import InputError
from mrifoundation.library.filters import any_of, quoted
from mrifoundation.library.schema import (
    ABOUT,
    CASES,
    LIKENESS,
    REGIONS,
    SCHEMA,
    TABLES,
    missing_fields,
    vector_column,
    vector_field,
)
from mrifoundation.library.writer_lock import is_remote

MOST_COUNTS = 1000  # conditions whose rows are remembered
PARTITION = 4096  # vectors of one partition of an index
PROBES, REFINE = 24, 4  # partitions looked into, candidates compared exactly for each hit wanted
LOOKED_UP = {  # columns by which rows are chosen: of many values, and of few
    BTree: ("case", "id", "content_hash", "voxel_hash", "patient", "age", "volume_ml"),
    Bitmap: (
        "collection",
        "model",
        "recipe",
        "region",
        "sequence",
        "plane",
        "contrast",
        "sex",
        "diagnosis",
        "structure",
    ),
}


class Store:
    """Tables in a folder or at an object store's URI. Safe to read from several threads; writers hold `writer_lock.writing`."""

    def __init__(self, uri: str | Path):
        """Opens nothing yet. uri: a folder, or s3://, gs://, az:// with the credentials that Lance reads from the environment."""
        self.uri = str(uri) if is_remote(str(uri)) else str(Path(uri).expanduser().absolute())
        made = not is_remote(self.uri) and not Path(self.uri).exists()
        self._db = lancedb.connect(self.uri, read_consistency_interval=timedelta(0))
        if made and Path(self.uri).is_dir():  # LanceDB makes it, open to everybody
            private_folder(Path(self.uri))
        self._tables: dict[str, Any] = {}
        self._counted: dict[
            str, tuple[int, dict[bytes, int]]
        ] = {}  # table → version, and rows by digest of the condition
        self._lock = threading.Lock()

    @property
    def exists(self) -> bool:
        return ABOUT in self._db.list_tables().tables

    @property
    def outdated(self) -> bool:
        """Whether an earlier version wrote it, so that columns are missing."""
        return any(missing_fields(self.table(name).schema, name) for name in TABLES)

    def create(self) -> None:
        """Make what is not there, and bring an older library up to date; only under the writer's lock.

        Raises InputError when a newer version wrote it.
        """
        there = self._db.list_tables().tables
        for name, schema in TABLES.items():
            table = self._db.open_table(name) if name in there else self._db.create_table(name, schema=schema)
            if missing := missing_fields(table.schema, name):
                table.add_columns(missing)
            self._tables[name] = table
        self._check_version()
        for key, value in (("schema", str(SCHEMA)), ("salt", secrets.token_hex(16))):
            if key != "salt" or self.about("salt") is None:
                self.set_about(key, value)

    def table(self, name: str) -> Any:
        """A table; InputError when there is no library."""
        if name not in self._tables:
            if not self.exists:
                raise InputError(f"There is no library in '{self.uri}'; fill one with mrifoundation library add.")
            self._tables[name] = self._db.open_table(name)
            if name == ABOUT:
                self._check_version()
        return self._tables[name]

    def about(self, key: str) -> str | None:
        """A value kept about the library as a whole: schema, salt, what an index was measured at."""
        rows = self.table(ABOUT).search().where(f"key = {quoted(key)}").limit(1).to_list()
        return rows[0]["value"] if rows else None

    def set_about(self, key: str, value: str) -> None:
        rows = pa.Table.from_pylist([{"key": key, "value": value}], schema=TABLES[ABOUT])
        self.table(ABOUT).merge_insert("key").when_matched_update_all().when_not_matched_insert_all().execute(rows)

    def commit(self, cases: Sequence[Mapping], regions: Sequence[Mapping], length: int) -> None:
        """Write cases with all their regions; `length` numbers a vector. Regions go first: a case that is there is there entirely, and
        writing the same again changes nothing."""
        ids = [row["case"] for row in cases]
        for name in (CASES, REGIONS):
            if vector_field(length).name not in self.table(name).schema.names:
                self.table(name).add_columns(vector_field(length))
        # A row has a vector of one length and none of the others, which LanceDB would otherwise take for a damaged one.
        merge = self.table(REGIONS).merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
        merge = merge.when_not_matched_by_source_delete(any_of("case", ids))
        merge.execute(self._rows(REGIONS, regions), on_bad_vectors="null")
        merge = self.table(CASES).merge_insert("case").when_matched_update_all().when_not_matched_insert_all()
        merge.execute(self._rows(CASES, cases), on_bad_vectors="null")

    def update(self, changes: Sequence[Mapping[str, Any]]) -> None:
        """Change columns of some cases, and of their regions where these repeat them; every change names its case and the same columns."""
        if not changes:
            return
        for name in (REGIONS, CASES):
            columns = [field for field in TABLES[name] if field.name in changes[0]]
            if len(columns) == 1:  # the case alone: nothing that this table repeats
                continue
            rows = [{field.name: change[field.name] for field in columns} for change in changes]
            self.table(name).merge_insert("case").when_matched_update_all().execute(
                pa.Table.from_pylist(rows, schema=pa.schema(columns))
            )

    def delete(self, condition: str) -> None:
        """Delete cases, then their regions; `condition` holds on columns that both tables have."""
        self.table(CASES).delete(condition)
        self.table(REGIONS).delete(condition)

    def drop_orphans(self) -> None:
        """Delete regions whose case was never written, which a writer that was killed leaves behind."""
        orphans = set(self.distinct(REGIONS, "case")) - set(self.distinct(CASES, "case"))
        if orphans:
            self.table(REGIONS).delete(any_of("case", sorted(orphans)))

    def tidy(self) -> None:
        """Compact the small files of many commits and bring the indexes up to date."""
        for name in (CASES, REGIONS):
            self.table(name).optimize(cleanup_older_than=timedelta(hours=1))

    def rewrite_without(self, name: str, condition: str) -> None:
        """Write a table anew, in one step, with all rows but those that fit `condition`; its indexes are gone afterwards.

        Nothing changes where it fails, or where a row would be lost."""
        table = self.table(name)
        kept = self._counted_batches(
            table, f"({condition}) IS NOT TRUE", table.count_rows() - table.count_rows(condition)
        )
        rows = pa.RecordBatchReader.from_batches(table.schema, kept)
        self._tables[name] = self._db.create_table(
            name, data=rows, schema=table.schema, mode="overwrite", on_bad_vectors="null"
        )

    def purge(self) -> None:
        """Forget older versions of the tables, so that what was deleted is gone from the disk."""
        with warnings.catch_warnings():
            # Readers here always open the newest version, and a writer that still needed an older one would hold the lock.
            warnings.filterwarnings("ignore", message="optimize")
            for name in (CASES, REGIONS):
                self.table(name).optimize(cleanup_older_than=timedelta(0), delete_unverified=True)

    def dated_ahead(self) -> datetime | None:
        """The latest date of a version that is still to come, in local time; None when there is none. Lance drops only what is older than
        now, so what was written before the clock was set back outlives a purge."""
        versions = [version["timestamp"] for name in (CASES, REGIONS) for version in self.table(name).list_versions()]
        return max((date for date in versions if date > datetime.now()), default=None)

    def count(self, table: str, condition: str = "") -> int:
        """How many rows fit a condition ("" for all), which every search asks several times: counted once for each version of a table."""
        version, key = (
            self.version(table),
            blake2b(condition.encode(), digest_size=16).digest(),
        )  # some name thousands of cases
        with self._lock:
            counted = self._counted.setdefault(table, (version, {}))
            if counted[0] != version or len(counted[1]) >= MOST_COUNTS:
                counted = self._counted[table] = (version, {})
        if key not in counted[1]:
            counted[1][key] = self.table(table).count_rows(condition or None)
        return counted[1][key]

    def rows(
        self, table: str, condition: str, columns: list[str], limit: int | None = None, offset: int = 0
    ) -> list[dict]:
        """Some columns of the rows that fit a condition ("" for all)."""
        search = self.table(table).search().select(columns)
        search = search if limit is None else search.limit(limit).offset(offset)
        return (search.where(condition) if condition else search).to_list()

    def distinct(self, table: str, column: str) -> list[str]:
        """The different texts of a column."""
        rows = self.table(table).search().select([column]).to_arrow()
        return [text for text in rows[column].unique().to_pylist() if text is not None]

    def embedding_columns(self, table: str) -> list[str]:
        """The columns of embeddings that the table has, one for each length."""
        return [name for name in self.table(table).schema.names if name.startswith("embedding_")]

    def vector_columns(self, table: str) -> list[str]:
        """The columns that are searched by similarity: those of embeddings, and the likeness of cases."""
        return self.embedding_columns(table) + ([LIKENESS] if LIKENESS in self.table(table).schema.names else [])

    def vectors(self, table: str, condition: str, columns: list[str], name: str) -> tuple[list[dict], np.ndarray]:
        """Rows that carry a vector in the column `name`, and the vectors float32 [n, length]."""
        carried = f"({condition}) AND {name} IS NOT NULL" if condition else f"{name} IS NOT NULL"
        found = self.table(table).search().where(carried).select([*columns, name]).to_arrow()
        length, flat = found.schema.field(name).type.list_size, found[name].combine_chunks()
        values = flat.flatten() if isinstance(flat, pa.FixedSizeListArray) else pa.array([], pa.float32())
        return found.drop_columns([name]).to_pylist(), values.to_numpy(zero_copy_only=False).reshape(-1, length)

    def nearest(
        self,
        table: str,
        vector: np.ndarray,
        condition: str,
        columns: list[str],
        limit: int,
        exact: bool = False,
        column: str | None = None,
    ) -> list[tuple[dict, float]]:
        """Rows with their cosine similarity to `vector`, best first; through the index where there is one, unless `exact`.

        column: default that of embeddings with the vector's length."""
        name = column or vector_column(len(vector))
        if name not in self.table(table).schema.names:
            return []
        search = self.table(table).search(vector.astype(np.float32), vector_column_name=name).distance_type("cosine")
        search = search.select([*columns, "_distance"]).limit(limit)
        if condition:
            search = search.where(condition, prefilter=True)
        search = search.bypass_vector_index() if exact else search.nprobes(PROBES).refine_factor(REFINE)
        return [(row, 1.0 - row.pop("_distance")) for row in search.to_list()]

    def matching_words(self, words: str, condition: str, columns: list[str], limit: int) -> list[dict]:
        """Cases whose name, caption or report has some of the words, best first (BM25)."""
        table = self.table(CASES)
        if not any("words" in index.columns for index in table.list_indices()):
            return []
        search = table.search(MatchQuery(words, "words"), query_type="fts").select([*columns, "_score"]).limit(limit)
        return (search.where(condition, prefilter=True) if condition else search).to_list()

    def index_words(self) -> None:
        """Make full-text search possible; later rows are found as well, and `tidy` takes them into the index."""
        table = self.table(CASES)
        if table.count_rows() and not any("words" in index.columns for index in table.list_indices()):
            table.create_index("words", config=FTS(with_position=False))

    def index_vectors(self, table: str, column: str) -> None:
        """Build (or build anew) the approximate index of a vector column: a byte a number, so that the nearest are hardly ever missed."""
        partitions = max(1, self.count(table, f"{column} IS NOT NULL") // PARTITION)
        config = IvfSq(distance_type="cosine", num_partitions=partitions)
        self.table(table).create_index(column, config=config, replace=True)

    def has_vector_index(self, table: str, column: str) -> bool:
        """Whether the column has an index of today's kind."""
        return any(
            column in index.columns and index.index_type == IvfSq.__name__ for index in self.table(table).list_indices()
        )

    def index_facts(self, table: str) -> None:
        """Make choosing rows by their facts quick; columns that are indexed already are left."""
        indexed = {column for index in self.table(table).list_indices() for column in index.columns}
        for kind, columns in LOOKED_UP.items():
            for column in columns:
                if column in self.table(table).schema.names and column not in indexed:
                    self.table(table).create_index(column, config=kind())

    def version(self, table: str) -> int:
        return self.table(table).version

    @staticmethod
    def _counted_batches(table: Any, condition: str, expected: int) -> Iterator[pa.RecordBatch]:
        """The rows that fit, one batch after the other; an exception at the end keeps what was written of them from being taken."""
        seen = 0
        for batch in table.search().where(condition).to_batches():
            seen += batch.num_rows
            yield batch
        if seen != expected:
            raise RuntimeError(f"{seen} of {expected} rows were read")

    def _rows(self, table: str, rows: Sequence[Mapping]) -> pa.Table:
        return pa.Table.from_pylist(list(rows), schema=self.table(table).schema)

    def _check_version(self) -> None:
        written = self.about("schema")
        if written is not None and int(written) > SCHEMA:
            raise InputError(f"The library '{self.uri}' was written by a newer version; update MRIFoundation.")
