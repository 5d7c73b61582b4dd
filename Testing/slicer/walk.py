"""Walk the ways of a radiologist, a researcher and an annotator through the module with real scans, each from the first run on, and write
what each step took: python Testing/slicer/walk.py OUT.md --pack FOLDER [--profile fast].

FOLDER is the data pack (volumes.csv, images, labels). Each way begins with a module that was never opened and a backend that is
installed and not started, with a key, a cache and a library of its own. No view is drawn.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from screenshot import HERE, MODULE

OWN = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "MRIFOUNDATION_CACHE", "MRIFOUNDATION_LIBRARY")


def walk_all(pack: Path, profile: str) -> list[str]:
    """The sections of the page."""
    from double import application, scripted_module
    from walks import annotator, radiologist, researcher
    from walks.pack import Pack

    application.start()
    sys.path.append(str(HERE.parent))  # only now: slicer-core takes the folder `slicer` in it for a part of itself
    module, load, parts = scripted_module.load(MODULE), os.getloadavg()[0], []
    for way in (radiologist, researcher, annotator):
        own = Path(tempfile.mkdtemp())
        os.environ |= {name: str(own / name.lower()) for name in OWN} | {"MRIFOUNDATION_LIBRARY_ROOTS": "/"}
        walk = way.walk(module, Pack(pack.resolve(), own), profile)
        parts.append(walk.table())
    told = f"Weights `{walk.weights}`, detail *{profile}*, {os.cpu_count()} cores; load average before it began: {load:.1f}."
    return [*parts, f"## What they were walked with\n\n{told}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("out", type=Path, help="the page to write, its words above the first table are kept")
    parser.add_argument("--pack", type=Path, required=True, help="folder of the data pack")
    parser.add_argument("--profile", choices=("fast", "standard", "fine"), default="fast")
    wanted = parser.parse_args()
    sys.path[:] = [str(HERE), str(MODULE.parent), *(one for one in sys.path if one != str(HERE))]
    sections = walk_all(wanted.pack, wanted.profile)
    words = wanted.out.read_text(encoding="utf-8").split("\n## ")[0].rstrip() if wanted.out.is_file() else "# Walks"
    wanted.out.write_text("\n\n".join([words, *sections]).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
