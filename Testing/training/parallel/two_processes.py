"""Run by torchrun, see test_many_processes.py: ways of sharing a run, from start to end, and most once more from their middle.

two_processes.py RECIPE FOLDER"""

import shutil
import sys
from pathlib import Path

from mrifoundation_training.parallel.checkpoint import COMPLETE
from mrifoundation_training.parallel.world import joined, leave
from mrifoundation_training.train import main

WAYS = {
    "ddp": ["parallel=ddp"],
    "fsdp": ["parallel=fsdp", "recompute=true"],
    "ddp-muon": ["parallel=ddp", "optimizer=muon"],
    "ddp-pairs": ["parallel=ddp", "student_teacher.weight=0.2"],
    "fsdp-pairs": ["parallel=fsdp", "student_teacher.weight=0.2"],
}


def killed_while_saving(run: Path, copy: Path) -> None:
    """What is left of a run whose last save was cut off before its marker was written."""
    shutil.copytree(run, copy)
    (max(copy.glob("checkpoint-*")) / COMPLETE).unlink()


recipe, folder = sys.argv[1], Path(sys.argv[2])
with joined("cpu") as world:
    for way, overrides in WAYS.items():
        assert main([recipe, *overrides, f"name={way}", f"output={folder}"]) == 0
        if way == "ddp":  # the next but one resumes all that this one would
            continue
        if world.first:
            killed_while_saving(folder / way, folder / f"{way}-resumed")
        world.wait()
        assert main([recipe, *overrides, f"name={way}", "--resume", str(folder / f"{way}-resumed")]) == 0
leave(0)
