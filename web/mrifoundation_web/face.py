"""The page: the chosen scan, three tabs, the status of the one running request, and the slices beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import trame_slicer.module
from MRIFoundationLib.Connection import Connection
from MRIFoundationLib.ScanRequests import ScanRequests
from trame.app import TrameApp
from trame.ui.vuetify3 import VAppLayout
from trame.widgets import client, html
from trame.widgets import vuetify3 as v3

from mrifoundation_web import application, mishap, views
from mrifoundation_web.classify_tab import ClassifyTab
from mrifoundation_web.event_loop import LoopRunner
from mrifoundation_web.machine import Machine
from mrifoundation_web.scans import Scans
from mrifoundation_web.segment_tab import SegmentTab
from mrifoundation_web.similar_tab import SimilarTab

TITLE = "MRI Foundation"
RESEARCH_USE = "For research use only, not for diagnosis."
PROFILES = ["fast", "standard", "fine"]
PANEL_WIDTH = 420
FILES = "NIfTI, NRRD or MHA files, or all files of one DICOM series"


class Face(TrameApp):
    """One process serves one person: there is one scene, and every browser that connects sees the same page."""

    def __init__(self, machine: Machine, scans: Sequence[Path] = (), server=None):
        super().__init__(server)
        self.server.enable_module(trame_slicer.module)
        self._app = app = application.start()
        layout = views.make(self.server, app)
        self._runner = LoopRunner(self.state, self._say_of_mishap)
        self.connection = Connection(self._runner, machine)
        self.requests = ScanRequests(self.connection, self._runner)
        self.state.update({"trame__title": TITLE, "tab": "segment", "profile": "standard", "profiles": PROFILES})
        self.state.update({"busy": False, "fraction": 0, "stage": "", "mishap": "", "connection_message": ""})
        self.state.update({"connection_state": "unknown", "file_message": "", "sending": False})
        self.state.client_only("sending")
        self.scans = Scans(self.server, app, self._say_of_file)
        parts = (self.server, self.scans, self.connection, self.requests)
        self.tabs = (SegmentTab(*parts), SimilarTab(*parts), ClassifyTab(*parts))
        self.requests.watch(self._show_progress)
        self.connection.listen(self._show_connection)
        self._build(layout)
        self._to_open = list(scans)
        self.server.controller.on_server_ready.add(self._ready)
        self.server.controller.on_client_connected.add(self._draw)

    def upload(self, files: list[dict]) -> None:
        """Files were chosen in the browser."""
        self._open(lambda: self.scans.upload(files))

    def _ready(self, **_about) -> None:
        with self.state:
            self.connection.test()
            self._open(lambda: self.scans.open_paths(self._to_open))

    def _open(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception as error:
            self._say_of_file(mishap.told(error))

    def _draw(self, **_about) -> None:
        """A page that was opened anew has no pictures yet, and nothing in the scene changes to make any."""
        for view in self._app.view_manager.get_views():
            view.schedule_render()

    def _say_of_file(self, message: str) -> None:
        self.state.file_message = message

    def _say_of_mishap(self, error: Exception) -> None:
        self.state.mishap = mishap.told(error)

    def _show_progress(self, fraction: float, message: str) -> None:
        self.state.update({"busy": self.requests.busy, "fraction": 100 * fraction, "stage": message})
        if self.requests.busy:
            self.state.mishap = ""

    def _show_connection(self) -> None:
        self.state.update({"connection_state": self.connection.state, "connection_message": self.connection.message})

    def _build(self, layout) -> None:
        with VAppLayout(self.server) as self.ui:
            self.ui.root.theme = "dark"
            client.Style("html { overflow: hidden; } .v-navigation-drawer { overflow-wrap: break-word; }")
            with v3.VNavigationDrawer(permanent=True, width=PANEL_WIDTH, classes="pa-3"):
                self._build_head()
                self._build_status()
                self._build_tabs()
                with v3.Template(v_slot_append=True):
                    html.Div(RESEARCH_USE, classes="text-caption text-center pa-2", id="research-use")
            with v3.VMain(classes="fill-height"):
                layout.initialize_layout_grid(self.ui)

    def _build_head(self) -> None:
        html.Div(TITLE, classes="text-h6")
        html.Div(
            "{{ connection_message }}",
            classes=("connection_state === 'failed' ? 'text-caption text-error' : 'text-caption'",),
            id="connection",
        )
        v3.VBtn("Try again", v_if=("connection_state === 'failed'",), click=self.connection.test, size="x-small")
        field = {"density": "compact", "hide_details": True}
        v3.VSelect(
            v_model=("scan",),
            items=("scans",),
            label="Scan",
            no_data_text="Open a scan first",
            classes="mt-2",
            id="scan",
            **field,
        )
        with html.Div(classes="d-flex mt-2", style="gap: 8px"):
            trigger = self.server.controller.trigger_name(self.upload)
            v3.VFileInput(
                label="Open a scan",
                title=FILES,
                multiple=True,
                change=f"sending = true; trigger('{trigger}', [$event.target.files]).finally(() => {{ sending = false }})",
                loading=("sending",),
                style="flex: 2",
                id="file",
                **field,
            )
            v3.VSelect(v_model=("profile",), items=("profiles",), label="Detail", style="flex: 1", **field)
        html.Div("{{ file_message }}", v_if=("file_message",), classes="text-caption text-error", id="file-message")

    def _build_status(self) -> None:
        with html.Div(classes="d-flex align-center mt-2", style="min-height: 32px; gap: 8px", id="status"):
            with html.Div(style="flex: 1"):
                v3.VProgressLinear(
                    model_value=("fraction",),
                    indeterminate=("busy && fraction < 0",),
                    active=("busy",),
                    color="primary",
                )
                html.Div("{{ stage }}", classes="text-caption text-truncate")
            v3.VBtn("Cancel", click=self.requests.cancel, disabled=("!busy",), size="small", id="cancel")
        html.Div("{{ mishap }}", v_if=("mishap",), classes="text-caption text-error", id="mishap")

    def _build_tabs(self) -> None:
        titles = {"segment": "Segment", "similar": "Similar", "classify": "Classify"}
        with v3.VTabs(v_model=("tab",), density="compact", grow=True):
            for name, title in titles.items():
                v3.VTab(title, value=name, id=f"tab-{name}")
        for tab in self.tabs:
            with html.Div(v_show=(f"tab === '{tab.name}'",), classes="pt-3"):
                tab.build()
