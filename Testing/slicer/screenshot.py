"""Draw the module with slice views beside it: python Testing/slicer/screenshot.py FOLDER [--sections segment similar …]
[--weights FOLDER] [--prompt TEXT] [--library PATH]; --sections contour correct draws a contour before and after corrections,
--sections backend the first run: nothing is installed, then Start was pressed.

The scan is the MNI152 T1 image that the nilearn package carries; the backend is a real one with the shipped weights. For
`similar` and `compare` a library is made from --library (a folder, or a CSV as `mrifoundation library add` takes it).
"""

import argparse
import importlib.util
import os
import sys
import tempfile
from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent
MODULE = HERE.parents[1] / "MRIFoundation/MRIFoundation.py"
PROMPT = "both hippocampi, thalamus, caudate nucleus, putamen, lateral ventricle, brainstem"
POINTS = "+ 8 -18 -16; + -8 -18 -16"
SECTIONS = ("backend", "segment", "contour", "correct", "similar", "compare", "classify", "report")
FILES = {"correct": "contour-panel-corrected.png", "compare": "compare-view.png"}
PANEL_WIDTH, WIDTH, HEIGHT, GAP = 430, 1360, 820, 4
PATIENCE = 1800.0  # seconds, for a machine that is busy


def add_mni_scan():
    """The MNI152 T1 image of nilearn, 1 mm, as a volume of the scene."""
    import nibabel as nib
    import numpy as np
    from volumes import add_volume

    folder = Path(importlib.util.find_spec("nilearn").submodule_search_locations[0])
    [path] = folder.glob("datasets/data/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz")
    image = nib.load(path)
    return add_volume("MNI152 T1", np.asarray(image.dataobj, np.float32), image.affine)


def connect(widget, url: str, volume) -> None:
    widget.backendPanel.ui.addressLine.text = url
    widget.backendPanel.ui.testButton.click()
    wait_for(lambda: widget.connection.connected, "the connection")
    widget.ui.scanSelector.setCurrentNode(volume)


def first_run(module, folder: Path) -> None:
    """The Backend section on a computer without a backend, and where there is one once Start was pressed."""
    from double import scripted_module
    from MRIFoundationLib import LocalPaths

    checkout, LocalPaths.SOURCE_FOLDER = LocalPaths.SOURCE_FOLDER, folder / "no checkout"
    widget = open_unconnected(module)
    draw_backend(widget, folder / "backend-first-run.png")
    scripted_module.close_panel(widget)
    LocalPaths.SOURCE_FOLDER = checkout
    widget = open_unconnected(module)
    start_backend(widget)
    draw_backend(widget, folder / "backend-connected.png")
    scripted_module.close_panel(widget)


def open_unconnected(module):
    """The module as it is opened the first time: no backend answers."""
    from double import scripted_module

    widget = scripted_module.open_panel(module)
    wait_for(lambda: widget.connection.state in ("connected", "failed"), "the first greeting")
    if widget.connection.connected:
        raise SystemExit(f"A backend runs at {widget.connection.address}: stop it, this is about the first run.")
    return widget


def start_backend(widget) -> None:
    """As a person does who has one installed."""
    widget.backendPanel.ui.startButton.click()
    wait_for(lambda: widget.connection.state in ("connected", "failed"), "the started backend")
    assert widget.connection.connected, widget.connection.message


def draw_backend(widget, path: Path) -> None:
    """The section alone, open."""
    from double.events import spin

    widget.ui.backendSection.collapsed = False
    for _ in range(3):
        widget.parent.resize(PANEL_WIDTH, HEIGHT)
        spin(10)
    save(widget.ui.backendSection.grab(), path)


def segment(widget, wanted) -> None:
    """Ask as a person would."""
    ui = widget.segmentPanel.ui
    ui.promptLine.setText(wanted.prompt)
    ui.promptLine.cursorPosition = 0
    press(widget, ui.segmentButton)
    if ui.show3DButton.enabled:
        ui.show3DButton.click()


def look_at_first_structure(widget) -> None:
    """The slices go to the first structure of the table, if there is one."""
    table = widget.segmentPanel.ui.resultTable
    if table.rowCount:
        table.selectRow(0)
        table.cellClicked.emit(0, 1)


