"""Tables and JSON beside scans, as archives carry them: read within limits, since anyone may have written them."""

import csv
from pathlib import Path
from typing import Any

from mrifoundation.errors import InputError
from mrifoundation.volume.json_text import LARGEST, parse_json

LARGEST_TABLE = 256 << 20  # bytes; a million rows are less


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV, or of a TSV by its suffix. Raises InputError when it is none in UTF-8, or too large."""
    try:
        if path.stat().st_size > LARGEST_TABLE:
            raise InputError(f"The table '{path}' is larger than {LARGEST_TABLE >> 20} MiB; split it.")
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
            return [{key: value for key, value in row.items() if isinstance(key, str)} for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"The manifest '{path}' cannot be read; save it as a CSV in UTF-8.") from error


def read_json_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file; {} when it is none, too large or nested too deep: what lies beside a scan need not be ours."""
    try:
        with open(path, "rb") as file:
            content = parse_json(file.read(LARGEST + 1).decode("utf-8-sig"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
