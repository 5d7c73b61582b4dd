"""Rows that are erased leave no byte, others stay as they are, and what fails halfway is finished later; on tables filled by hand."""

from pathlib import Path

import numpy as np
import pytest

from mrifoundation.errors import InputError
from mrifoundation.library import Library, store
from mrifoundation.library.erasing import erase, unfinished
from mrifoundation.library.likeness import LENGTH
from mrifoundation.library.schema import CASES, LIKENESS, REGIONS

MARKER = "Quendelbrook"


def filled(folder, cases=10, likeness=lambda number: True, **columns):
    """A store with cases c0, c1 …, one region each; the caption of c1 has the marker. likeness: of whom it is known."""
    made = store.Store(folder)
    made.create()
    rows = [
        {
            "case": f"c{number}",
            "collection": "made",
            "content_hash": f"{number:064x}",
            "identifiers": "{}",
            "caption": MARKER if number == 1 else "nothing",
            LIKENESS: np.ones(LENGTH, np.float32) if likeness(number) else None,
            "embedding_8": [1.0] * 8,
            **columns,
        }
        for number in range(cases)
    ]
    regions = [{"id": f"{row['case']}/liver", "case": row["case"], "embedding_8": [1.0] * 8, **columns} for row in rows]
    made.commit(rows, regions, 8)
    return made


def holding(folder):
    return [path.name for path in Path(folder).rglob("*") if path.is_file() and MARKER.encode() in path.read_bytes()]


def cases(made, table=CASES):
    return sorted(row["case"] for row in made.rows(table, "", ["case"]))


@pytest.mark.parametrize("likeness", [lambda number: True, lambda number: number % 2, lambda number: False])
def test_what_is_erased_is_in_no_byte_also_where_cases_of_earlier_versions_have_no_likeness(tmp_path, likeness):
    made = filled(tmp_path, likeness=likeness)
    assert holding(tmp_path)
    erase(made, "case = 'c1'")
    others = [f"c{number}" for number in range(10) if number != 1]
    assert holding(tmp_path) == [] and cases(made) == cases(made, REGIONS) == others
    assert made.count(CASES, f"{LIKENESS} IS NULL") == sum(not likeness(n) for n in range(10) if n != 1)
    assert not unfinished(made)


def test_no_number_of_rows_is_too_large_and_a_column_that_says_nothing_keeps_its_row(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "MOST_ROWS", 4, raising=False)
    made = filled(tmp_path, cases=30, collection=None)
    made.drop_orphans()
    assert len(cases(made, REGIONS)) == 30
    erase(made, "collection = 'another' OR case = 'c1'")
    assert len(cases(made)) == len(cases(made, REGIONS)) == 29


def test_a_row_that_would_be_lost_keeps_the_table_from_being_written_anew(tmp_path, monkeypatch):
    made = filled(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(type(made.table(CASES)), "count_rows", lambda table, condition=None: 0 if condition else 11)
        with pytest.raises(InputError, match="nothing went out of it"):
            erase(made, "case = 'c1'")
    assert len(cases(made)) == len(cases(made, REGIONS)) == 10


def test_a_disk_that_fails_leaves_the_case_in_view_so_that_it_can_be_asked_for_again(tmp_path, monkeypatch):
    filled(tmp_path)
    library = Library.open(tmp_path)
    rewrite = store.Store.rewrite_without
    with monkeypatch.context() as patch:

        def full(made, name, condition):
            if name == CASES:
                raise OSError("No space left on device")
            rewrite(made, name, condition)

        patch.setattr(store.Store, "rewrite_without", full)
        with pytest.raises(InputError, match="make room"):
            library.remove(case="c1")
    assert library.find("c1") is not None
    assert library.remove(case="c1") == 1 and holding(tmp_path) == []


class Killed(BaseException):
    """As kill -9, which runs nothing more."""


@pytest.mark.parametrize(
    ("fault", "told"),
    [(Killed(), "^$"), (OSError("No space left on device"), "still hold it on the disk")],
    ids=["a kill", "a full disk"],
)
def test_what_was_cut_short_is_finished_when_the_library_is_opened_next(tmp_path, monkeypatch, fault, told):
    filled(tmp_path)
    library = Library.open(tmp_path)

    def fail(made):
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr(store.Store, "purge", fail)
        with pytest.raises((Killed, InputError), match=told):
            library.remove(case="c1")
    assert library.find("c1") is None and holding(tmp_path) and library.unfinished
    again = Library.open(tmp_path, create=False)
    assert holding(tmp_path) == [] and not again.unfinished and cases(again._store) == cases(again._store, REGIONS)
