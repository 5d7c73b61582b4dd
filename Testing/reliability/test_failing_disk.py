"""A disk that is full, read-only or forgetful: the answer arrives all the same, and the trouble is said."""

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import numpy as np
import pytest


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 8 MB of its own."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("needs root on Linux to mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if made.returncode:
        pytest.skip(f"no disk can be mounted here ({made.stderr.strip()})")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def remount(disk, how):
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


def fill(disk):
    with open(disk / "filler", "wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass


def answered(service, voxels, affine):
    """Ask twice, as anybody does."""
    head = service.send(voxels, affine).json()["id"]
    for prompts in (["liver"], ["spleen", "brainstem"]):
        job = service.segment(head, prompts)
        assert service.finished(job)["state"] == "done"
        assert service.labels(job)[0].any()


def troubles_said_once(service, number):
    """What volumes, encodings and jobs say, and the audit trail where it lies there as well."""
    troubles, said = service.get("/readyz").json()["troubles"], service.log()
    assert len(troubles) == number and all("make room" in one for one in troubles)
    assert [said.count(trouble) for trouble in troubles] == [1] * number
    return troubles


def test_on_a_full_disk_answers_arrive_and_it_is_said_until_there_is_room(
    start, small_disk, head_voxels, oblique_affine
):
    service = start(cache=small_disk / "cache")
    service.wait_until_ready()
    fill(small_disk)
    answered(service, head_voxels, oblique_affine)
    troubles = troubles_said_once(service, 4)
    (small_disk / "filler").unlink()
    assert service.get("/readyz").json()["troubles"] == []  # nothing was asked since
    answered(service, head_voxels[:, :, ::-1], oblique_affine)
    assert service.get("/readyz").json()["troubles"] == []
    assert [service.log().count(trouble) for trouble in troubles] == [1] * 4


def test_what_a_full_disk_did_not_take_is_written_when_there_is_room_and_survives_a_kill(
    start, small_disk, head_voxels, oblique_affine
):
    first = start(cache=small_disk / "cache")
    first.wait_until_ready()
    head = first.send(head_voxels, oblique_affine).json()["id"]
    fill(small_disk)
    job = first.segment(head, ["liver"])
    assert first.finished(job)["state"] == "done"
    labels = first.labels(job)[0]
    assert any(trouble.startswith("Jobs") for trouble in first.get("/readyz").json()["troubles"])
    (small_disk / "filler").unlink()
    assert first.get("/readyz").json()["troubles"] == []
    first.process.kill()
    first.process.wait()
    second = start(cache=small_disk / "cache")
    assert second.get(f"/v1/jobs/{job}").json()["state"] == "done"
    assert np.array_equal(second.labels(job)[0], labels)


def test_what_a_full_disk_did_not_take_is_written_soon_after_though_nobody_asks(
    start, small_disk, head_voxels, oblique_affine
):
    cache = small_disk / "cache"
    first = start(cache=cache)
    first.wait_until_ready()
    fill(small_disk)
    head = first.send(head_voxels, oblique_affine).json()["id"]
    job = first.segment(head, ["liver"])
    assert first.finished(job)["state"] == "done" and not list((cache / "volumes").glob("*.safetensors"))
    (small_disk / "filler").unlink()
    until = time.monotonic() + 30
    while not (cache / "volumes" / f"{head}.safetensors").exists() or not known_on_disk(cache, job):
        assert time.monotonic() < until, "nothing was written"
        time.sleep(0.2)
    first.process.kill()
    first.process.wait()
    second = start(cache=cache)
    assert second.get(f"/v1/volumes/{head}").ok and second.get(f"/v1/jobs/{job}").json()["state"] == "done"


def known_on_disk(cache, job):
    with closing(sqlite3.connect(f"file:{cache / 'jobs' / 'jobs.sqlite'}?mode=ro", uri=True)) as disk:
        return disk.execute("SELECT count(*) FROM jobs WHERE id = ?", (job,)).fetchone()[0] == 1


def test_a_file_that_a_full_disk_cannot_take_is_told_as_such_and_taken_when_there_is_room(start, small_disk, head_file):
    service = start(cache=small_disk / "cache")
    service.wait_until_ready()
    content, named = head_file.read_bytes(), {"X-Filename": "head.nii.gz"}
    fill(small_disk)
    refused = service.post("/v1/volumes", data=content, headers=named)
    assert refused.status_code == 507 and "make room there and send it again" in refused.json()["error"]
    (small_disk / "filler").unlink()
    assert service.post("/v1/volumes", data=content, headers=named).ok


def test_on_a_read_only_disk_answers_arrive_and_it_is_said(start, small_disk, tmp_path, head_voxels, oblique_affine):
    """But for the audit trail, without which a service does not start: that lies on another disk here."""
    place = {"cache": small_disk / "cache", "MRIFOUNDATION_AUDIT": str(tmp_path / "audit.jsonl")}
    first = start(**place)  # which makes the folders
    first.wait_until_ready()
    first.stop()
    remount(small_disk, "ro")
    service = start(**place)
    service.wait_until_ready()
    answered(service, head_voxels, oblique_affine)
    troubles_said_once(service, 3)
    remount(small_disk, "rw")
    assert service.get("/readyz").json()["troubles"] == []


@pytest.mark.parametrize("damage", ["cut off", "altered"])
def test_what_the_cache_holds_damaged_is_made_again(start, tmp_path, head_voxels, oblique_affine, damage):
    first = start()
    first.wait_until_ready()
    head = first.send(head_voxels, oblique_affine).json()["id"]
    job = first.segment(head, ["liver", "spleen"])
    first.finished(job)
    labels = first.labels(job)[0]
    first.stop()
    [entry] = (tmp_path / "cache" / "encodings").glob("*.safetensors")
    content = bytearray(entry.read_bytes())
    middle = len(content) // 2
    if damage == "altered":
        content[middle : middle + 64] = bytes(byte ^ 255 for byte in content[middle : middle + 64])
    entry.write_bytes(content if damage == "altered" else content[:middle])
    second = start()
    second.wait_until_ready()
    job = second.segment(head, ["liver", "spleen"])
    assert second.finished(job)["state"] == "done"
    assert np.array_equal(second.labels(job)[0], labels)
    assert "dropping an unreadable cache file" in second.log()


def test_a_damaged_scan_is_not_believed_but_asked_for_again(start, tmp_path, head_voxels, oblique_affine):
    first = start()
    head = first.send(head_voxels, oblique_affine).json()["id"]
    first.stop()
    [entry] = (tmp_path / "cache" / "volumes").glob("*.safetensors")
    content = bytearray(entry.read_bytes())
    content[-50] ^= 255
    entry.write_bytes(content)
    second = start()
    refused = second.get(f"/v1/volumes/{head}")
    assert refused.status_code == 404 and "send it again" in refused.json()["error"]
    assert second.send(head_voxels, oblique_affine).json()["id"] == head
