"""Texts that coverage leads to, for a few seconds: no parser fails; the record of many is in docs/results/inputs.md."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("fuzz_text.py")

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="needs atheris: pip install 'mrifoundation[fuzz]'"
)


def test_no_text_does_harm():
    done = subprocess.run([sys.executable, str(SCRIPT), "--seconds", "3", "--json"], capture_output=True, text=True)
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert done.returncode == 0 and {told["fault"] for told in found.values()} == {None}, found
    assert len(found) == 6 and all(told["tried"] > 20 for told in found.values())
    assert sum(told["read"] for told in found.values()) and sum(told["refused"] for told in found.values())


LIAR = """
import sys
sys.path.insert(0, {scripts!r})
import fuzz_text

fuzz_text.__file__ = __file__  # which its children run
honest = fuzz_text.reader_of

def reader_of(target):
    read = honest(target)
    def lie(data):
        if data.startswith(b"scan"):
            {harm}
        return read(data)
    return lie

fuzz_text.reader_of = reader_of
sys.exit(fuzz_text.main())
"""
HARM = {
    "ZeroDivisionError": "1 / 0",
    "no sentence": "raise __import__('mrifoundation.errors').errors.InputError('two' + chr(10) + 'lines')",
}


@pytest.mark.parametrize("told", HARM)
def test_a_parser_that_fails_or_refuses_without_a_sentence_is_told_and_its_text_is_kept(tmp_path, told):
    liar = tmp_path / "liar.py"
    liar.write_text(LIAR.format(scripts=str(SCRIPT.parent), harm=HARM[told]))
    command = [sys.executable, str(liar), "filename", "--seconds", "20", "--json", "--keep", str(tmp_path / "kept")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and told in json.loads(done.stdout)["filename"]["fault"], done
    assert [path.read_bytes()[:4] for path in (tmp_path / "kept" / "filename").iterdir()] == [b"scan"]
