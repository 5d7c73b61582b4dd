"""The clock on the wall is set by hours while the service runs, waits and is away: nothing is lost, forgotten or let through by it."""

import json
import os
import subprocess
import sys
import time

import nibabel as nib
import numpy as np
import pytest
from clock import WallClock
from running_service import Service

AHEAD_AND_BACK = pytest.mark.parametrize("hours", [5, -5])


@pytest.fixture
def clock(tmp_path):
    return WallClock(tmp_path)


@pytest.fixture
def start(clock, tiny_weights, tmp_path, monkeypatch):
    """start(…) → a service in a process of its own, under the clock that the test sets."""
    started = []

    def start(**settings):
        with monkeypatch.context() as patch:
            for name, value in {**clock.settings, **settings}.items():
                patch.setenv(name, value)
            started.append(Service(tiny_weights, tmp_path / "cache"))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


def date_of(service):
    """Hours ahead of the true time that the service believes."""
    from email.utils import parsedate_to_datetime

    told = parsedate_to_datetime(service.get("/healthz").headers["Date"]).timestamp()
    return round((told - time.time()) / 3600)


@AHEAD_AND_BACK
def test_what_runs_and_waits_is_done_and_what_is_kept_is_kept(
    start, clock, large_scan, head_voxels, oblique_affine, hours
):
    service = start()
    service.wait_until_ready()
    head = service.send(head_voxels, oblique_affine).json()["id"]
    before = service.segment(head, ["liver"])
    labels = service.finished(before) and service.labels(before)[0]
    large = service.send(large_scan, np.eye(4)).json()["id"]
    running = service.post(f"/v1/volumes/{large}/encode", json={"profile": "fast"}).json()["job"]
    waiting = service.segment(head, ["spleen"])
    clock.set(hours)
    time.sleep(1.1)  # uvicorn writes the date anew every second
    assert date_of(service) == hours
    assert service.finished(running)["state"] == service.finished(waiting)["state"] == "done"
    assert np.array_equal(service.labels(before)[0], labels)
    assert service.get("/readyz").json() == {"status": "ok", "troubles": []}
    clock.set(0)
    assert service.finished(service.segment(head, ["brainstem"]))["state"] == "done"


@AHEAD_AND_BACK
def test_a_job_that_waited_while_the_service_was_away_is_taken_up(start, clock, large_scan, hours):
    service = start()
    service.wait_until_ready()
    large = service.send(large_scan, np.eye(4)).json()["id"]
    job = service.post(f"/v1/volumes/{large}/encode", json={"profile": "fine"}).json()["job"]
    service.process.kill()
    service.process.wait()
    clock.set(hours)
    again = start()
    assert again.finished(job)["state"] == "done"


@AHEAD_AND_BACK
def test_a_limit_of_requests_neither_opens_nor_closes(start, clock, hours):
    service = start(MRIFOUNDATION_REQUESTS_PER_MINUTE="30")
    asked = "/v1/volumes/" + "0" * 64

    def granted():
        """How many are let through until one is refused, and that refusal."""
        count = 0
        while (answer := service.get(asked)).status_code == 404:
            count += 1
        assert answer.status_code == 429
        return count, answer

    granted()
    clock.set(hours)
    since = time.monotonic()
    count, refused = granted()
    assert count <= 1 + (time.monotonic() - since) / 2  # one every two seconds
    wait = int(refused.headers["Retry-After"])
    assert 0 < wait <= 3
    time.sleep(wait)
    assert service.get(asked).status_code == 404


def test_a_purge_after_the_clock_was_set_back_tells_what_stays_and_until_when(
    clock, tiny_weights, head_voxels, tmp_path
):
    settings = {
        **os.environ,
        **clock.settings,
        "MRIFOUNDATION_WEIGHTS": str(tiny_weights),
        "MRIFOUNDATION_CACHE": str(tmp_path / "cache"),
    }
    rows = ["id,subject,source,path,region,sequence,caption"]
    for name in ("one", "two", "three"):
        voxels = np.roll(head_voxels, len(name), axis=len(rows) % 3)
        nib.save(nib.Nifti1Image(voxels, np.diag([3.0, 3, 3, 1])), tmp_path / f"{name}.nii.gz")
        rows.append(
            f"{name},{name},made,{name}.nii.gz,brain,T1,{'a fall in Quendelbrook' if name == 'one' else 'a head'}"
        )
    (tmp_path / "volumes.csv").write_text("\n".join(rows[:3]) + "\n")
    (tmp_path / "later.csv").write_text("\n".join([rows[0], rows[3]]) + "\n")

    def library(*words):
        command = [
            sys.executable,
            "-m",
            "mrifoundation",
            "library",
            *words,
            "--library",
            str(tmp_path / "library"),
            "--json",
        ]
        said = subprocess.run(command, env=settings, capture_output=True, text=True)
        assert said.returncode == 0, said.stderr
        return json.loads(said.stdout)

    def holding():
        return [
            path
            for path in (tmp_path / "library").rglob("*")
            if path.is_file() and b"Quendelbrook" in path.read_bytes()
        ]

    clock.set(5)
    library("add", str(tmp_path / "volumes.csv"), "--collection", "heads", "--profile", "fast")
    clock.set(0)
    (note,) = library("purge", "--subject", "made/one")["notes"]
    assert "The clock was set back" in note and holding()
    clock.set(7)
    library("add", str(tmp_path / "later.csv"), "--collection", "heads", "--profile", "fast")
    assert not holding()
    assert library("purge", "--subject", "made/two")["notes"] == []
