"""Damaged files of every kind, a few: no reader crashes, hangs or grows; the record of many is in docs/results/inputs.md."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from mutations import mutate, mutate_text

SCRIPT = Path(__file__).with_name("mutate_files.py")
KINDS = 15


@pytest.mark.skipif(sys.platform != "linux", reason="needs the limits of Linux on memory and CPU of a process")
def test_a_few_damaged_files_of_every_kind_do_no_harm():
    command = [sys.executable, str(SCRIPT), "--count", str(6 * KINDS), "--seed", "1", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800)
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["wrong"] == [], found["wrong"]
    assert found["tried"] == 6 * KINDS and len(found["kinds"]) == KINDS
    assert found["total"]["read"] and found["total"]["refused"]


def test_the_same_seed_gives_the_same_damage():
    content = bytes(range(256)) * 8
    assert mutate(content, "a.nii", random.Random(3)) == mutate(content, "a.nii", random.Random(3))
    damaged = {mutate(content, "a.nii", random.Random(seed)) for seed in range(40)}
    assert len(damaged) > 30 and all(one != content for one in damaged)
    assert len({mutate_text("left kidney", random.Random(seed)) for seed in range(40)}) > 30


LIAR = """
import sys
import mrifoundation.volume

sys.path.insert(0, {scripts!r})
import mutate_files

mutate_files.SECONDS = 2
mrifoundation.volume.read_scan = lambda given: {harm}
mutate_files.child(mutate_files.Path({seeds!r}))
"""
HARM = {
    "crash": "__import__('os').kill(__import__('os').getpid(), 11)",
    "hang": "sum(iter(int, 1))",
    "fault": "1 / 0",
}


@pytest.mark.skipif(sys.platform != "linux", reason="needs the limits of Linux on memory and CPU of a process")
@pytest.mark.parametrize("outcome", HARM)
def test_a_reader_that_crashes_hangs_or_fails_is_told(tmp_path, monkeypatch, outcome):
    import mutate_files

    (tmp_path / "grid.json").write_text('{"shape": [4, 4, 4], "affine": [[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]}')
    liar = tmp_path / "liar.py"
    liar.write_text(LIAR.format(scripts=str(SCRIPT.parent), harm=HARM[outcome], seeds=str(tmp_path)))
    monkeypatch.setattr(mutate_files, "__file__", str(liar))
    reader = mutate_files.Reader(tmp_path)
    try:
        assert reader.ask("nifti", "anything")["outcome"] == outcome
    finally:
        reader.stop()
