"""The audit trail: what is in it, and that tampering is found."""

import json
import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient
from filelock import FileLock

from mrifoundation.cli import main
from mrifoundation.errors import InputError
from mrifoundation.server.app import create_app
from mrifoundation.server.audit import CUT_SHORT, LOST, AuditTrail, audit_file, verify
from mrifoundation.server.keys import KeyRing
from mrifoundation.volume import read_scan

OWN = "a-key-for-tests-only-0123456789"
SCAN = "ab" * 32


@pytest.fixture
def trail(tmp_path):
    """Eight entries."""
    trail = AuditTrail(tmp_path / "audit.jsonl")
    for number in range(8):
        trail.write("ward-3", f"POST /v1/volumes/{{volume_id}}/segment {number}", [SCAN], 202)
    return trail


def lines(trail) -> list[bytes]:
    return trail.file.read_bytes().splitlines(keepends=True)


def test_an_untouched_trail_holds(trail):
    found = verify(trail.file)
    assert found.entries == 8 and found.head == json.loads(lines(trail)[-1])["hash"] and found.first <= found.last
    assert trail.file.stat().st_mode & 0o077 == 0


def changed(trail, number, **fields):
    entries = lines(trail)
    entries[number] = json.dumps(json.loads(entries[number]) | fields).encode() + b"\n"
    return b"".join(entries)


TAMPERED = {
    "another person": lambda trail: changed(trail, 3, who="somebody"),
    "another scan": lambda trail: changed(trail, 3, on=["cd" * 32]),
    "another time": lambda trail: changed(trail, 3, at="2020-01-01T00:00:00.000+00:00"),
    "another hash": lambda trail: changed(trail, 3, hash="0" * 64),
    "an entry removed": lambda trail: b"".join(lines(trail)[:3] + lines(trail)[4:]),
    "the first removed": lambda trail: b"".join(lines(trail)[1:]),
    "an entry inserted": lambda trail: b"".join(lines(trail)[:4] + lines(trail)[3:]),
    "two exchanged": lambda trail: b"".join([*lines(trail)[:2], lines(trail)[3], lines(trail)[2], *lines(trail)[4:]]),
    "no JSON": lambda trail: b"".join([*lines(trail)[:3], b"x\n", *lines(trail)[4:]]),
    "a byte": lambda trail: trail.file.read_bytes().replace(b"ward-3", b"ward-4", 1),
    "half an entry at the end": lambda trail: trail.file.read_bytes()[:-9],
}


@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_is_found(trail, what, capsys):
    trail.file.write_bytes(TAMPERED[what](trail))
    with pytest.raises(InputError, match=r"Entry \d of the audit trail"):
        verify(trail.file)
    assert main(["audit", "verify", "--file", str(trail.file)]) == 1
    assert "was altered" in capsys.readouterr().err


def test_an_end_that_was_cut_off_is_found_by_a_hash_noted_before(trail, capsys):
    head = verify(trail.file).head
    trail.file.write_bytes(b"".join(lines(trail)[:6]))
    assert verify(trail.file).entries == 6
    with pytest.raises(InputError, match="its end was cut off"):
        verify(trail.file, head)


def test_a_noted_hash_is_still_found_when_more_was_written(trail):
    head = verify(trail.file).head
    trail.write("ward-3", "GET /v1/heads", [], 200)
    assert verify(trail.file, head).entries == 9


def test_a_crash_in_the_middle_of_an_entry_is_mended_and_said(trail):
    trail.file.write_bytes(trail.file.read_bytes() + b'{"at": "2026-')
    trail.write("ward-3", "GET /v1/heads", [], 200)
    assert verify(trail.file).entries == 10
    assert [json.loads(line)["what"] for line in lines(trail)[-2:]] == [CUT_SHORT, "GET /v1/heads"]


def test_what_was_altered_before_is_still_found_when_more_was_written(trail):
    trail.file.write_bytes(changed(trail, 7, who="somebody"))
    trail.write("ward-3", "GET /v1/heads", [], 200)
    with pytest.raises(InputError, match="Entry 8"):
        verify(trail.file)


def test_several_writers_make_one_chain(tmp_path):
    def write(who):
        own = AuditTrail(tmp_path / "audit.jsonl")
        for _ in range(20):
            own.write(who, "GET /v1/heads", [], 200)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify(tmp_path / "audit.jsonl").entries == 80


def test_entries_longer_than_a_page_are_bound_as_well(tmp_path):
    trail = AuditTrail(tmp_path / "audit.jsonl")
    for _ in range(3):
        trail.write("ward-3", "POST /v1/library/purge", [SCAN] * 500, 200)
    assert verify(trail.file).entries == 3


