"""A purge takes the jobs of a patient along: what was asked and given is in no byte of the file of jobs, and those of others stay."""

import json
import sqlite3
import threading
import time

import nibabel as nib
import numpy as np
import pytest
from forked_service import ForkedService

from mrifoundation.cli import main
from mrifoundation.engine.job_file import forget_jobs
from mrifoundation.errors import InputError
from mrifoundation.server.asked import Asked, asked
from mrifoundation.server.job_store import JobStore
from mrifoundation.server.jobs import Jobs
from mrifoundation.server.kept_result import Answer, KeptResult

MINE, OTHER = "1" * 64, "2" * 64


@pytest.fixture
def archive(tmp_path, head_voxels):
    """One scan of each of two patients, as a manifest, and a damaged one."""
    folder = tmp_path / "archive"
    folder.mkdir()
    rows = ["id,subject,source,path,region,sequence,caption"]
    for number, name in enumerate(("one", "two")):
        voxels = np.roll(head_voxels, 3 * number, axis=0)
        nib.save(nib.Nifti1Image(voxels, np.diag([3.0, 3, 3, 1])), folder / f"{name}.nii.gz")
        rows.append(f"{name},p-{name},made,{name}.nii.gz,brain,T1,a head")
    (folder / "p-one-torn.nii.gz").write_bytes(b"no image")
    rows.append("torn,p-one,made,p-one-torn.nii.gz,brain,T1,a head")
    (folder / "volumes.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture
def start(archive, tiny_weights, tmp_path):
    started = []

    def start():
        place = {"MRIFOUNDATION_LIBRARY": str(tmp_path / "library"), "MRIFOUNDATION_LIBRARY_ROOTS": str(archive)}
        started.append(ForkedService(tiny_weights, tmp_path / "cache", **place))
        started[-1].wait_until_ready()
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


def done(service, path, **wanted):
    answer = service.post(path, json={"profile": "fast", **wanted})
    assert answer.status_code == 202, answer.text
    job = answer.json()["job"]
    state = service.finished(job)
    assert state["state"] == "done", state
    return job


@pytest.fixture
def lived_through(start, archive):
    """A service with both patients in its library, and what was asked about them: its jobs, of the one and of the other."""
    service = start()
    done(service, "/v1/library/collections/heads/ingest", sources=[str(archive / "volumes.csv")])
    one, two = (
        service.send(np.asarray(image.dataobj), image.affine).json()["id"]
        for image in (nib.load(archive / f"{name}.nii.gz") for name in ("one", "two"))
    )
    mine = [
        done(service, f"/v1/volumes/{one}/segment", prompts=["liver"]),
        done(service, "/v1/search", volume=one),
        done(service, "/v1/search", volume=two),  # finds the one
    ]
    other = [
        done(service, f"/v1/volumes/{two}/segment", prompts=["liver"]),
        done(service, "/v1/search", text="nothing", k=1),
    ]
    return service, one, mine, other[:1]


def traces(service, scan):
    case = next(one["case"] for one in service.get("/v1/library/cases").json()["cases"] if one["name"] == "one")
    unreadable = b"p-one-torn"  # so the library does not know of whom it is
    return [scan.encode(), case.encode(), unreadable]


def holding(folder, trace):
    return [path.name for path in folder.iterdir() if trace in path.read_bytes()]


def test_over_http(lived_through, start, tmp_path):
    service, scan, mine, other = lived_through
    left = traces(service, scan)
    assert all(holding(tmp_path / "cache" / "jobs", trace) for trace in left)
    labels = service.labels(other[0])[0]
    elsewhere = service.post("/v1/library/purge", json={"subject": "made/p-one", "collections": ["others"]})
    assert elsewhere.status_code == 422 and "there are 1 in 'heads'" in elsewhere.json()["error"]
    purged = service.post("/v1/library/purge", json={"subject": "made/p-one", "collections": ["heads"]})
    assert purged.status_code == 200 and purged.json()["jobs"] >= len(mine), purged.text
    assert purged.json()["collections"] == {"heads": 1} and purged.json()["notes"] == []
    for trace in left:
        assert holding(tmp_path / "cache" / "jobs", trace) == []
    for _ in range(2):
        assert [service.get(f"/v1/jobs/{job}").status_code for job in mine] == [404] * len(mine)
        assert np.array_equal(service.labels(other[0])[0], labels)
        service.process.kill()
        service.process.wait()
        service = start()


def test_on_the_command_line_while_the_service_is_stopped(lived_through, start, tmp_path, monkeypatch, capsys):
    service, scan, mine, other = lived_through
    left = traces(service, scan)
    service.process.kill()  # which leaves a write-ahead log
    service.process.wait()
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path / "cache"))
    purge = ["library", "purge", "--library", str(tmp_path / "library"), "--subject", "made/p-one", "--json"]
    assert main(purge) == 0 and json.loads(capsys.readouterr().out)["jobs"] >= len(mine)
    for trace in left:
        assert holding(tmp_path / "cache" / "jobs", trace) == []
    service = start()
    assert [service.get(f"/v1/jobs/{job}").status_code for job in mine] == [404] * len(mine)
    assert service.labels(other[0])[0].any()


