"""The entry of the module in Slicer's Sample Data."""

import re
import sys
import types
from pathlib import Path

import pytest


@pytest.fixture
def registered(module, monkeypatch):
    """What the module registers when Slicer has started; SampleData has no wheel, so its one method stands here with its signature."""
    import slicer

    entries = []

    class SampleDataLogic:
        @staticmethod
        def registerCustomSampleDataSource(
            category="Custom",
            sampleName=None,
            uris=None,
            fileNames=None,
            nodeNames=None,
            customDownloader=None,
            thumbnailFileName=None,
            loadFileTypes=None,
            loadFiles=None,
            loadFileProperties=None,
            checksums=None,
            loadFileType=None,
        ):
            entries.append(dict(locals()))

    monkeypatch.setitem(sys.modules, "SampleData", types.SimpleNamespace(SampleDataLogic=SampleDataLogic))
    slicer.app.startupCompleted.emit()
    return entries


def test_a_head_is_offered_under_the_modules_name(registered):
    [entry] = registered
    assert (entry["category"], entry["nodeNames"]) == ("MRI Foundation", "MRHead")
    assert Path(entry["thumbnailFileName"]).is_file()


def test_the_download_is_checked_against_the_sum_in_its_address(registered):
    [entry] = registered
    assert re.fullmatch(r"SHA256:[0-9a-f]{64}", entry["checksums"])
    assert entry["uris"].endswith("/" + entry["checksums"].replace(":", "/"))
