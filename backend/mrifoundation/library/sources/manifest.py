"""A manifest: one row a scan, in the form of the data pack's volumes.csv. Paths are relative to the file."""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from mrifoundation.errors import InputError
from mrifoundation.library.case import known_facts
from mrifoundation.library.sources.item import Found, Item, stamp_of
from mrifoundation.library.sources.looking import Looking
from mrifoundation.library.sources.tables import read_table
from mrifoundation.library.sources.wording import age_of, sex_of
from mrifoundation.volume import read_scan
from mrifoundation.volume.reading import scan_name

TEXT_FACTS = ("region", "sequence", "plane", "diagnosis")


def find_manifest(path: Path, looking: Looking) -> Found:
    """Items of a CSV (or TSV) with a column `path` and any of id, subject, kind, region, sequence, plane, contrast, age, sex, diagnosis,
    caption, report. Rows of kind labelmap are counted as skipped. Raises InputError when it is no such table."""
    rows = read_table(path)
    if rows and "path" not in rows[0]:
        raise InputError(f"The manifest '{path}' has no column path; name the scan of each row there.")
    found = Found()
    for number, row in enumerate(rows, start=2):
        looking.at(number, "line", len(rows) + 1)
        if row.get("kind") == "labelmap":
            found.skipped["label map"] += 1
            continue
        file = path.parent / (row["path"] or "")
        if not row["path"] or not os.path.exists(file):  # also of a name that no disk can have
            found.bad.append((row["path"] or f"line {number}", "The manifest names it, but it is not there."))
        else:
            found.add(row["path"], partial(_item, file, row))
    return found


def _item(file: Path, row: Mapping[str, str]) -> Item:
    return Item(
        source=str(file.absolute()),
        read=lambda: read_scan(file),
        stamp=stamp_of(file),
        name=row.get("id") or scan_name(file),
        is_named_after_file=not row.get("id"),
        facts=facts_of_row(row),
        patient="/".join(row[key] for key in ("source", "subject") if row.get(key)) if row.get("subject") else None,
        caption=row.get("caption") or "",
        report=row.get("report") or "",
        files=(file,),
    )


def facts_of_row(row: Mapping[str, str]) -> dict[str, Any]:
    """The facts of a table's row, without those that say unknown. A T1c has contrast agent, a plain T1 has none."""
    facts: dict[str, Any] = {name: row.get(name) for name in TEXT_FACTS}
    facts |= {"age": age_of(row.get("age")), "sex": sex_of(row.get("sex")), "contrast": _contrast(row)}
    return known_facts(facts)


def _contrast(row: Mapping[str, str]) -> bool | None:
    told = str(row.get("contrast") or "").strip().lower()
    if told in ("yes", "true", "1", "no", "false", "0"):
        return told in ("yes", "true", "1")
    return {"T1c": True, "T1": False}.get(row.get("sequence") or "")
