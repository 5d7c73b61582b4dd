"""Where the module lies that the tests of this folder drive."""

from pathlib import Path

MODULE_FOLDER = Path(__file__).resolve().parents[2] / "MRIFoundation"
