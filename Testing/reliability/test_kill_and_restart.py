"""Killed without warning or asked to stop, the service loses no job."""

import os
import signal
import sqlite3
import stat

import numpy as np
import pytest
import requests

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals")


def killed(service):
    service.process.send_signal(signal.SIGKILL)
    service.process.wait()


def test_jobs_that_ran_or_waited_when_it_was_killed_are_done_after_the_restart(
    start, large_scan, head_voxels, oblique_affine
):
    first = start()
    first.wait_until_ready()
    large, head = (
        first.send(voxels, affine).json()["id"]
        for voxels, affine in ((large_scan, np.eye(4)), (head_voxels, oblique_affine))
    )
    running = first.post(f"/v1/volumes/{large}/encode", json={"profile": "fine"}).json()["job"]
    waiting = first.segment(head, ["liver", "spleen"])
    killed(first)
    second = start()
    assert second.get(f"/v1/jobs/{waiting}").json()["state"] in (
        "queued",
        "running",
        "done",
    )  # also while the model loads
    assert second.finished(running)["state"] == second.finished(waiting)["state"] == "done"
    labels, _ = second.labels(waiting)
    assert labels.shape == head_voxels.shape and labels.any()
    assert [row["name"] for row in second.get(f"/v1/jobs/{waiting}/result").json()["structures"]] == ["liver", "spleen"]
    assert second.get(f"/v1/volumes/{large}").json()["encoded"] == ["fine"]


def test_what_was_done_before_is_still_there(start, head_voxels, oblique_affine):
    first = start()
    first.wait_until_ready()
    head = first.send(head_voxels, oblique_affine).json()["id"]
    job = first.segment(head, ["liver", "spleen"])
    before = first.finished(job), first.labels(job)[0], first.get(f"/v1/jobs/{job}/result").json()
    killed(first)
    second = start()
    assert second.get(f"/v1/jobs/{job}").json() == before[0]
    assert np.array_equal(second.labels(job)[0], before[1])
    assert second.get(f"/v1/jobs/{job}/result").json() == before[2]


def test_a_job_whose_scan_is_gone_ends_with_the_reason(start, tmp_path, large_scan):
    first = start()
    first.wait_until_ready()
    large = first.send(large_scan, np.eye(4)).json()["id"]
    job = first.post(f"/v1/volumes/{large}/encode", json={"profile": "fine"}).json()["job"]
    killed(first)
    for file in (tmp_path / "cache" / "volumes").iterdir():
        file.unlink()
    state = start().finished(job)
    assert state["state"] == "failed" and "restarted" in state["error"] and "send it again" in state["error"]


def test_a_job_that_takes_the_service_down_twice_is_not_begun_a_third_time(start, large_scan):
    service = start()
    service.wait_until_ready()
    large = service.send(large_scan, np.eye(4)).json()["id"]
    job = service.post(f"/v1/volumes/{large}/encode", json={"profile": "fine"}).json()["job"]
    for _ in range(2):
        while service.get(f"/v1/jobs/{job}?wait=5").json()["stage"] != "encode":
            pass
        killed(service)
        service = start()
    state = service.finished(job)
    assert state["state"] == "failed" and "twice" in state["error"]


def test_asked_to_stop_it_ends_soon_and_parks_what_it_cannot_finish(start, large_scan):
    first = start()
    first.wait_until_ready()
    large = first.send(large_scan, np.eye(4)).json()["id"]
    jobs = [
        first.post(f"/v1/volumes/{large}/encode", json={"profile": profile}).json()["job"]
        for profile in ("fine", "standard")
    ]
    assert first.stop() in (0, -signal.SIGTERM)
    assert "Traceback" not in first.log()
    with pytest.raises(requests.ConnectionError):
        first.get("/v1/health")
    second = start()
    assert [second.finished(job)["state"] for job in jobs] == ["done", "done"]


def test_a_watcher_hears_at_once_that_the_service_stops(start, large_scan):
    service = start()
    service.wait_until_ready()
    large = service.send(large_scan, np.eye(4)).json()["id"]
    service.post(f"/v1/volumes/{large}/encode", json={"profile": "fine"})
    waiting = service.post(f"/v1/volumes/{large}/encode", json={"profile": "standard"}).json()["job"]
    assert service.get(f"/v1/jobs/{waiting}").json()["state"] == "queued"
    watching = requests.get(
        f"{service.url}/v1/jobs/{waiting}/events", headers=service.headers, stream=True, timeout=60
    ).iter_lines()
    next(watching)
    service.process.terminate()
    told = [line for line in (next(watching), next(watching)) if line]
    assert "stopping" in told[0].decode()
    service.process.wait(30)


def test_what_was_cancelled_stays_cancelled(start, large_scan):
    first = start()
    first.wait_until_ready()
    large = first.send(large_scan, np.eye(4)).json()["id"]
    first.post(f"/v1/volumes/{large}/encode", json={"profile": "fine"})
    job = first.post(f"/v1/volumes/{large}/encode", json={"profile": "standard"}).json()["job"]
    first.request("DELETE", f"/v1/jobs/{job}")
    killed(first)
    assert start().get(f"/v1/jobs/{job}").json()["state"] == "cancelled"


def test_the_file_of_jobs_is_its_owners_and_forgets_what_was_asked(start, tmp_path, head_voxels, oblique_affine):
    service = start()
    service.wait_until_ready()
    head = service.send(head_voxels, oblique_affine).json()["id"]
    service.finished(service.segment(head, ["liver"]))
    service.stop()
    file = tmp_path / "cache" / "jobs" / "jobs.sqlite"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    [(body,)] = sqlite3.connect(file).execute("SELECT body FROM jobs").fetchall()
    assert body == b""


def test_a_damaged_file_of_jobs_is_set_aside(start, tmp_path, head_voxels, oblique_affine):
    folder = tmp_path / "cache" / "jobs"
    folder.mkdir(parents=True)
    (folder / "jobs.sqlite").write_bytes(b"no database at all " * 100)
    service = start()
    service.wait_until_ready()
    head = service.send(head_voxels, oblique_affine).json()["id"]
    assert service.finished(service.segment(head, ["liver"]))["state"] == "done"
    assert service.get("/readyz").json() == {"status": "ok", "troubles": []}
    assert (folder / "jobs.damaged").exists()


def test_a_second_service_on_the_same_folder_leaves_the_jobs_of_the_first_alone(start, head_voxels, oblique_affine):
    first, second = start(), start()
    first.wait_until_ready(), second.wait_until_ready()
    troubles = [one.get("/readyz").json()["troubles"] for one in (first, second)]
    assert sorted(map(len, troubles)) == [0, 1] and "Another service" in str(troubles)
    head = second.send(head_voxels, oblique_affine).json()["id"]
    assert second.finished(second.segment(head, ["liver"]))["state"] == "done"
