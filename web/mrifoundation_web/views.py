"""The three slice views; no volume rendering, which a CPU has no time for."""

from __future__ import annotations

from trame.widgets import html
from trame_slicer.app.logic.slice_view_logic import connect_slice_view_slider_to_state
from trame_slicer.app.ui.slider import Slider
from trame_slicer.app.ui.view_gutter import create_vertical_view_gutter_ui
from trame_slicer.core import LayoutManager, SlicerApp
from trame_slicer.rca_view import register_rca_factories
from trame_slicer.views import Layout, LayoutDirection, ViewLayoutDefinition

_NAME = "slices"
_SIDES = {
    "Axial": ("R", "A"),
    "Sagittal": ("A", "S"),
    "Coronal": ("R", "S"),
}  # what is on the left of the screen, and above
_LETTER = "position: absolute; color: #d8c878; pointer-events: none;"


def make(server, app: SlicerApp) -> LayoutManager:
    """Axial beside coronal and sagittal; the manager puts them into a page."""
    register_rca_factories(app.view_manager, server, slice_view_ui_f=_around)
    manager = LayoutManager(app.scene, app.view_manager, server)
    views = ViewLayoutDefinition
    right = Layout(LayoutDirection.Vertical, [views.sagittal_view(), views.coronal_view()])
    manager.register_layout(_NAME, Layout(LayoutDirection.Horizontal, [views.axial_view(), right]))
    manager.set_layout(_NAME)
    return manager


def _around(server, view_id: str, view) -> None:
    """A button that shows the whole slice again, a slider through the slices, and which side is which."""
    create_vertical_view_gutter_ui(server, view_id, view)
    left, top = _SIDES[view.get_orientation()]
    html.Div(left, style="left: 8px; top: 50%;" + _LETTER)
    html.Div(top, style="left: 50%; top: 6px;" + _LETTER)
    with html.Div(classes="slice-slider-gutter", style="position: absolute; bottom: 0; left: 0; width: 100%"):
        slider = connect_slice_view_slider_to_state(server, view)
        Slider(classes="slice-slider", typed_state=slider, theme="dark", dense=True)
