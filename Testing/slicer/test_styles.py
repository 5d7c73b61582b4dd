"""Words in colour can be read on Slicer's light style and on its dark one, and every section fits a small screen."""

import re

import pytest
from head_answer import ANSWER
from similar_driver import choose_kind

READABLE = 4.5  # the contrast of text that WCAG 2.2 asks for (1.4.3)
SCREEN_HEIGHT, AROUND_THE_PANEL = 768, 150  # pixels; title, menus, tool bar, help, data probe and status bar of Slicer


@pytest.fixture(params=["light", "dark"])
def style(slicer_app, request):
    from double import styles

    before = slicer_app.style().objectName, slicer_app.palette()
    styles.use(slicer_app, request.param)
    yield request.param
    slicer_app.setStyle(before[0])
    slicer_app.setPalette(before[1])


def contrast(one, other) -> float:
    """The ratio of the relative luminances of two QColors, 1 to 21 (WCAG 2.2)."""

    def luminance(colour):
        channels = (colour.redF(), colour.greenF(), colour.blueF())
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def readable(label) -> bool:
    import qt

    [colour] = re.findall(r"color: (#\w{6});", label.styleSheet)
    return contrast(qt.QColor(colour), label.parent().palette.color(qt.QPalette.Window)) >= READABLE


def test_a_failure_can_be_read(style, panel):
    panel.segmentPanel.say("The backend stopped.", failed=True)
    assert readable(panel.segmentPanel.ui.messageLabel)


def test_a_caution_can_be_read(style, panel):
    panel.classifyPanel.heads.show([ANSWER])
    assert panel.classifyPanel.ui.cautionLabel.text == "Trained on few scans."
    assert readable(panel.classifyPanel.ui.cautionLabel)


def test_no_colour_of_text_stands_in_a_ui_file(module):
    """There it could not follow the style."""
    from module_folder import MODULE_FOLDER

    for path in MODULE_FOLDER.glob("Resources/UI/*.ui"):
        assert not re.search(r"(?<!-)color:", path.read_text(encoding="utf-8")), path.name


def fits(panel, app, section: str) -> bool:
    """Whether the open section and the progress above it do; what is below it, headers of folded sections, is reached by scrolling."""
    panel.ui.backendSection.collapsed = True
    opened = getattr(panel.ui, f"{section}Section")
    opened.collapsed = False
    app.processEvents()
    top, needed = opened.geometry.top(), opened.minimumSizeHint().height()
    return panel.ui.cancelButton.geometry.bottom() < top and top + needed <= SCREEN_HEIGHT - AROUND_THE_PANEL


@pytest.mark.parametrize("section", ["segment", "contour", "similar", "classify", "report"])
def test_an_open_section_and_its_progress_fit_a_screen_of_768_pixels(panel, slicer_app, section):
    assert fits(panel, slicer_app, section)


@pytest.mark.parametrize("kind", ["scan", "segment", "words", "report"])
def test_similar_scans_fit_it_by_whatever_is_looked_for(panel, slicer_app, kind):
    choose_kind(panel, kind)
    assert fits(panel, slicer_app, "similar")