def contour(widget, wanted) -> None:
    """A set of organs at risk in one pass; the views go to where --organ is corrected next, twice as large."""
    import slicer

    ui = widget.contourPanel.ui
    wait_for(lambda: ui.organCombo.findData(wanted.organs) >= 0, "the sets of organs")
    ui.organCombo.currentIndex = ui.organCombo.findData(wanted.organs)
    press(widget, ui.organButton)
    wait_for(lambda: not widget.requests.busy, "the check")
    names = [ui.contourTable.item(line, 1).text() for line in range(ui.contourTable.rowCount)]
    ui.contourTable.selectRow(names.index(wanted.organ))
    for node in slicer.util.getNodesByClass("vtkMRMLSliceNode"):
        width, height, depth = node.GetFieldOfView()
        node.SetFieldOfView(width / 2, height / 2, depth)
    look_at(points(wanted)[0][1])
    widget.contourPanel.segmentation.CreateClosedSurfaceRepresentation()


def correct(widget, wanted) -> None:
    """Then --points on it, each as a person presses its key over a view."""
    import slicer

    crosshair = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    for is_inside, place in points(wanted):
        crosshair.SetCursorPositionRAS(place)
        widget.contourPanel.place(is_inside)
        wait_for(lambda: not widget.requests.busy, "the correction")


def points(wanted) -> list[tuple[bool, list[float]]]:
    """Sign and place of --points."""
    told = (point.split() for point in wanted.points.split(";"))
    return [(sign == "+", list(map(float, place))) for sign, *place in told]


def look_at(place: list[float]) -> None:
    """Put a place into the middle of all slice views."""
    import slicer

    slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *place, slicer.vtkMRMLSliceNode.CenteredJumpSlice)


def similar(widget, wanted) -> None:
    """Fill the library, and look for scans like the one that is open."""
    ui = widget.similarPanel.ui
    ui.ingestFolder.currentPath = str(wanted.library)
    ui.ingestButton.click()
    wait_for(lambda: not ui.ingestCancelButton.enabled, "the ingest")
    print(ui.ingestMessage.text)
    press(widget, ui.findButton)
    widget.similarPanel.gallery.choose(0)
    wait_for(
        lambda: set(widget.similarPanel.gallery.visible_rows()) <= widget.similarPanel.gallery._pictured, "pictures"
    )


def compare(widget, _wanted) -> None:
    """The first hit beside the scan, with the heat maps."""
    ui = widget.similarPanel.ui
    press(widget, ui.compareButton)
    ui.heatMapButton.click()


def classify(widget, _wanted) -> None:
    ui = widget.classifyPanel.ui
    wait_for(lambda: ui.classifyButton.enabled, "the list of questions")
    ui.personAgeSpin.value = 70
    press(widget, ui.classifyButton)


def report(widget, _wanted) -> None:
    ui = widget.reportPanel.ui
    ui.reportAgeSpin.value = 40
    ui.savePath.currentPath = "report.html"  # the home folder of whoever draws is nobody's business
    press(widget, ui.writeButton)


def press(widget, button) -> None:
    """Click, and wait until the request is over."""
    button.click()
    wait_for(lambda: not widget.requests.busy, "the end of the request")


def wait_for(reached, what: str) -> None:
    from double.events import wait_until

    wait_until(reached, PATIENCE, what)


