"""What CMake and the Extensions Index are told agrees with the tree."""

import json
import re
import struct
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "MRIFoundation"


def listed(variable: str) -> set[str]:
    """The entries of a CMake list of the module."""
    text = (MODULE / "CMakeLists.txt").read_text()
    content = re.search(rf"set\({variable}\s(.*?)\)", text, re.DOTALL)[1]
    return {entry.replace("${MODULE_NAME}", "MRIFoundation") for entry in content.split()}


def in_tree(*patterns: str) -> set[str]:
    return {str(path.relative_to(MODULE)) for pattern in patterns for path in MODULE.rglob(pattern)}


def test_cmake_lists_every_python_file():
    assert listed("MODULE_PYTHON_SCRIPTS") == in_tree("*.py")


def test_cmake_lists_every_resource():
    assert listed("MODULE_PYTHON_RESOURCES") == in_tree("Resources/**/*.ui", "Resources/**/*.png")


def test_the_module_uses_only_what_slicer_brings():
    brought = {"qt", "ctk", "slicer", "SampleData", "vtk", "numpy", "requests", "MRIFoundationLib", "__future__"}
    brought.add("urllib3")  # which requests is built on
    for path in MODULE.rglob("*.py"):
        imported = set(re.findall(r"^\s*(?:from|import)\s+(\w+)", path.read_text(), re.MULTILINE))
        assert imported <= brought | sys.stdlib_module_names, path


def test_client_and_scene_know_neither_qt_nor_each_other():
    for name in (
        "Address",
        "Failures",
        "Sentence",
        "Transport",
        "Client",
        "VoxelBox",
        "Greeting",
        "Asking",
        "Segmenting",
        "Searching",
        "Classifying",
        "Reporting",
        "ContourCalls",
        "Contouring",
        "Exchanging",
        "SourceSeries",
        "Teaching",
        "HeadTeaching",
        "ReportPlaces",
        "ReportShelf",
        "LocalPaths",
        "Pythons",
        "Rosetta",
        "FoundPython",
        "FetchedPython",
        "Venv",
        "TorchBuild",
        "Step",
        "PipProgress",
        "Installation",
        "Installing",
        "InstallFailures",
        "ServingEnd",
        "PromptText",
        "Task",
        "KeptAnswers",
    ):
        text = (MODULE / f"MRIFoundationLib/{name}.py").read_text()
        assert not re.search(r"^\s*(?:from|import)\s+(?:qt|slicer(?!\.i18n)|vtk)\b", text, re.MULTILINE), name
    mrml = ("Scene", "AskedScan", "Segmentation", "Terminology", "HeatMap", "CompareLayout", "Comparing", "PlaceBox")
    words = ("RowText", "AnswerText", "HitText")
    for name in (*mrml, *words, "SegmentLogic", "ContourSegments", "ContourPoints", "ContourRows"):
        text = (MODULE / f"MRIFoundationLib/{name}.py").read_text()
        assert not re.search(r"^\s*(?:from|import)\s+(?:qt|requests)\b", text, re.MULTILINE), name


def test_the_icon_is_a_png_of_128_by_128():
    header = (MODULE / "Resources/Icons/MRIFoundation.png").read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", header[16:24]) == (128, 128)


def test_the_index_entry_has_what_the_index_wants_and_nothing_else():
    """The rules of version 1.0.1 of the schema, as far as they can be broken."""
    kinds = {
        **{name: str for name in ("$schema", "category", "scm_url", "scm_revision", "scm_type", "build_subdirectory")},
        **{"build_dependencies": list, "enabled": bool, "tier": int},
    }
    entry = json.loads((ROOT / "docs/MRIFoundation.json").read_text(encoding="utf-8"))
    assert {"$schema", "category", "scm_url"} <= set(entry) <= set(kinds)
    assert all(type(value) is kinds[name] for name, value in entry.items())
    assert all(isinstance(extension, str) for extension in entry["build_dependencies"])
    assert entry["$schema"].endswith("/slicer-extension-catalog-entry-schema-v1.0.1.json#")
    assert entry.get("scm_type", "git") in ("git", "local") and entry["tier"] in (1, 3, 5)
    assert entry["scm_url"].startswith("https://") and entry["scm_url"].endswith(".git")


def test_the_extension_tells_the_index_what_it_needs():
    text = (ROOT / "CMakeLists.txt").read_text()
    for name in ("HOMEPAGE", "CONTRIBUTORS", "DESCRIPTION", "ICONURL", "SCREENSHOTURLS", "DEPENDS"):
        assert re.search(rf"set\(EXTENSION_{name} \"[^\"]+\"", text), name
