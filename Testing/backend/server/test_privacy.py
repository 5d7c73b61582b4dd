"""A patient with a name that is nowhere else in the world passes through all the service does; nothing on disk or in the log tells it."""

import io
import json
import os
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from forked_service import ForkedService
from mr_series import SHAPE, write_series

from mrifoundation.library import Library

NAME, ID, BIRTH, STUDY, FILE = "Xylanderova", "PIDQ7788123", "19610203", "20240506", "Quortlemann"
SECRETS = [text.encode() for text in (NAME, "Zachariasina", ID, BIRTH, STUDY, "06.05.2024", FILE)]
PATIENT = {
    "PatientName": f"{NAME}^Zachariasina",
    "PatientID": ID,
    "PatientBirthDate": BIRTH,
    "StudyDate": STUDY,
    "SeriesDescription": f"{NAME} T1 axial 06.05.2024",
}
ADMIN = "/v1/library/purge"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hospital")


@pytest.fixture(scope="module")
def series(folder):
    """The series, and beside it a file that cannot be read and is called after the patient."""
    write_series(folder / "archive" / "series", **PATIENT)
    return folder / "archive"


@pytest.fixture(scope="module")
def zipped(series) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted((series / "series").iterdir()):
            archive.write(path, f"{NAME}/{path.name}")
    return packed.getvalue()


@pytest.fixture(scope="module")
def service(folder, series, tiny_weights):
    settings = {
        "MRIFOUNDATION_LIBRARY": str(folder / "library"),
        "MRIFOUNDATION_LIBRARY_ROOTS": str(series),
        "MRIFOUNDATION_STRUCTURES": str(folder / "structures"),
    }
    running = ForkedService(tiny_weights, folder / "cache", **settings)
    running.patience = 900  # what exports are made with is imported by the first one, on whatever machine this is
    running.wait_until_ready(900)
    yield running
    running.process.kill()


@pytest.fixture(scope="module")
def volume(service, zipped):
    """The series, sent under a name that tells the patient; then asked about in every way."""
    sent = service.post("/v1/volumes", data=zipped, headers={"X-Filename": f"{FILE}.zip"}).json()
    assert sent["shape"] == list(SHAPE) and sent["name"] == FILE
    return sent["id"]


def done(service, answer, state="done"):
    assert answer.status_code == 202, answer.text
    told = service.finished(answer.json()["job"])
    assert told["state"] == state, told
    return answer.json()["job"]


@pytest.fixture(scope="module")
def lived_through(service, volume, zipped, folder):
    """What an examination goes through: segmenting, contours, exports, the library, searching, teaching, and things that go wrong."""
    job = done(service, service.post(f"/v1/volumes/{volume}/segment", json={"prompts": ["liver"], "profile": "fast"}))
    assert service.post(f"/v1/volumes/{volume}/source", data=zipped).status_code == 200
    begun = {"begin": {"job": job, "value": 1}, "name": "liver", "profile": "fast"}
    contour = service.post(f"/v1/volumes/{volume}/refine", json=begun)
    segment = json.loads(contour.headers["X-Contour"])["segment"]
    export = {"format": "rtstruct", "segments": [{"name": "liver", "contour": segment}]}
    assert NAME.encode() in service.post(f"/v1/volumes/{volume}/export", json=export).content  # there it belongs
    ingest = {"sources": [str(folder / "archive")], "profile": "fast"}
    done(service, service.post("/v1/library/collections/cases/ingest", json=ingest))
    done(service, service.post("/v1/search", json={"volume": volume, "profile": "fast"}))
    taught = {"name": "thing", "volume": volume, "contour": segment, "profile": "fast"}
    done(service, service.post("/v1/structures", json=taught))
    array = np.random.default_rng(1).integers(0, 500, (20, 20, 20)).astype(np.int16)
    assert service.send(array, np.diag([4.0, 4, 4, 1]), name=f"{NAME} {FILE}").status_code == 200
    for bad, name in ((b"PK\3\4 nothing", "zip"), (b"no scan", "nii"), (zipped[:5000], "zip"), (zipped[:-30], "dcm")):
        assert service.post("/v1/volumes", data=bad, headers={"X-Filename": f"{NAME}.{name}"}).status_code == 422
    elsewhere = {"sources": ["/nowhere/else"]}  # the file of jobs keeps what a failed ingest was asked for, paths too
    done(service, service.post("/v1/library/collections/cases/ingest", json=elsewhere), "failed")
    return volume