def test_a_disk_that_takes_nothing_does_not_stop_the_service(trail):
    trail.file.unlink()
    trail.write("ward-3", "GET /v1/heads", [], 200)
    assert "cannot be written" in trail.trouble


def test_what_the_disk_did_not_take_is_written_in_order_when_it_does(trail):
    content = trail.file.read_bytes()
    trail.file.unlink()
    for number in range(3):
        trail.write("ward-3", f"GET {number}", [], 200)
    assert trail.waiting == 3 and "make room" in trail.trouble
    trail.file.write_bytes(content)
    assert trail.trouble is None and trail.waiting == 0
    assert [json.loads(line)["what"] for line in lines(trail)[8:]] == ["GET 0", "GET 1", "GET 2"]
    assert verify(trail.file).entries == 11


def test_a_trail_may_be_renamed_at_any_time_and_a_new_one_made(trail, tmp_path):
    trail.file.rename(tmp_path / "audit-2026.jsonl")
    trail.write("ward-3", "GET 1", [], 200)
    trail.file.touch(0o600)
    trail.write("ward-3", "GET 2", [], 200)
    assert (verify(tmp_path / "audit-2026.jsonl").entries, verify(trail.file).entries) == (8, 2)


def test_what_finds_no_room_in_memory_either_is_lost_and_that_is_written(trail, monkeypatch):
    monkeypatch.setattr("mrifoundation.server.audit.WAITING", 2)
    content = trail.file.read_bytes()
    trail.file.unlink()
    for number in range(5):
        trail.write("ward-3", f"GET {number}", [], 200)
    assert (trail.waiting, trail.lost) == (2, 3)
    trail.file.write_bytes(content)
    assert trail.trouble is None
    assert [json.loads(line)["what"] for line in lines(trail)[8:]] == ["GET 3", "GET 4", LOST.format(3)]


def test_threads_of_one_process_make_one_chain(trail):
    threads = [threading.Thread(target=trail.write, args=("a", "GET /v1/heads", [], 200)) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify(trail.file).entries == 38


def test_a_trail_that_another_process_keeps_locked_is_a_trouble_and_no_standstill(trail, monkeypatch):
    trail._lock = FileLock(trail.file.with_name(trail.file.name + ".lock"), timeout=0.1)
    with FileLock(trail.file.with_name(trail.file.name + ".lock")):
        trail.write("ward-3", "GET /v1/heads", [], 200)
        assert "another process keeps it locked" in trail.trouble
    assert trail.trouble is None and verify(trail.file).entries == 9


def test_it_is_switched_off_by_a_setting(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("MRIFOUNDATION_AUDIT", "off")
    assert audit_file() is None
    assert main(["audit", "verify"]) == 1 and "switched off" in capsys.readouterr().err
    monkeypatch.setenv("MRIFOUNDATION_AUDIT", str(tmp_path / "other.jsonl"))
    assert audit_file() == tmp_path / "other.jsonl"


def not_loaded():
    raise InputError("There is no model here; this test needs none.")


@pytest.fixture
def client(monkeypatch, tmp_path):
    monkeypatch.setenv("MRIFOUNDATION_AUDIT", str(tmp_path / "audit.jsonl"))
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path / "cache"))
    with TestClient(
        create_app(lambda: SimpleNamespace(trouble=None, encodings_held=0), KeyRing(OWN)), base_url="http://localhost"
    ) as client:
        while client.get("/readyz").status_code != 200:
            pass
        client.headers = {"Authorization": f"Bearer {OWN}"}
        yield client


def test_entries_that_cannot_be_written_make_the_service_degraded_in_words_and_numbers(client, tmp_path):
    assert client.get("/readyz").json() == {"status": "ok", "troubles": []}
    (tmp_path / "audit.jsonl").unlink()
    client.get("/v1/volumes/" + SCAN)
    told = client.get("/readyz").json()
    assert told["status"] == "degraded" and "audit trail cannot be written" in told["troubles"][0]
    metrics = client.get("/metrics").text
    assert "mrifoundation_troubles 1.0" in metrics
    assert 'mrifoundation_audit_entries_unwritten{what="waiting"} 1.0' in metrics
    (tmp_path / "audit.jsonl").touch()
    assert client.get("/readyz").json() == {"status": "ok", "troubles": []}
    assert verify(tmp_path / "audit.jsonl").entries == 1


def test_who_tries_keys_by_the_hundred_is_written_down_once_and_with_the_number(client, tmp_path):
    for _ in range(100):
        assert client.get("/v1/heads", headers={"Authorization": "Bearer wrong"}).status_code == 401
    file = tmp_path / "audit.jsonl"
    assert verify(file).entries == 1
    client.app.state.audit.write_counted(math.inf)
    assert verify(file).entries == 2 and json.loads(file.read_bytes().splitlines()[1])["times"] == 99


