"""A script of fuzzing whose readers do harm, so that a test sees whether that is told."""

import json
import subprocess
import sys
from pathlib import Path

LIAR = """
import sys
sys.path.insert(0, {folder!r})
import {script} as script

script.__file__ = __file__  # which its children run
honest = script.reader_of

def reader_of(*given):
    read, begun = honest(*given), []
    def lie(data):
        begun.append(data)
        if {when}:
            {harm}
        return read(data)
    return lie

script.reader_of = reader_of
sys.exit(script.main())
"""


def told_of(script: Path, target: str, seconds: int, folder: Path, when: str, harm: str) -> tuple[int, str, list[Path]]:
    """Exit code, what is told as the fault, and the inputs that are kept. when, harm: Python for the moment, which sees the input as `data`
    and all so far as `begun`, and for what is done then."""
    liar, kept = folder / "liar.py", folder / "kept"
    liar.write_text(LIAR.format(folder=str(script.parent), script=script.stem, when=when, harm=harm))
    command = [sys.executable, str(liar), target, "--seconds", str(seconds), "--json", "--keep", str(kept)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)[target]["fault"], list((kept / target).iterdir())
