"""A forked Python ends as a new one does."""

import os
import subprocess
import sys

import pytest
from forked_python import run


@pytest.mark.skipif(os.name == "nt", reason="nothing can be forked")
@pytest.mark.parametrize("told", ["", "None", "3", "'no'", "['no', 2]", "[]", "''"])
def test_what_a_script_exits_with_is_its_code_or_is_printed(told):
    arguments = ["-c", f"import sys; sys.exit({told})"]
    forked, new = run(arguments), subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
    assert (forked.returncode, forked.stderr) == (new.returncode, new.stderr)
