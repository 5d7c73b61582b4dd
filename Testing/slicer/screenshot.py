"""Draw the module with slice views beside it: python Testing/slicer/screenshot.py OUT.png [--weights FOLDER]
[--prompt TEXT]

The scan is the MNI152 T1 image that the nilearn package carries; the backend is a real one with the shipped weights.
"""

import argparse
import importlib.util
import os
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULE = HERE.parents[1] / "MRIFoundation/MRIFoundation.py"
PROMPT = "both hippocampi, thalamus, caudate nucleus, putamen, lateral ventricle, brainstem"
PANEL_WIDTH, WIDTH, HEIGHT = 430, 1360, 820


def add_mni_scan():
    """The MNI152 T1 image of nilearn, 1 mm, as a volume of the scene."""
    import nibabel as nib
    import numpy as np
    from volumes import add_volume

    folder = Path(importlib.util.find_spec("nilearn").submodule_search_locations[0])
    [path] = folder.glob("datasets/data/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz")
    image = nib.load(path)
    return add_volume("MNI152 T1", np.asarray(image.dataobj, np.float32), image.affine)


def segment(widget, url: str, volume, prompt: str) -> None:
    """Connect and ask as a person would; the slices go to the first structure."""
    from double.events import wait_until

    widget.backendPanel.ui.addressLine.text = url
    widget.backendPanel.ui.testButton.click()
    wait_until(lambda: widget.connection.connected, 300, "the connection")
    ui = widget.segmentPanel.ui
    ui.scanSelector.setCurrentNode(volume)
    ui.promptLine.setText(prompt)
    ui.promptLine.cursorPosition = 0
    ui.segmentButton.click()
    wait_until(lambda: not widget.segmentLogic.busy, 900, "the segmentation")
    if ui.show3DButton.visible:
        ui.show3DButton.click()
        ui.resultTable.selectRow(0)
        ui.resultTable.cellClicked.emit(0, 1)


def draw(app, widget, views, path: str) -> None:
    """One picture: the module panel on the left, four views on the right."""
    import qt

    canvas = qt.QPixmap(WIDTH, HEIGHT)
    canvas.fill(qt.QColor(20, 20, 24))
    painter = qt.QPainter(canvas)
    widget.parent.resize(PANEL_WIDTH, HEIGHT)
    app.processEvents()
    painter.drawPixmap(0, 0, widget.parent.grab())
    for place, view in enumerate(views):
        picture = view.picture()
        rows, columns, _ = picture.shape
        image = qt.QImage(picture.tobytes(), columns, rows, 3 * columns, qt.QImage.Format_RGB888)
        painter.drawImage(PANEL_WIDTH + 4 + place % 2 * (columns + 4), place // 2 * (rows + 4), image)
    painter.end()
    canvas.toImage().convertToFormat(qt.QImage.Format_RGB888).save(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--weights", type=Path, help="folder of weights instead of the shipped ones")
    parser.add_argument("--prompt", default=PROMPT)
    wanted = parser.parse_args()
    os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp()  # a key of its own
    sys.path[:] = [str(HERE), str(MODULE.parent), *(entry for entry in sys.path if entry != str(HERE))]
    from backend_process import BackendProcess
    from double import application, scripted_module
    from double.slice_views import SliceView, ThreeDView

    app = application.start()
    volume = add_mni_scan()
    volume.CreateDefaultDisplayNodes()
    size = ((WIDTH - PANEL_WIDTH - 8) // 2, (HEIGHT - 4) // 2)
    views = [SliceView(app, "Red", volume, size), ThreeDView(app, size)]
    views += [SliceView(app, "Yellow", volume, size), SliceView(app, "Green", volume, size)]
    widget = scripted_module.open_panel(scripted_module.load(MODULE))
    backend = BackendProcess(wanted.weights)
    backend.start()
    try:
        segment(widget, backend.url, volume, wanted.prompt)
        draw(app, widget, views, wanted.out)
    finally:
        scripted_module.close_panel(widget)
        backend.kill()


if __name__ == "__main__":
    main()
