"""Two processes share a run: they learn what one would, keep all they need, and go on to the last bit."""

import csv
import dataclasses
import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file

from mrifoundation.errors import InputError
from mrifoundation.model import load_model
from mrifoundation_training.parallel.checkpoint import COMPLETE, complete
from mrifoundation_training.parallel.spreading import check
from mrifoundation_training.parallel.world import World
from mrifoundation_training.run import own_draws
from mrifoundation_training.stages.student_teacher import StudentTeacherSettings
from mrifoundation_training.train import train

HERE = Path(__file__).parent
WAYS = ("ddp", "fsdp", "ddp-muon", "ddp-pairs", "fsdp-pairs")


@pytest.fixture(scope="module")
def recipe(small_data):
    """As `small_recipe`, with what the student–teacher stage needs where it is switched on, and few steps."""
    from mrifoundation_training.data.source_recipe import SourceRecipe
    from mrifoundation_training.recipe import Recipe
    from mrifoundation_training.synthesis.geometry import GeometryRanges

    return Recipe(
        name="tiny",
        manifest=str(small_data),
        sources={"bodies": SourceRecipe(2, synthetic=0.3, flip=False), "maps": SourceRecipe(1, flip=False)},
        tiers=("open", "research"),
        network={"channels": (32,) * 4, "blocks": (1,) * 4, "neck_layers": 1, "neck_heads": 2, "query_dim": 32, "embed_dim": 32},
        geometry=GeometryRanges(budget=(6_000, 9_000)),
        student_teacher=StudentTeacherSettings(every=2, prototypes=(8, 8, 8), memory=(8, 16, 16), local_crops=1),
        steps=4, warmup=2, workers=0, log_every=2, save_every=2, threads=1, device="cpu",
    )  # fmt: skip


@pytest.fixture(scope="module")
def runs(recipe, tmp_path_factory):
    """Folder with a run a way, and beside most the one that was resumed from its middle."""
    folder = tmp_path_factory.mktemp("runs")
    written = folder / "recipe.yaml"
    written.write_text(yaml.safe_dump(_plain(dataclasses.asdict(recipe))), encoding="utf-8")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run(
        [*command, str(HERE / "two_processes.py"), str(written), str(folder)],
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=1500,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def test_two_processes_learn_what_one_would_from_the_same_examples(recipe, runs, tmp_path):
    train(dataclasses.replace(recipe, cases_per_step=2), tmp_path / "one")
    alone = losses(tmp_path / "one")
    for way in ("ddp", "fsdp"):
        assert losses(runs / way) == pytest.approx(alone, rel=2e-3), way


@pytest.mark.parametrize("way", WAYS[1:])
def test_a_run_that_was_cut_off_while_saving_goes_on_to_the_same_bits(runs, way):
    straight, resumed = (saved(runs / name) for name in (way, f"{way}-resumed"))
    assert straight.keys() == resumed.keys()
    for name in straight:
        assert torch.equal(straight[name], resumed[name]), name


@pytest.mark.parametrize("way", WAYS)
def test_the_weights_for_use_load_as_those_of_any_run(runs, way):
    model, card = load_model(runs / way / "weights")
    assert model.knows("liver") and card.training["hardware"].startswith("2 × CPU")
    assert all(torch.isfinite(own).all() for own in model.parameters())


def test_with_fsdp_each_process_keeps_a_part_of_every_weight(runs):
    sizes = {way: [saved_bytes(part, "model.") for part in parts_of(runs / way)] for way in ("ddp", "fsdp")}
    total = sum(sizes["ddp"])
    assert sum(sizes["fsdp"]) == total, "nothing is written twice"
    assert max(sizes["fsdp"]) < 0.7 * total


def test_what_the_stage_remembers_is_kept_of_each_process(runs):
    memories = [
        tensor
        for part in parts_of(runs / "fsdp-pairs")
        for name, tensor in load_file(part).items()
        if name.startswith("stage.") and name.endswith("voxel.recent")
    ]
    assert len(memories) == 2 and not torch.equal(*memories)


def test_throughput_and_memory_are_logged(runs):
    figures = {row["figure"]: float(row["value"]) for row in rows(runs / "ddp")}
    assert figures["examples_per_second"] > 0 and figures["megavoxels_per_second"] > 0 and figures["memory_gib"] > 0.05


def test_only_complete_saves_count(tmp_path):
    for step, marked in ((2, True), (4, False)):
        save = tmp_path / f"checkpoint-{step:09d}"
        save.mkdir()
        if marked:
            (save / COMPLETE).touch()
    assert [save.name for save in complete(tmp_path)] == ["checkpoint-000000002"]


def test_all_processes_together_draw_what_one_would():
    ranks = [own_draws(range(3, 5), 2, World(torch.device("cpu"), rank, 3)) for rank in range(3)]
    assert ranks[0] == [18, 19, 24, 25] and ranks[2] == [22, 23, 28, 29]
    assert sorted(itertools.chain(*ranks)) == own_draws(range(3, 5), 6, World(torch.device("cpu")))


def test_a_way_that_is_none_is_refused():
    with pytest.raises(InputError, match="parallel=fsdp"):
        check("horovod")


def losses(run):
    return [float(row["value"]) for row in rows(run) if row["figure"] == "loss"]


def rows(run):
    with open(run / "log.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def parts_of(run):
    return sorted(complete(run)[-1].glob("*.safetensors"))


def saved(run):
    """Name and process → tensor of the last save, which is that of the last step."""
    assert complete(run)[-1].name == "checkpoint-000000004"
    parts = [load_file(part) for part in parts_of(run)]
    assert len(parts) == 2, "each process writes its own part"
    sharded = parts[0].keys() & parts[1].keys()
    whole = {name: tensor for part in parts for name, tensor in part.items() if name not in sharded}
    return whole | {f"{name} of {rank}": part[name] for rank, part in enumerate(parts) for name in sharded}


def saved_bytes(part, prefix):
    return sum(t.numel() * t.element_size() for name, t in load_file(part).items() if name.startswith(prefix))


def _plain(value):
    """As YAML has it."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
