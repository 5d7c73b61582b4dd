"""The .ui files as text: every connection has two ends, every selector a scene, every parameter a name, every button a tooltip."""

import ast
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

MODULE = Path(__file__).resolve().parents[2] / "MRIFoundation"
UI_FILES = sorted((MODULE / "Resources/UI").glob("*.ui"))
WITH_A_SCENE = "qMRMLNodeComboBox"


def root_of(path: Path):
    return ElementTree.parse(path).getroot()


def widgets(path: Path) -> dict[str, str]:
    """Class by name."""
    return {widget.get("name"): widget.get("class") for widget in root_of(path).iter("widget")}


def connections(path: Path) -> list[tuple[str, ...]]:
    parts = ("sender", "signal", "receiver", "slot")
    return [tuple(found.findtext(part) for part in parts) for found in root_of(path).iter("connection")]


def parameter_names() -> set[str]:
    tree = ast.parse((MODULE / "MRIFoundationLib/Parameters.py").read_text(encoding="utf-8"))
    [kept] = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Parameters"]
    return {line.target.id for line in kept.body if isinstance(line, ast.AnnAssign)}


@pytest.fixture(params=UI_FILES, ids=lambda path: path.stem)
def ui(request):
    return request.param


def test_both_ends_of_each_connection_are_in_the_file(ui):
    named = widgets(ui)
    for sender, signal, receiver, slot in connections(ui):
        assert sender in named and receiver in named, (sender, receiver)
        assert re.search(r"\(.*\)", signal)[0] == re.search(r"\(.*\)", slot)[0], (signal, slot)


def test_every_selector_of_nodes_is_given_the_scene(ui):
    given = {receiver for _, signal, receiver, _ in connections(ui) if signal == "mrmlSceneChanged(vtkMRMLScene*)"}
    assert {name for name, kind in widgets(ui).items() if kind == WITH_A_SCENE} <= given


def test_every_parameter_name_is_one_of_the_scene(ui):
    used = {
        found.findtext("string") for found in root_of(ui).iter("property") if found.get("name") == "SlicerParameterName"
    }
    assert used <= parameter_names()


def test_what_can_be_pressed_or_chosen_has_a_tooltip(ui):
    silent = [
        widget.get("name")
        for widget in root_of(ui).iter("widget")
        if widget.get("class") in ("QPushButton", "QToolButton", "QCheckBox", WITH_A_SCENE)
        and not any(found.get("name") == "toolTip" for found in widget.findall("property"))
    ]
    assert not silent


def test_no_property_is_written_twice_on_a_widget(ui):
    for widget in root_of(ui).iter("widget"):
        properties = [found.get("name") for found in widget.findall("property")]
        assert len(properties) == len(set(properties)), widget.get("name")
