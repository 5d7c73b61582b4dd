"""A manifest in shards trains as the manifest itself does, from a folder, memory or S3; what is damaged is skipped and named."""

import dataclasses
import json
import logging
import tarfile
import uuid
from functools import lru_cache

import boto3
import numpy as np
import pytest
import torch
from moto.server import ThreadedMotoServer
from torch.utils.data import DataLoader

from mrifoundation.cli import main
from mrifoundation.errors import InputError
from mrifoundation_training.data import volumes
from mrifoundation_training.data.examples import Examples
from mrifoundation_training.data.layouts import read_cases
from mrifoundation_training.data.member_cache import MemberCache
from mrifoundation_training.data.pairs import WithPairs
from mrifoundation_training.data.sharding import write_shards
from mrifoundation_training.data.store import Store, StoreUnreachable
from mrifoundation_training.data.volume_memory import VolumeMemory
from mrifoundation_training.data.volumes import load_case
from mrifoundation_training.usable import usable_cases
from mrifoundation_training.weights_card import card_of


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Nothing that another test fetched is at hand."""
    monkeypatch.setattr(volumes, "members", lru_cache(MemberCache))
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path / "members"))


@pytest.fixture
def s3(monkeypatch):
    """URL of a folder in a bucket of a real S3-protocol server on loopback."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
    }.items():
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket="archive")
    yield f"s3://archive/{uuid.uuid4().hex}"  # the server forgets nothing while this process lives
    server.stop()


@pytest.fixture(params=["folder", "memory", "s3"])
def place(request, tmp_path):
    if request.param == "s3":
        return request.getfixturevalue("s3")
    return str(tmp_path / "shards") if request.param == "folder" else f"memory://{uuid.uuid4().hex}"


@pytest.fixture
def folder(small_data, tmp_path):
    write_shards(read_cases(small_data), tmp_path / "there", shard_bytes=1)
    return tmp_path / "there"


def test_shards_hold_what_the_manifest_tells_wherever_they_lie(place, small_data):
    cases = read_cases(small_data)
    done = write_shards(cases, place)
    assert (done.cases, done.shards, done.skipped) == (len(cases), 1, {})
    again = read_cases(place)
    for one, other in zip(cases, again, strict=True):
        told = [
            {f: getattr(c, f) for f in ("id", "subject", "tier", "licence", "split", "table", "region")}
            for c in (one, other)
        ]
        assert told[0] == told[1]
        here, there = load_case(one), load_case(other)
        assert np.array_equal(here.labels, there.labels) and np.array_equal(here.spacing, there.spacing)
        assert (here.image is None) == (there.image is None)
        assert here.image is None or np.array_equal(here.image, there.image)


def test_examples_are_the_same_whether_drawn_from_files_or_shards(small_recipe, folder):
    sharded = dataclasses.replace(small_recipe, manifest=str(folder))
    one, other = (Examples(usable_cases(r), r.sources, r.geometry)[5] for r in (small_recipe, sharded))
    assert torch.equal(one.image, other.image) and torch.equal(one.labels, other.labels)


def test_a_drawing_process_reads_from_s3_as_its_parent_does(small_recipe, small_data, s3):
    write_shards(read_cases(small_data), s3)
    recipe = dataclasses.replace(small_recipe, manifest=s3)
    examples = Examples(usable_cases(recipe), recipe.sources, recipe.geometry)
    there = next(iter(DataLoader(examples, batch_size=None, sampler=[3], num_workers=1)))
    here = examples[3]
    assert torch.equal(here.image, there.image) and not examples.skipped


def test_shards_are_plain_webdataset_tars(folder):
    """One sample is what shares a name up to the first dot, its parts lying side by side."""
    samples = {}
    for shard in sorted((folder / "shards").iterdir()):
        with tarfile.open(shard) as tar:
            for name in tar.getnames():
                key, part = name.split(".", 1)
                samples.setdefault(key, []).append(part)
            about = json.load(tar.extractfile(tar.getnames()[0]))
            assert about["licence"] == "CC0-1.0" and about["table"]["1"] == "liver"
    assert samples["000000000-a"] == ["json", "image.nii.gz", "labels.nii.gz"]
    assert len(samples) == 5 and samples["000000004-m"] == ["json", "labels.nii.gz"]


def test_the_same_cases_give_the_same_bytes(small_data, folder, tmp_path):
    write_shards(read_cases(small_data), tmp_path / "again", shard_bytes=1)
    for file in folder.rglob("*"):
        assert file.is_dir() or file.read_bytes() == (tmp_path / "again" / file.relative_to(folder)).read_bytes()


