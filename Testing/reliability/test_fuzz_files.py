"""Files that coverage leads to, for a few seconds: no reader fails; the record of many is in docs/results/inputs.md."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("fuzz_files.py")

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="needs atheris: pip install 'mrifoundation[fuzz]'"
)


@pytest.mark.parametrize("target", ["nrrd", "rtstruct"])
def test_no_file_does_harm(target):
    """One reader in C++ and one in Python; all ten take minutes to start."""
    command = [sys.executable, str(SCRIPT), target, "--seconds", "3", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)[target]
    assert done.returncode == 0 and found["fault"] is None, found
    assert found["read"] and found["refused"] and found["edges"] >= found["edges_of_seeds"] > 0


LIAR = """
import sys
sys.path.insert(0, {scripts!r})
import fuzz_files

fuzz_files.__file__ = __file__  # which its children run
honest = fuzz_files.reader_of

def reader_of(target, folder):
    read, begun = honest(target, folder), []
    def lie(data):
        begun.append(data)
        if len(begun) > 9:
            {harm}
        return read(data)
    return lie

fuzz_files.reader_of = reader_of
sys.exit(fuzz_files.main())
"""
HARM = {
    "ZeroDivisionError": "1 / 0",
    "crash": "with __import__('mrifoundation.volume.quiet').volume.quiet.quiet_libraries(): __import__('os').abort()",
    "memory": "bytearray(b'x') * (2 << 30)",
}


@pytest.mark.parametrize("told", HARM)
def test_a_reader_that_fails_dies_or_takes_too_much_is_told_and_its_file_is_kept(tmp_path, told):
    liar = tmp_path / "liar.py"
    liar.write_text(LIAR.format(scripts=str(SCRIPT.parent), harm=HARM[told]))
    command = [sys.executable, str(liar), "nrrd", "--seconds", "60", "--json", "--keep", str(tmp_path / "kept")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and told in json.loads(done.stdout)["nrrd"]["fault"], done
    assert [path.name.partition("-")[0] for path in (tmp_path / "kept" / "nrrd").iterdir()] == ["crash"]
