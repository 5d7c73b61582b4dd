"""Every recipe that ships is valid, and overrides reach where they should."""

from importlib.resources import files

import pytest

from mrifoundation.errors import InputError
from mrifoundation.model import FoundationModel, NetworkConfig
from mrifoundation_training.recipe import as_yaml, read_recipe

CONFIGS = files("mrifoundation_training") / "configs"
RECIPES = sorted((one for one in CONFIGS.iterdir() if one.is_file()), key=lambda f: f.name)


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.name)
def test_a_shipped_recipe_is_valid_and_its_network_can_be_built(path):
    recipe = read_recipe(path)
    model = FoundationModel(NetworkConfig(names=("liver",), **recipe.network))
    millions = sum(p.numel() for p in model.parameters()) / 1e6
    assert 2 < millions < 25
    assert recipe.steps > 0 and all((s.weight > 0) != s.lesion_shapes for s in recipe.sources.values())


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.name)
def test_a_shipped_recipe_names_sources_of_the_data_pack(path, data_pack):
    from mrifoundation_training.data.manifest import read_manifest

    known = {case.source for case in read_manifest(data_pack / "volumes.csv") if case.labels and case.split == "train"}
    assert set(read_recipe(path).sources) <= known


def test_overrides_reach_inside():
    recipe = read_recipe(
        RECIPES[-1], ["steps=7", "geometry.partial=0.5", "learning_rate=3e-4", "sources.chaos.weight=2"]
    )
    assert (recipe.steps, recipe.geometry.partial, recipe.learning_rate) == (7, 0.5, 3e-4)
    assert recipe.sources["chaos"].weight == 2 and not recipe.sources["chaos"].flip


@pytest.mark.parametrize("override", ["steps", "stepz=3", "geometry.wrap_mm=2", "sources.chaos.wait=1"])
def test_a_wrong_override_is_refused(override):
    with pytest.raises(InputError, match=r"no field|not an override"):
        read_recipe(RECIPES[0], [override])


@pytest.mark.parametrize(
    "override, field, wanted",
    [
        ("steps=ten", "steps", "a whole number, 1 or more"),
        ("steps=0", "steps", "a whole number, 1 or more"),
        ("steps=1.5e1.5", "steps", "a whole number"),
        ("threads=two", "threads", "a whole number, 0 or more"),
        ("log_every=0", "log_every", "1 or more"),
        ("learning_rate=-1", "learning_rate", "a number, 0 or more"),
        ("learning_rate=.nan", "learning_rate", "a number"),
        ("recompute=1", "recompute", "true or false"),
        ("realistic=80", "realistic", "a number from 0 to 1"),
        ("tiers=open", "tiers", "a list"),
        ("name=7", "name", "text"),
        ("name=", "name", "text"),
        ("geometry.budget=5", "geometry.budget", "a list of 2"),
        ("geometry.budget=[9, 5]", "geometry.budget", "the smaller one first"),
        ("geometry.budget=[a, b]", "geometry.budget", "a list of 2, each a whole number"),
        ("geometry=5", "geometry", "fields with their values"),
        ("sources=", "The recipe", "sources"),
        ("sources={a: 1}", "sources.a", "fields with their values"),
        ("sources={a: {}}", "sources.a", "lacks its weight"),
        ("sources.chaos.margin_mm=[1, 2]", "sources.chaos.margin_mm", "a number, 0 or more; or a list of 3"),
        ("sources.chaos.rename=[x]", "sources.chaos.rename", "fields with their values"),
        ("sources.chaos.rename={x: 7}", "sources.chaos.rename", "text"),
        ("sources={a: {", "sources={a: {", "brackets"),
        ("steps.more=3", "steps.more=3", "has no fields"),
        ("student_teacher.memory=[1, 2]", "student_teacher.memory", "a list of 3"),
        ("reports={written: 2}", "reports.written", "set reports.changed=3"),
        ("words.structures=0", "words.structures", "1 or more"),
        ("network.channels=[32, 64]", "The network", "four levels"),
        ("network.channels=32", "network.channels", "a list"),
        ("network.widths=[32]", "network", "no field 'widths'"),
        ("network.neck_heads=5", "network.neck_heads", "divide the last"),
        ("network.names=[liver]", "network.names", "leave it out"),
    ],
)
def test_a_wrong_value_is_said_with_its_field_and_what_would_do(override, field, wanted):
    with pytest.raises(InputError) as told:
        read_recipe(RECIPES[0], [override])
    assert field in str(told.value) and wanted in str(told.value)


def test_whole_numbers_and_powers_of_ten_are_read_as_meant():
    recipe = read_recipe(RECIPES[-1], ["steps=1e4", "geometry.budget=[1e4, 2.5e4]", "init=", "weight_decay=1E-3"])
    assert recipe.steps == 10_000 and isinstance(recipe.steps, int) and recipe.geometry.budget == (10_000, 25_000)
    assert recipe.init == "" and recipe.weight_decay == 1e-3


@pytest.mark.parametrize("content", ["", "- name: x", "name: x\nmanifest: y"])
def test_a_file_that_is_no_recipe_ends_with_one_sentence(content, tmp_path):
    (tmp_path / "r.yaml").write_text(content)
    with pytest.raises(InputError, match=r"holds no fields|names no sources"):
        read_recipe(tmp_path / "r.yaml")


def test_the_networks_of_all_sources_show_them_alike():
    small, base = (read_recipe(CONFIGS / f"{name}.yaml") for name in ("small", "base"))
    assert small.sources == base.sources and small.tiers == base.tiers and small.strangers == base.strangers
    assert small.sources["panoptica"].rename == {"spinal cord": "spinal canal", "spinal canal": "spinal cord"}
    assert small.network != base.network


def test_only_a_recipe_that_says_so_learns_from_free_words_and_written_reports():
    small, base = (read_recipe(CONFIGS / f"{name}.yaml") for name in ("small", "base"))
    assert base.words.weight and base.reports.written and base.reports.regions and base.reports.changed
    assert not (small.words.weight or small.reports.written or small.reports.regions or small.reports.changed)
    assert small.reports.weight == base.reports.weight


def test_what_a_recipe_says_goes_before_what_it_includes(tmp_path):
    (tmp_path / "other.yaml").write_text("manifest: a.csv\nsteps: 5\nsources: {a: {weight: 1}, b: {weight: 1}}\n")
    (tmp_path / "r.yaml").write_text("name: x\ninclude: other.yaml\nsteps: 7\n")
    recipe = read_recipe(tmp_path / "r.yaml", ["sources.b.weight=3"])
    assert (recipe.manifest, recipe.steps) == ("a.csv", 7)
    assert [source.weight for source in recipe.sources.values()] == [1, 3]
    (tmp_path / "r.yaml").write_text("name: x\ninclude: none.yaml\n")
    with pytest.raises(InputError, match=r"none\.yaml cannot be read"):
        read_recipe(tmp_path / "r.yaml")


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.name)
def test_a_recipe_that_a_run_writes_down_is_read_as_it_was(path, tmp_path):
    recipe = read_recipe(path, ["development_people=3", "tiers=[own]"])
    (tmp_path / "recipe.yaml").write_text(as_yaml(recipe), encoding="utf-8")
    assert read_recipe(tmp_path / "recipe.yaml") == recipe