def draw(app, widget, views, path: Path) -> None:
    """One picture: the module panel on the left, the views on the right in two rows."""
    import qt

    canvas = qt.QPixmap(WIDTH, HEIGHT)
    canvas.fill(qt.QColor(20, 20, 24))
    painter = qt.QPainter(canvas)
    widget.parent.resize(PANEL_WIDTH, HEIGHT)
    for _ in range(3):
        app.processEvents()
    painter.drawPixmap(0, 0, widget.parent.grab())
    across = len(views) // 2
    for place, view in enumerate(views):
        picture = view.picture()
        rows, columns, _ = picture.shape
        image = qt.QImage(picture.tobytes(), columns, rows, 3 * columns, qt.QImage.Format_RGB888)
        painter.drawImage(PANEL_WIDTH + GAP + place % across * (columns + GAP), place // across * (rows + GAP), image)
    painter.end()
    save(canvas, path)


def save(canvas, path: Path) -> None:
    import qt

    canvas.toImage().convertToFormat(qt.QImage.Format_RGB888).save(str(path))
    Image.open(path).quantize(256).save(path, optimize=True)  # half the size, and nobody sees the difference


def four_up(app, volume) -> list:
    """Slicer's usual views: axial, 3D, sagittal, coronal."""
    from double.slice_views import SliceView, ThreeDView

    size = view_size(2)
    views = [SliceView(app, "Red", volume, size), ThreeDView(app, size)]
    return [*views, SliceView(app, "Yellow", volume, size), SliceView(app, "Green", volume, size)]


def six_up(app) -> list:
    """The views of the compare layout: the scan above, the hit below."""
    from double.slice_views import SliceView

    names = [row + plane for row in ("Query", "Hit") for plane in ("Axial", "Sagittal", "Coronal")]
    return [SliceView(app, name, None, view_size(3)) for name in names]


def view_size(across: int) -> tuple[int, int]:
    return (WIDTH - PANEL_WIDTH - across * GAP) // across, (HEIGHT - GAP) // 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the pictures go, one a section")
    parser.add_argument("--sections", nargs="+", choices=SECTIONS, default=["segment"])
    parser.add_argument("--weights", type=Path, help="folder of weights instead of the shipped ones")
    parser.add_argument("--profile", choices=("fast", "standard", "fine"), default="standard")
    parser.add_argument("--prompt", default=PROMPT)
    parser.add_argument("--style", choices=("light", "dark"), default="light", help="Slicer's light or dark style")
    parser.add_argument("--library", type=Path, help="scans for the library")
    parser.add_argument("--organs", default="brain", help="set of organs at risk of the section contour")
    parser.add_argument("--organ", default="brainstem", help="the organ of it that is corrected")
    parser.add_argument("--points", default=POINTS, help="its corrections in RAS mm: '+ 10 -20 5; - 0 0 0'")
    wanted = parser.parse_args()
    own = tempfile.mkdtemp()  # a key, a library and an environment of its own
    os.environ |= {"XDG_CONFIG_HOME": own, "XDG_DATA_HOME": own, "MRIFOUNDATION_LIBRARY": own + "/library"}
    if wanted.library:
        os.environ["MRIFOUNDATION_LIBRARY_ROOTS"] = "/"
    sys.path[:] = [str(HERE), str(MODULE.parent), *(entry for entry in sys.path if entry != str(HERE))]
    from double import application, scripted_module, styles

    app = application.start()
    styles.use(app, wanted.style)
    module = scripted_module.load(MODULE)
    if "backend" in wanted.sections:
        wanted.sections.remove("backend")
        first_run(module, wanted.folder)
    if wanted.sections:
        draw_sections(app, module, wanted)


def draw_sections(app, module, wanted) -> None:
    """One picture after the other, of one panel that is connected to a backend of its own."""
    # Not before: when it is imported, `slicer` takes in every folder of its name that is on the path.
    sys.path.append(str(HERE.parent))
    from backend_process import BackendProcess
    from double import scripted_module

    volume = add_mni_scan()
    volume.CreateDefaultDisplayNodes()
    views = None
    widget = scripted_module.open_panel(module)
    backend = BackendProcess(wanted.weights)
    backend.start()
    try:
        connect(widget, backend.url, volume)
        widget.ui.profileCombo.currentText = wanted.profile
        for section in wanted.sections:
            shown_in = {"compare": "similar", "correct": "contour"}.get(section, section)
            getattr(widget.ui, f"{shown_in}Section").collapsed = False
            if section == "compare":
                views = six_up(app)
            views = views or four_up(app, volume)
            globals()[section](widget, wanted)
            if section == "segment":
                look_at_first_structure(widget)
            draw(app, widget, views, wanted.folder / FILES.get(section, f"{section}-panel.png"))
    finally:
        scripted_module.close_panel(widget)
        backend.kill()


if __name__ == "__main__":
    main()
