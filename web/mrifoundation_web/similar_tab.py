"""The Similar tab: cases of the library like the scan, or like words, as a gallery; one of them can be opened."""

from __future__ import annotations

import base64

import slicer
from MRIFoundationLib import HitText, Scene, Searching
from MRIFoundationLib.Failures import NotHeld
from MRIFoundationLib.Searching import Found, Query
from trame.widgets import html
from trame.widgets import vuetify3 as v3

from mrifoundation_web.tab import NO_SCAN, Tab

HITS_SHOWN = 12


class SimilarTab(Tab):
    """Shows the nearest cases with their pictures; nothing of a case but its picture is fetched before it is opened."""

    name = "similar"

    def __init__(self, server, scans, connection, requests):
        super().__init__(server, scans, connection, requests)
        self._hits: list[dict] = []
        self.state.update({"words": "", "hits": [], "hits_of": "", "pictures": {}, "hit": None, "hit_details": ""})

    def build(self) -> None:
        v3.VTextField(
            v_model=("words",),
            label="Words (empty: like the scan alone)",
            hide_details=True,
            density="compact",
            v_on_keydown_enter=self.find,
            id="words",
        )
        v3.VBtn(
            "Find similar scans",
            click=self.find,
            disabled=("!scan && !words.trim()",),
            block=True,
            color="primary",
            classes="mt-2",
            id="find",
        )
        self.build_message()
        html.Div("Most similar to {{ hits_of }}:", v_if=("hits.length",), classes="text-caption", id="hits-of")
        self._build_gallery()
        with html.Div(v_if=("hit",), classes="mt-2", id="hit"):
            v3.VBtn("Open this scan", click=self.open, size="small", variant="tonal", id="open-hit")
            html.Div(v_html=("hit_details",), classes="text-body-2 mt-2")

    def find(self) -> None:
        """Look for cases like the chosen scan, the words, or both."""
        scan, words = self.scans.current(), self.state.words.strip()
        if scan is None and not words:
            self.say(NO_SCAN, failed=True)
            return
        wanted = [f"'{scan.GetName()}'"] if scan else []
        wanted += [f"the words '{words}'"] if words else []
        query = Query(text=words, profile=self.state.profile, count=HITS_SHOWN)

        def start() -> None:
            self._requests.start(
                [scan] if scan else [],
                lambda client, ids, progress, cancelled: Searching.search(client, ids, query, progress, cancelled),
                self.listener(lambda found: self._show(" and ".join(wanted), found)),
            )

        self.attempt(start)

    def choose(self, case: str) -> None:
        """Tell everything that is known of a hit."""
        hit = self._hit(case)
        if hit is None:
            return
        self.state.update({"hit": hit["case"], "hit_details": HitText.details(hit)})

    def open(self) -> None:
        """Open the chosen hit, or show it again when it is there."""
        hit = self._hit(self.state.hit)
        if hit is None:
            return
        present = Scene.case_volume(slicer.mrmlScene, hit["case"])
        if present:
            self.scans.add(present)
            return

        def start() -> None:
            self._requests.start(
                [],
                lambda client, _ids, progress, cancelled: Searching.fetch_case(
                    client, hit["case"], progress, cancelled
                ),
                self.listener(
                    lambda path: self.scans.add(Scene.add_case(slicer.mrmlScene, path, hit["name"], hit["case"]))
                ),
            )

        self.attempt(start)

    def _hit(self, case: str | None) -> dict | None:
        return next((hit for hit in self._hits if hit["case"] == case), None)

    def _show(self, wanted: str, found: Found) -> None:
        self._hits = found.hits
        self.state.update({"hits_of": wanted, "pictures": {}, "hit": None, "hit_details": ""})
        self.state.hits = [
            {
                "case": hit["case"],
                "name": hit["name"],
                "score": HitText.score(hit),
                "facts": HitText.facts(hit["facts"]),
            }
            for hit in found.hits
        ]
        words = f"The {len(found.hits)} most similar of {found.searched} scans."
        nothing = "No scan of the library fits: add scans with `mrifoundation library add` or in 3D Slicer."
        self.say(" ".join([words if found.hits else nothing, *found.notes]))
        cases = [hit["case"] for hit in found.hits]
        if cases:
            self._connection.fetch(
                lambda client: {case: _picture(client, case) for case in cases}, self._put, self.failed
            )

    def _put(self, pictures: dict[str, str]) -> None:
        self.state.pictures = {**self.state.pictures, **pictures}  # those of an earlier search may come late

    def _build_gallery(self) -> None:
        with (
            html.Div(
                classes="d-flex flex-wrap",
                style="gap: 6px; max-height: max(150px, 100vh - 610px); overflow-y: auto",
                id="hits",
            ),
            v3.VCard(
                v_for="one in hits",
                key=("one.case",),
                click=(self.choose, "[one.case]"),
                variant=("one.case === hit ? 'tonal' : 'outlined'",),
                width=182,
                classes="pa-1",
            ),
        ):
            html.Img(
                v_if=("pictures[one.case]",),
                src=("pictures[one.case]",),
                style="width: 172px; height: 58px; object-fit: contain",
            )
            html.Div("{{ one.name }}", classes="text-body-2 text-truncate")
            html.Div("{{ one.score }}", classes="text-caption")
            html.Div("{{ one.facts }}", classes="text-caption text-truncate")


def _picture(client, case: str) -> str:
    """The picture of a case as an address that an <img> takes, "" where it has none."""
    try:
        return "data:image/png;base64," + base64.b64encode(client.thumbnail(case)).decode()
    except NotHeld:
        return ""
