"""The Python example of the README, as a person types it."""

import re
import shutil
from pathlib import Path

from mrifoundation.cli.demo import sample_scan

README = Path(__file__).parents[1] / "README.md"


def test_the_python_example_runs_as_it_stands(tmp_path, monkeypatch):
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    shutil.copy(sample_scan(), tmp_path / "scan.nii.gz")
    monkeypatch.chdir(tmp_path)
    made: dict = {}
    exec(example, made)
    result, better = made["result"], made["better"]
    assert [row["in_view"] for row in result.table] == [True, True]
    assert 0 < (better.labels != result.labels).sum() < 0.5 * (result.labels == 1).sum()
