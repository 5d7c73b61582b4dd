"""The tables of a library, and how an older library is brought up to date.

`cases` holds one row a scan, `regions` one row a structure found in it; facts are repeated in `regions`, so that one filter serves
both. Embeddings lie in a column for each length (`embedding_256`): weights of another length only add a column, and a row says whose vector
it carries (`model`). A case also has its `likeness`, by which whole scans are compared, and the `recipe` it was made by; cases that an
earlier version wrote have none until they are embedded again. `voters` says how many cases had a label when its neighbours were asked for
what the source did not tell; null where they were not yet, as of a case just written.
"""

import pyarrow as pa

from mrifoundation.library.likeness import LENGTH

SCHEMA = 2
CASES, REGIONS, ABOUT = "cases", "regions", "about"
LIKENESS = "likeness"

FACTS = (
    pa.field("region", pa.string()),
    pa.field("sequence", pa.string()),
    pa.field("plane", pa.string()),
    pa.field("contrast", pa.bool_()),
    pa.field("age", pa.float32()),
    pa.field("sex", pa.string()),
    pa.field("diagnosis", pa.string()),
    pa.field("flags", pa.list_(pa.string())),
)
_SHARED = (
    pa.field("case", pa.string()),
    pa.field("collection", pa.string()),
    pa.field("content_hash", pa.string()),
    pa.field("patient", pa.string()),
    pa.field("model", pa.string()),
    *FACTS,
)
_CASES = pa.schema(
    [
        *_SHARED,
        pa.field("name", pa.string()),
        pa.field("source", pa.string()),
        pa.field("series", pa.string()),
        pa.field("stamp", pa.string()),
        pa.field("profile", pa.string()),
        pa.field("guessed", pa.list_(pa.string())),
        pa.field("caption", pa.string()),
        pa.field("report", pa.string()),
        pa.field("words", pa.string()),
        pa.field("identifiers", pa.string()),
        pa.field("shape", pa.list_(pa.int32())),
        pa.field("spacing_mm", pa.list_(pa.float32())),
        pa.field("thumbnail", pa.binary()),
        pa.field("person", pa.string()),
        pa.field("recipe", pa.int32()),
        pa.field("voxel_hash", pa.string()),
        pa.field("affine", pa.list_(pa.float64())),
        pa.field("voters", pa.int32()),
        pa.field(LIKENESS, pa.list_(pa.float32(), LENGTH)),
    ]
)
_REGIONS = pa.schema(
    [
        *_SHARED,
        pa.field("id", pa.string()),
        pa.field("structure", pa.string()),
        pa.field("volume_ml", pa.float32()),
        pa.field("center_ras_mm", pa.list_(pa.float32(), 3)),
        pa.field("box", pa.list_(pa.int32(), 6)),
    ]
)
_ABOUT = pa.schema([pa.field("key", pa.string()), pa.field("value", pa.string())])

TABLES = {CASES: _CASES, REGIONS: _REGIONS, ABOUT: _ABOUT}


def vector_column(length: int) -> str:
    """The column of vectors with `length` numbers."""
    return f"embedding_{length}"


def vector_field(length: int) -> pa.Field:
    return pa.field(vector_column(length), pa.list_(pa.float32(), length))


def missing_fields(found: pa.Schema, table: str) -> list[pa.Field]:
    """What a table written by an earlier version lacks; it is added with empty values."""
    return [field for field in TABLES[table] if field.name not in found.names]
