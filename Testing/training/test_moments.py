"""What the optimiser keeps is found again by name: with a stage more or less, and in saves that went by number."""

import copy
import dataclasses

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from mrifoundation.errors import InputError
from mrifoundation.model import FoundationModel, NetworkConfig
from mrifoundation_training.learner import Learner
from mrifoundation_training.optimizer import new_optimizer
from mrifoundation_training.parallel.checkpoint import load_shards, save_shards
from mrifoundation_training.parallel.world import World
from mrifoundation_training.run import after_collapse
from mrifoundation_training.run_state import TENSORS, load_state, save_state
from mrifoundation_training.stages.student_teacher import StudentTeacher, StudentTeacherSettings

SETTINGS = StudentTeacherSettings(weight=1.0, prototypes=(8, 8, 8), memory=(8, 16, 16))


@dataclasses.dataclass
class Trained:
    """A network, perhaps a stage, and their optimiser; after a step each weight is remembered with a value of its own."""

    model: FoundationModel
    average: FoundationModel
    stage: StudentTeacher | None
    optimizer: object

    def remembered(self) -> dict[str, dict[str, torch.Tensor]]:
        """Name of the weight → what is kept of it."""
        parts = [("model", self.model), *([("stage", self.stage)] if self.stage else [])]
        names = {own: f"{part}.{name}" for part, module in parts for name, own in module.named_parameters()}
        return {names[own]: kept for own, kept in self.optimizer.state.items() if kept}


@pytest.fixture
def begun(small_recipe):
    config = NetworkConfig(names=("liver", "spleen"), **small_recipe.network)

    def begin(optimizer, staged, stepped=True):
        model = FoundationModel(config).to(memory_format=torch.channels_last_3d)
        stage = StudentTeacher(config, SETTINGS, {}) if staged else None
        average = copy.deepcopy(model)
        one = Trained(
            model, average, stage, new_optimizer(model, dataclasses.replace(small_recipe, optimizer=optimizer), stage)
        )
        if stepped:
            for own in [*model.parameters(), *(stage.trained() if stage else ())][::-1]:
                own.grad = torch.randn_like(own)
            one.optimizer.step()
            one.optimizer.zero_grad()
        return one

    return begin


def by_number(folder, one):
    """Turn a save into one of before the names."""
    tensors = load_file(folder / TENSORS)
    with safe_open(folder / TENSORS, framework="pt") as file:
        metadata = file.metadata()
    tensors = {key: value for key, value in tensors.items() if not key.startswith("optimizer.")}
    for number, kept in one.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{number}.{what}": value.contiguous() for what, value in kept.items()}
    save_file(tensors, folder / TENSORS, metadata=metadata)


@pytest.mark.parametrize("numbered", [False, True], ids=["by name", "by number"])
@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
@pytest.mark.parametrize("before, after", [(True, True), (False, True), (True, False)])
def test_each_weight_finds_its_own_whatever_else_is_trained(begun, tmp_path, optimizer, before, after, numbered):
    first, second = begun(optimizer, before), begun(optimizer, after, stepped=False)
    save_state(tmp_path, 7, first.model, first.average, first.optimizer, first.stage)
    if numbered:
        by_number(tmp_path, first)
    assert load_state(tmp_path, second.model, second.average, second.optimizer, second.stage) == 7
    kept, found = first.remembered(), second.remembered()
    assert found.keys() == {name for name in kept if after or name.startswith("model.")}
    for name, values in found.items():
        assert values.keys() == kept[name].keys()
        assert all(torch.equal(value, kept[name][what]) for what, value in values.items()), name
    for own in second.model.parameters():
        own.grad = torch.ones_like(own)
    second.optimizer.step()


def test_another_optimiser_is_said_not_guessed(begun, tmp_path):
    first, second = begun("muon", False), begun("adamw", False, stepped=False)
    save_state(tmp_path, 7, first.model, first.average, first.optimizer)
    with pytest.raises(InputError, match="optimizer=muon"):
        load_state(tmp_path, second.model, second.average, second.optimizer)


@pytest.mark.parametrize("before, after", [(False, True), (True, False)])
def test_a_run_on_several_processes_may_gain_or_lose_the_stage_too(begun, small_recipe, tmp_path, before, after):
    world = World(torch.device("cpu"))
    first, second = begun("muon", before), begun("muon", after, stepped=False)
    learners = [Learner(one.model, one.stage, small_recipe, None) for one in (first, second)]
    save_shards(tmp_path, 7, world, learners[0], first.average, first.optimizer)
    assert load_shards(tmp_path, world, learners[1], second.average, second.optimizer) == 7
    kept, found = first.remembered(), second.remembered()
    for name in (name for name in kept if name.startswith("model.")):
        assert all(torch.equal(value, kept[name][what]) for what, value in found[name].items()), name
    assert "What" in after_collapse(tmp_path), "there is a save to go on from"
