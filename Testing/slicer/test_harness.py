"""The double catches what Slicer would refuse or only print: each planted mistake is noticed, or it would
prove nothing."""

import re

import pytest


@pytest.fixture
def qt(scene):
    import qt

    return qt


def altered_ui(tmp_path, file, pattern, replacement):
    """A copy of a .ui file of the module with a mistake planted in it."""
    from module_folder import MODULE_FOLDER

    text = (MODULE_FOLDER / "Resources/UI" / file).read_text()
    changed = re.sub(pattern, replacement, text, flags=re.DOTALL)
    assert changed != text
    (tmp_path / file).write_text(changed)
    return str(tmp_path / file)


def test_the_unchanged_module_opens_and_closes_without_a_fault(panel):
    assert panel.segmentPanel.ui.promptLine.placeholderText


def test_a_misspelled_property_is_refused(qt):
    with pytest.raises(AttributeError, match="enabeld"):
        qt.QPushButton().enabeld = False
    with pytest.raises(AttributeError, match="checkd"):
        print(qt.QCheckBox().checkd)


def test_reading_a_property_as_a_call_is_refused(qt):
    with pytest.raises(TypeError, match="not callable"):
        qt.QLineEdit("liver").text()


def test_a_property_keeps_what_is_assigned(qt):
    button = qt.QPushButton()
    button.text, button.enabled = "Segment", False
    assert (button.text, button.enabled) == ("Segment", False)


@pytest.mark.parametrize("signature", ["clicked(int)", "clickd()", "currentNodeChanged(vtkMRMLNode*)"])
def test_a_wrong_signal_signature_is_refused(qt, signature):
    with pytest.raises(AttributeError, match="has no signal"):
        qt.QPushButton().connect(signature, print)


def test_a_slot_gets_no_more_arguments_than_it_takes(qt):
    button, heard = qt.QPushButton(), []
    button.connect("clicked(bool)", lambda: heard.append("clicked"))
    button.click()
    assert heard == ["clicked"]


def test_an_exception_in_a_slot_is_recorded(qt):
    from double import faults

    button = qt.QPushButton()
    button.connect("clicked()", lambda: 1 / 0)
    button.click()
    assert "ZeroDivisionError" in faults.take()[0]


def test_a_wait_in_the_gui_thread_is_recorded(scene, slicer_app):
    from double import faults
    from MRIFoundationLib.Client import Client
    from MRIFoundationLib.Failures import Unreachable

    with pytest.raises(Unreachable):
        Client("127.0.0.1:1").health()
    assert "socket.connect in the GUI thread" in "".join(faults.take())


def test_a_selector_that_its_ui_leaves_without_a_scene_is_noticed(scene, module, tmp_path, monkeypatch):
    from double import scripted_module

    broken = altered_ui(tmp_path, "SegmentPanel.ui", r"<connections>.*</connections>", "<connections/>")
    monkeypatch.setattr(
        module.MRIFoundationWidget,
        "resourcePath",
        lambda self, name, found=module.MRIFoundationWidget.resourcePath: (
            broken if "SegmentPanel" in name else found(self, name)
        ),
    )
    with pytest.raises(RuntimeError, match="segmentationSelector"):
        scripted_module.open_panel(module)


def test_a_misspelled_property_in_a_ui_file_is_noticed(scene, tmp_path):
    import slicer

    broken = altered_ui(tmp_path, "SegmentPanel.ui", "noneEnabled", "nonEnabled")
    with pytest.raises(RuntimeError, match="has no property 'nonEnabled'"):
        slicer.util.loadUI(broken)


def test_an_unknown_widget_class_in_a_ui_file_is_noticed(scene, tmp_path):
    import slicer

    broken = altered_ui(tmp_path, "SegmentPanel.ui", "qMRMLNodeComboBox", "qMRMLNodeCombo")
    with pytest.raises(RuntimeError, match="unknown widget class qMRMLNodeCombo"):
        slicer.util.loadUI(broken)


def test_a_renamed_widget_is_noticed(scene, module, tmp_path, monkeypatch):
    from double import scripted_module

    broken = altered_ui(tmp_path, "SegmentPanel.ui", 'name="segmentButton"', 'name="startButton"')
    original = module.MRIFoundationWidget.resourcePath
    monkeypatch.setattr(
        module.MRIFoundationWidget,
        "resourcePath",
        lambda self, name: broken if "SegmentPanel" in name else original(self, name),
    )
    with pytest.raises(AttributeError, match="segmentButton"):
        scripted_module.open_panel(module)


def test_a_parameter_name_that_does_not_exist_is_noticed(scene, module, tmp_path):
    import slicer

    broken = altered_ui(tmp_path, "SegmentPanel.ui", ">prompt<", ">promt<")
    widget = slicer.util.loadUI(broken)
    with pytest.raises(ValueError, match="promt"):
        module.MRIFoundationLogic().getParameterNode().connectGui(slicer.util.childWidgetVariables(widget))


def test_the_modules_own_test_passes(scene, module):
    from double.events import beside

    case = module.MRIFoundationTest()
    case.setUp()
    case.test_answer_becomes_segments()
    beside(lambda: case.test_unreachable_backend_is_told_in_words() or True)
