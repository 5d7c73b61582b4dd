"""Texts that coverage leads to, for a few seconds: no parser fails; the record of many is in docs/results/inputs.md."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from lying_script import told_of

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


HARM = {
    "ZeroDivisionError": "1 / 0",
    "no sentence": "raise __import__('mrifoundation.errors').errors.InputError('two' + chr(10) + 'lines')",
}


@pytest.mark.parametrize("told", HARM)
def test_a_parser_that_fails_or_refuses_without_a_sentence_is_told_and_its_text_is_kept(tmp_path, told):
    code, fault, kept = told_of(SCRIPT, "filename", 20, tmp_path, 'data.startswith(b"scan")', HARM[told])
    assert code == 1 and told in fault
    assert [path.read_bytes()[:4] for path in kept] == [b"scan"]
