"""python face_that_forgets.py …: the browser face with one trigger more, by which a test takes the chosen scan out of the scene."""

import sys

import slicer

import mrifoundation_web.face
from mrifoundation_web.__main__ import main


class FaceThatForgets(mrifoundation_web.face.Face):
    def __init__(self, *about):
        super().__init__(*about)
        self.server.trigger("forget")(lambda: slicer.mrmlScene.RemoveNode(self.scans.current()))


mrifoundation_web.face.Face = FaceThatForgets
sys.exit(main())
