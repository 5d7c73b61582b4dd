"""One test of a copy of the module, in a process that begins with Slicer, Qt and VTK loaded; see test_planted_mistakes.py.

    planted_trial.py FOLDER TEST

Exits as pytest does: 0 passed, 1 failed. To load them anew takes longer than most of the tests."""

import os
import sys
from pathlib import Path

LOADED = Path(__file__).with_name("loaded_for_trials.py")


def _without_this_repository(entries: list[str]) -> list[str]:
    repository = Path(__file__).resolve().parents[2]
    folders = repository / "Testing", repository / "MRIFoundation"
    return [entry for entry in entries if not any(Path(entry).resolve().is_relative_to(one) for one in folders)]


if __name__ == "__main__":
    import pytest

    folder, test = sys.argv[1:]
    os.chdir(folder)
    sys.path[:] = _without_this_repository(sys.path)  # or the module of the tests that started this one is found
    sys.exit(int(pytest.main(["-x", "-q", f"Testing/slicer/{test}"])))
