"""Texts that a draft took the place of: none of a person's own is lost."""

import pytest
from MRIFoundationLib import ReportShelf
from MRIFoundationLib.ReportShelf import Shelved

MINE = Shelved('<p>Mine – "quoted".</p>', True, "vtkMRMLScalarVolumeNode1", "head", "[]", "job-1")
DRAFT = Shelved("<p>A draft.</p>", False, "vtkMRMLScalarVolumeNode1", "head", "[]", "job-2")
OLDER = Shelved("<p>Older.</p>")


def test_a_shelf_comes_back_as_it_was():
    assert ReportShelf.recall(ReportShelf.keep([MINE, DRAFT])) == [MINE, DRAFT]
    assert ReportShelf.keep([]) == "" and ReportShelf.recall("") == []


@pytest.mark.parametrize("text", ["no JSON", "7", "[7]", "[[]]", '[["a", true, "", "", "", "", "one too many"]]'])
def test_what_cannot_be_read_is_an_empty_shelf(text):
    assert ReportShelf.recall(text) == []


def test_a_draft_that_gives_way_is_not_kept_and_a_text_is():
    assert ReportShelf.with_own([OLDER, DRAFT], MINE) == [MINE, OLDER]
    assert ReportShelf.with_own([OLDER], DRAFT) == [OLDER] == ReportShelf.with_own([OLDER], None)


def test_turning_comes_by_all_texts_and_back():
    assert ReportShelf.turned([MINE], DRAFT) == (MINE, [DRAFT])
    assert ReportShelf.turned([MINE], None) == (MINE, [])
    present, shelf, seen = DRAFT, [MINE, OLDER], []
    for _ in range(3):
        present, shelf = ReportShelf.turned(shelf, present)
        seen.append(present)
    assert seen == [MINE, OLDER, DRAFT]
