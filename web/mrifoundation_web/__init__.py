"""The browser face: Segment, Similar scans and Classify on trame-slicer, for those who have no 3D Slicer.

It runs in an environment of its own (the extra `web`), speaks to the backend over HTTP as the Slicer module does, and takes the module's
client and scene code (`MRIFoundationLib`) as it is.
"""

import sys
from types import ModuleType

# slicer-core lacks the translations of Slicer's application, which the module's code asks for when it is imported.
_translation = ModuleType("slicer.i18n")
_translation.tr = lambda text: text
_translation.translate = lambda _context, text: text
sys.modules.setdefault("slicer.i18n", _translation)