def test_what_supervisors_ask_again_and_again_is_not_written_down(client, tmp_path):
    assert {client.get(path).status_code for path in ("/metrics", "/healthz", "/readyz", "/v1/health")} == {200}
    assert verify(tmp_path / "audit.jsonl").entries == 0


def test_a_trail_that_is_slow_keeps_no_other_request_waiting(client, tmp_path):
    with ThreadPoolExecutor(1) as pool, FileLock(tmp_path / "audit.jsonl.lock"):
        waiting = pool.submit(client.get, f"/v1/volumes/{SCAN}")
        started = time.monotonic()
        assert client.get("/v1/health").status_code == 200 and time.monotonic() - started < 5
    assert waiting.result().status_code == 404 and verify(tmp_path / "audit.jsonl").entries == 1


def test_keys_made_and_removed_on_the_command_line_are_in_the_same_chain(trail, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MRIFOUNDATION_AUDIT", str(trail.file))
    monkeypatch.setenv("MRIFOUNDATION_KEYS", str(tmp_path / "keys.json"))
    assert main(["keys", "add", "ward-3", "--role", "read"]) == 0
    assert main(["keys", "remove", "ward-3"]) == 0
    pasted = capsys.readouterr().out.strip()
    assert main(["keys", "remove", pasted]) == 1
    assert told_by_commands(trail) == [
        ("keys add", ["ward-3 (read)"], 0),
        ("keys remove", ["ward-3"], 0),
        ("keys remove", [], 1),
    ]
    assert verify(trail.file).entries == 11 and pasted.encode() not in trail.file.read_bytes()


def test_libraries_changed_on_the_command_line_are_in_the_same_chain(
    trail, tmp_path, monkeypatch, tiny_weights, head_file, capsys
):
    monkeypatch.setenv("MRIFOUNDATION_AUDIT", str(trail.file))
    library = ["--library", str(tmp_path / "library")]
    for _ in range(2):
        assert (
            main(["library", "add", str(head_file), *library, "--weights", str(tiny_weights), "--profile", "fast"]) == 0
        )
        capsys.readouterr()
        assert main(["library", "list", *library, "--json"]) == 0
        (case,) = json.loads(capsys.readouterr().out)["cases"]
        command = "remove" if len(lines(trail)) == 9 else "purge"
        assert main(["library", command, *library, "--case", case["case"]]) == 0
    scan = read_scan(head_file).content_hash
    assert told_by_commands(trail) == [
        ("library add", [], 0),
        ("library remove", [case["case"]], 0),
        ("library add", [], 0),
        ("library purge", [scan], 0),
    ]
    assert verify(trail.file).entries == 12


def told_by_commands(trail):
    told = [json.loads(line) for line in lines(trail)[8:]]
    assert all(one["who"].startswith("command line: ") for one in told)
    return [(one["what"], one["on"], one["status"]) for one in told]


def test_requests_are_written_down_with_key_route_and_hash(monkeypatch, tmp_path, head_file, capsys):
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("MRIFOUNDATION_AUDIT", raising=False)
    with TestClient(create_app(not_loaded, KeyRing(OWN)), base_url="http://localhost") as client:
        own = {"Authorization": f"Bearer {OWN}"}
        sent = client.post(
            "/v1/volumes", content=head_file.read_bytes(), headers=own | {"X-Filename": "Doe_Jane.nii.gz"}
        )
        scan = sent.json()["id"]
        client.get(f"/v1/volumes/{scan}", headers=own)
        client.get("/v1/jobs/0123456789abcdef", headers=own)
        client.get("/v1/nowhere/Doe_Jane", headers=own)
        client.get("/v1/heads", headers={"Authorization": "Bearer wrong"})
        client.get("/v1/health")
    file = tmp_path / "cache" / "audit" / "audit.jsonl"
    entries = [json.loads(line) for line in file.read_bytes().splitlines()]
    told = [(entry["who"], entry["what"], entry["on"], entry["status"]) for entry in entries]
    assert told == [
        ("service", "POST /v1/volumes", [scan], 200),
        ("service", "GET /v1/volumes/{volume_id}", [scan], 200),
        ("service", "GET /v1/jobs/{job_id}", ["0123456789abcdef"], 404),
        ("service", "GET (refused)", [], 404),
        ("", "GET (refused)", [], 401),
    ]
    assert b"Doe" not in file.read_bytes() and OWN.encode() not in file.read_bytes()
    assert main(["audit", "verify", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["entries"] == 5