def telling(*folders: Path) -> list[tuple[str, bytes]]:
    """Files that hold a secret in their name or bytes, in UTF-8 or UTF-16."""
    found = []
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes().lower() + path.name.encode().lower()
        for secret in SECRETS:
            if secret.lower() in content or secret.decode().lower().encode("utf-16-le") in content:
                found.append((str(path), secret))
    return found


def test_the_search_for_secrets_finds_them_where_they_are(series):
    assert {secret for _, secret in telling(series)} >= {NAME.encode(), ID.encode(), BIRTH.encode(), STUDY.encode()}


def test_nothing_on_disk_tells_who_the_patient_is(lived_through, folder):
    kept = {path.relative_to(folder).parts[:2] for path in folder.rglob("*") if path.is_file()}
    parts = {("cache", name) for name in ("volumes", "encodings", "contours", "jobs", "audit")}
    assert parts <= kept and {"library", "structures"} <= {part[0] for part in kept}
    assert telling(folder / "cache", folder / "library", folder / "structures") == []


def test_neither_does_the_log(lived_through, service):
    assert not [secret for secret in SECRETS if secret.lower() in service.log().lower().encode()]


def test_neither_do_metrics_previews_cases_or_answers(lived_through, service):
    answers = [
        service.get(path).content for path in ("/metrics", "/v1/library/collections", "/v1/structures", "/v1/info")
    ]
    cases = service.get("/v1/library/cases").json()["cases"]
    assert len(cases) == 1 and cases[0]["name"].startswith("T1 axial")
    answers += [json.dumps(cases).encode(), service.get(f"/v1/library/cases/{cases[0]['case']}/thumbnail").content]
    assert not [secret for secret in SECRETS for content in answers if secret.lower() in content.lower()]


@pytest.mark.skipif(os.name != "posix", reason="needs the permissions of POSIX")
def test_folders_of_data_are_open_to_their_owner_only(lived_through, folder):
    for part in ("volumes", "encodings", "contours", "jobs", "audit", "incoming"):
        assert (folder / "cache" / part).stat().st_mode & 0o777 == 0o700
    assert (folder / "library").stat().st_mode & 0o777 == 0o700
    assert (folder / "structures").stat().st_mode & 0o777 == 0o700


def test_uploads_leave_no_temporary_file(lived_through, folder):
    assert list((folder / "cache" / "incoming").glob("mrifoundation-*")) == []


def test_the_audit_trail_tells_what_was_done_with_the_scan(lived_through, folder):
    lines = (folder / "cache" / "audit" / "audit.jsonl").read_text().splitlines()
    told = [one["what"] for one in map(json.loads, lines) if lived_through in one["on"]]
    for what in (
        "POST /v1/volumes",
        "POST /v1/volumes/{volume_id}/segment",
        "POST /v1/volumes/{volume_id}/export",
        "POST /v1/search",
    ):
        assert what in told
    assert all(re.fullmatch(r"[\w./{}: ()-]+", json.loads(line)["what"]) for line in lines)


def test_the_limits_are_told(lived_through, service):
    limits = service.get("/v1/info").json()["limits"]
    assert limits["upload"] == 1_200_000_000 and limits["volume"] == 1 << 30 and limits["files"] == 50_000
    assert limits["requests_per_minute"] == 3000 and limits["kept_days"] is None


def test_zz_an_admin_purges_the_patient_and_only_once(lived_through, service, folder):
    purged = service.post(ADMIN, json={"subject": ID})
    assert purged.status_code == 200, purged.text
    told = purged.json()
    assert told["cases"] == 1 and told["encodings"] >= 1 and told["uploads"] == 1 and told["contours"] == 1
    assert told["taught"] == ["thing"] and "remove them" in told["notes"][0]
    assert service.get(f"/v1/volumes/{lived_through}").status_code == 404
    assert service.get(f"/v1/volumes/{lived_through}/refine").status_code == 404
    assert Library.open(folder / "library", create=False).cases()[1] == 0
    scan = lived_through.encode()
    for part in ("volumes", "encodings", "contours"):
        assert not [
            path for path in (folder / "cache" / part).iterdir() if scan in path.name.encode() + path.read_bytes()
        ]
    assert service.post(ADMIN, json={"subject": ID}).status_code == 422
    assert (
        service.post(ADMIN, json={}).status_code == 422 and service.post(ADMIN, json={"case": "0"}).status_code == 404
    )
