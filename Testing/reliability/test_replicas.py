"""Two replicas behind one address, by a real Ray on this computer: as one service to each person, whichever of them is killed or asked."""

import os
import signal
import time
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from running_service import Service

from mrifoundation.server.keys import add_key, default_keys_file

PATIENCE = 300  # seconds until Ray has replaced a replica, also on a busy computer


@pytest.fixture(scope="module")
def scan():
    return np.random.default_rng(5).normal(100, 20, (40, 40, 30)).astype(np.float32), np.diag([4.0, 4, 4, 1])


@pytest.fixture(scope="module")
def archive(tmp_path_factory, scan):
    """A folder with the scan in it."""
    folder = tmp_path_factory.mktemp("archive")
    nib.save(nib.Nifti1Image(*scan), folder / "scan.nii.gz")
    return folder


@pytest.fixture(scope="module")
def service(tiny_weights, archive, tmp_path_factory):
    pytest.importorskip("ray.serve", reason="needs Ray: pip install 'mrifoundation[cluster]'")
    folder = tmp_path_factory.mktemp("replicas")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MRIFOUNDATION_LIBRARY", str(folder / "library"))
        patch.setenv("MRIFOUNDATION_LIBRARY_ROOTS", str(archive))
        options = ("--replicas", "2", "--cores", "1", "--device", "cpu")
        running = Service(tiny_weights, folder / "cache", options=options)
    running.patience = PATIENCE
    running.wait_until_ready()
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def other(service, scan):
    """Somebody whom the other replica serves: jobs of the first are unknown there."""
    job = service.segment(service.send(*scan).json()["id"], ["liver"])
    service.finished(job)
    for number in range(40):
        somebody = person(service, f"person-{number}")
        somebody.wait_until_ready()
        if somebody.get(f"/v1/jobs/{job}").status_code == 404:
            return somebody
    raise AssertionError("one replica serves everybody")


def person(service, name):
    one = Service.__new__(Service)
    one.patience = PATIENCE
    one.url, one.headers = service.url, {"Authorization": f"Bearer {add_key(default_keys_file(), name, 'write')}"}
    return one


def test_one_person_is_always_served_by_the_same_replica(service, other, scan):
    for somebody in (service, other):
        job = somebody.segment(somebody.send(*scan).json()["id"], ["spleen"])
        assert somebody.finished(job)["state"] == "done"
        assert {somebody.get(f"/v1/jobs/{job}").status_code for _ in range(20)} == {200}


def test_what_one_has_sent_and_encoded_is_there_for_the_other(service, other, scan):
    volume = service.send(*scan).json()["id"]
    answers = [somebody.labels(job(somebody, volume))[0] for somebody in (service, other)]
    assert answers[0].any() and np.array_equal(*answers)


def test_a_purge_is_heard_by_both(service, other, archive, scan):
    added = service.post("/v1/library/collections/one/ingest", json={"sources": [str(archive)], "profile": "fast"})
    assert service.finished(added.json()["job"])["state"] == "done"
    [case] = other.get("/v1/library/cases").json()["cases"]
    volume = other.send(*scan).json()["id"]
    held = job(other, volume)
    assert other.get(f"/v1/volumes/{volume}").status_code == 200
    assert service.post("/v1/library/purge", json={"case": case["case"]}).status_code == 200
    assert [other.get(path).status_code for path in (f"/v1/volumes/{volume}", f"/v1/jobs/{held}")] == [404, 404]


def test_a_killed_replica_is_replaced_and_nobody_turned_away_for_long(service, other, scan):
    volume = other.send(*scan).json()["id"]
    for pid in replicas():
        os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + PATIENCE
    while not all(answers(somebody, volume) for somebody in (service, other)):
        assert time.monotonic() < end, "nobody is served any more"
        time.sleep(1)


def job(somebody, volume):
    asked = somebody.segment(volume, ["liver"])
    assert somebody.finished(asked)["state"] == "done"
    return asked


def answers(somebody, volume):
    try:
        return job(somebody, volume) is not None
    except (AssertionError, KeyError, OSError, ValueError):
        return False


def replicas():
    """Process ids, by the names that Ray gives them; Linux."""
    found = [
        path for path in Path("/proc").glob("[0-9]*/cmdline") if path.read_bytes().startswith(b"ray::ServeReplica")
    ]
    if not found:
        pytest.skip("needs /proc, to find the processes to kill")
    return [int(path.parent.name) for path in found]