def test_shards_can_be_sharded_again(small_data, folder, tmp_path, capsys):
    """As for some cases of an archive, or for shards of another size; the same cases give the same bytes as from the files themselves."""
    assert main(["shard", str(folder), str(tmp_path / "again"), "--megabytes", "1"]) == 0, capsys.readouterr().err
    write_shards(read_cases(small_data), tmp_path / "once", shard_bytes=1_000_000)
    written = {file.relative_to(tmp_path / "again"): file for file in (tmp_path / "again").rglob("*") if file.is_file()}
    assert len(written) == 3
    for name, file in written.items():
        assert file.read_bytes() == (tmp_path / "once" / name).read_bytes(), name


def test_licences_and_tiers_of_shards_reach_the_card(small_recipe, folder):
    from mrifoundation.model import FoundationModel, NetworkConfig
    from mrifoundation_training.parallel.world import World

    cases = usable_cases(dataclasses.replace(small_recipe, manifest=str(folder)))
    model = FoundationModel(NetworkConfig(**small_recipe.network))
    card = card_of(small_recipe, model, cases, 1, 1.0, World(torch.device("cpu")))
    assert {(d["source"], d["tier"], d["licence"]) for d in card.training_data} == {
        ("bodies", "open", "CC0-1.0"), ("bodies", "research", "CC0-1.0"), ("maps", "open", "CC0-1.0"),
    }  # fmt: skip


def test_a_damaged_shard_costs_its_cases_only_and_they_are_named(small_recipe, folder):
    recipe = dataclasses.replace(small_recipe, manifest=str(folder))
    broken = usable_cases(recipe)[0]
    with open(folder / broken.image.shard, "r+b") as file:
        file.seek(broken.image.offset + 200)
        file.write(bytes(64))
    examples = Examples(usable_cases(recipe), recipe.sources, recipe.geometry)
    seen = {examples[draw].case_id for draw in range(12)}
    assert "a" not in seen and "b" in seen
    assert list(examples.skipped) == ["a"] and "checksum" in examples.skipped["a"]


def test_a_file_that_cannot_be_read_is_left_out_and_named(small_data, tmp_path, capsys):
    lines = small_data.read_text().splitlines()
    manifest = tmp_path / "volumes.csv"
    manifest.write_text("\n".join(line.replace("c_image.nii.gz", "broken.nii.gz") for line in lines) + "\n")
    for file in small_data.parent.iterdir():
        if file.name != "volumes.csv":
            (tmp_path / file.name).symlink_to(file)
    (tmp_path / "broken.nii.gz").write_bytes(b"no scan")
    assert main(["shard", str(manifest), str(tmp_path / "there")]) == 0
    told = capsys.readouterr()
    assert "4 cases in 1 shards" in told.out and "1 skipped" in told.out
    assert "Skipped c:" in told.err and "broken.nii.gz" in told.err
    assert "c" not in {case.id for case in read_cases(tmp_path / "there")}
    assert main(["shard", str(manifest), str(tmp_path / "there")]) == 1
    assert "holds shards already" in capsys.readouterr().err


def test_the_local_cache_never_grows_beyond_its_size_and_gives_what_it_gave(folder, tmp_path):
    members = [case.labels for case in read_cases(folder)]
    content = [member.store.read(member.shard, member.offset, member.offset + member.size) for member in members]
    (tmp_path / "cache").mkdir()
    cache = MemberCache(tmp_path / "cache", limit=2 * max(map(len, content)))
    for _ in range(2):
        for member, expected in zip(members, content, strict=True):
            assert cache.local(member).read_bytes() == expected
            assert sum(file.stat().st_size for file in cache.folder.iterdir()) <= cache.limit


def test_bounded_memory_changes_nothing_of_what_is_drawn(small_recipe):
    cases = usable_cases(small_recipe)
    free, bounded = (Examples(cases, small_recipe.sources, small_recipe.geometry) for _ in range(2))
    memory = VolumeMemory(limit=1)
    drawn = WithPairs(bounded, volumes=memory)
    for draw in range(6):
        assert torch.equal(drawn[draw][0].image, free[draw].image)
        assert len(memory) == 1


def test_a_store_that_does_not_answer_stops_the_run_and_skips_nothing(s3, small_data, monkeypatch):
    write_shards(read_cases(small_data), s3)
    case = read_cases(s3)[0]
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("mrifoundation_training.data.store.PAUSE", 0)
    monkeypatch.setattr("mrifoundation_training.data.store.TRIES", 1)
    alone = dataclasses.replace(case.image, store=Store(s3))
    with pytest.raises(StoreUnreachable, match="--resume"):
        MemberCache().local(alone)


def test_a_place_without_shards_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"index\.csv"):
        read_cases("memory://nothing-here")