@pytest.fixture
def jobs(tmp_path, monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path))
    (tmp_path / "jobs").mkdir(mode=0o700)
    running = Jobs(store=JobStore(tmp_path / "jobs"))
    yield running
    running.close()


def submitted(jobs, work, path=f"/v1/volumes/{MINE}/segment", body=b"{}"):
    token = asked.set(Asked("segment", "client", path, bytearray(body)))
    try:
        return jobs.submit(work)
    finally:
        asked.reset(token)


def ended(*jobs):
    end = time.monotonic() + 20
    while not all(job.finished for job in jobs):
        assert time.monotonic() < end, "a job did not finish"
        time.sleep(0.005)
    return [job.state for job in jobs]


def test_what_runs_or_waits_is_cancelled_and_leaves_nothing_behind_when_it_ends(jobs, tmp_path):
    started, go = threading.Event(), threading.Event()

    def deaf(job):
        started.set()
        go.wait(20)
        return Answer({"structures": [MINE]}, {}, b"labels")

    running = submitted(jobs, deaf)
    waiting = submitted(jobs, deaf, "/v1/search", json.dumps({"volume": MINE}).encode())
    others = submitted(jobs, lambda job: None, f"/v1/volumes/{OTHER}/encode")
    assert started.wait(20)
    assert set(jobs.erase([MINE])) == {running, waiting} and waiting.state == "cancelled"
    go.set()
    ended(running, others)
    assert jobs.get(running.id) is None and jobs.get(others.id) is others
    ended(submitted(jobs, lambda job: None, f"/v1/volumes/{OTHER}/encode"))  # the next is written after the one before
    assert holding(tmp_path / "jobs", MINE.encode()) == [] and holding(tmp_path / "jobs", OTHER.encode())


def test_a_file_of_an_earlier_version_is_brought_up_to_date_and_purged(tmp_path, monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path))
    (tmp_path / "jobs").mkdir(mode=0o700)
    with sqlite3.connect(tmp_path / "jobs" / "jobs.sqlite") as disk:
        disk.executescript(
            "CREATE TABLE jobs (id TEXT PRIMARY KEY, kind TEXT, client TEXT, path TEXT, body BLOB, asked REAL, begun INTEGER, "
            "known TEXT, result TEXT); CREATE TABLE boxes (job TEXT, name TEXT, geometry TEXT, voxels BLOB, PRIMARY KEY (job, name));"
        )
        known = json.dumps({"state": "done", "error": None})
        rows = [
            ("a", "segment", "c", f"/v1/volumes/{MINE}/segment", b"", 0.0, 1, known, "{}"),
            ("b", "search", "c", "/v1/search", json.dumps({"volume": MINE}).encode(), 0.0, 1, known, "{}"),
            ("c", "search", "c", "/v1/search", b"", 0.0, 1, known, json.dumps({"hits": [MINE]})),
            ("d", "segment", "c", f"/v1/volumes/{OTHER}/segment", b"", 0.0, 1, known, "{}"),
        ]
        disk.executemany("INSERT INTO jobs VALUES (?,?,?,?,?,?,?,?,?)", rows)
    disk.close()
    assert forget_jobs([MINE]) == 3 and forget_jobs([MINE]) == 0
    jobs = Jobs(store=JobStore(tmp_path / "jobs"))
    assert [job_id for job_id in "abcd" if jobs.get(job_id)] == ["d"] and jobs.trouble is None
    submitted(jobs, lambda job: KeptResult({}))
    jobs.close()


def test_a_damaged_file_is_told_as_such_and_goes_once_it_was_set_aside(tmp_path, monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path))
    (tmp_path / "jobs").mkdir(mode=0o700)
    (tmp_path / "jobs" / "jobs.sqlite").write_bytes(MINE.encode() * 1000)
    with pytest.raises(InputError, match="delete it while no service runs, and purge again"):
        forget_jobs([MINE])
    JobStore(tmp_path / "jobs").close()  # sets it aside
    assert holding(tmp_path / "jobs", MINE.encode()) == ["jobs.damaged"]
    assert forget_jobs([MINE]) == 0 and holding(tmp_path / "jobs", MINE.encode()) == []
