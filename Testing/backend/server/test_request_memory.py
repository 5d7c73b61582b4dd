"""Requests at work hold no more memory than there is for them; what does not fit is told to come again, and then does."""

import asyncio
import gzip
import json
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from fastapi import HTTPException
from fastapi.testclient import TestClient

from mrifoundation.engine import machine_memory, room
from mrifoundation.errors import InputError
from mrifoundation.server import security
from mrifoundation.server.app import create_app
from mrifoundation.server.keys import KeyRing
from mrifoundation.server.request_memory import RequestMemory

OWN = "a-key-for-tests-only-0123456789"
HEADERS = {"Authorization": f"Bearer {OWN}"}
SHAPE = (256, 256, 192)  # 25 MB as int16, 50 MB as float32
AFFINE = np.eye(4).tolist()


def not_loaded():
    raise InputError("There is no model here; this test needs none.")


@pytest.fixture
def small(start_anew, tmp_path, monkeypatch):
    """A service whose requests may hold 100 MB together, and that has held nothing of the tests'."""
    monkeypatch.setenv("MRIFOUNDATION_REQUESTS_GB", "0.1")
    monkeypatch.setenv("MRIFOUNDATION_MEMORY_GB", "0.05")
    return start_anew(tmp_path / "no-weights", tmp_path)


@pytest.fixture
def client(tmp_path, monkeypatch):
    """The app alone, whose requests may hold 1 MB together."""
    monkeypatch.setenv("MRIFOUNDATION_REQUESTS_GB", "0.001")
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path / "cache"))
    with TestClient(create_app(not_loaded, KeyRing(OWN)), base_url="http://localhost") as client:
        yield client


def held_at_most(service) -> float:
    """The most that its process ever held, in MB."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{service.process.pid}/status").read_text()).group(1)) / 1000


def begin_upload(service, size):
    """A connection on which an upload of `size` bytes has begun and nothing more comes."""
    address = urlsplit(service.url)
    connection = socket.create_connection((address.hostname, address.port))
    lines = [
        "POST /v1/volumes HTTP/1.1",
        f"Host: {address.netloc}",
        f"Authorization: Bearer {OWN}",
        "X-Filename: a.nii",
        f"Content-Length: {size}",
    ]
    connection.sendall("\r\n".join([*lines, "", "half"]).encode())
    return connection


def test_sixteen_large_uploads_at_once_take_turns_and_all_arrive_in_the_end(small):
    voxels = np.random.default_rng(0).integers(0, 1000, SHAPE).astype(np.int16)
    before, together = held_at_most(small), threading.Barrier(16)

    def send(number):
        together.wait()
        return small.send(voxels + np.int16(number), AFFINE)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, range(16)))
    taken, refused = ([one for one in answers if one.status_code == code] for code in (200, 429))
    assert taken and len(refused) >= 8 and len(taken) + len(refused) == 16
    assert all(int(one.headers["Retry-After"]) >= 1 and "no memory left" in one.json()["error"] for one in refused)
    assert held_at_most(small) - before < 450  # one takes 190, libraries that it imports among them; 16 take far more
    assert [small.send(voxels + np.int16(number), AFFINE).status_code for number in range(3)] == [200] * 3


def test_what_is_asked_in_words_is_answered_while_an_upload_holds_all_memory(small):
    with begin_upload(small, 100_000_000):
        while small.post("/v1/volumes", data=b"x", headers={"X-Filename": "b.nii"}).status_code != 429:
            pass
        assert small.post("/v1/search", json={"text": "liver"}).status_code in (202, 503)
        assert small.get("/v1/health").status_code == 200
    while small.post("/v1/volumes", data=b"x", headers={"X-Filename": "b.nii"}).status_code == 429:
        pass


def test_a_body_that_stops_arriving_is_given_up(monkeypatch):
    monkeypatch.setattr(security, "IDLE", 0.05)

    async def nothing():
        await asyncio.sleep(30)

    async def read():
        await security._counted(nothing, 10, "too large", None)()

    with pytest.raises(HTTPException, match="Nothing more of the request arrived") as given_up:
        asyncio.run(read())
    assert given_up.value.status_code == 408


def test_a_body_that_does_not_say_how_long_it_is_is_counted_as_it_comes(client):
    memory = client.app.state.memory
    other = memory.share()
    assert other.grow(900_000)
    answer = client.post("/v1/volumes", content=iter([bytes(200_000)]), headers=HEADERS | {"X-Filename": "a.nii"})
    assert answer.status_code == 429 and answer.headers["Retry-After"] and memory.held == 900_000
    other.end()
    assert client.post("/v1/volumes", content=b"x", headers=HEADERS | {"X-Filename": "a.nii"}).status_code == 422
    assert memory.held == 0


def test_voxels_that_unpack_are_counted_before_they_are_read(client):
    other = client.app.state.memory.share()
    assert other.grow(1)
    geometry = json.dumps({"shape": [64, 64, 64], "dtype": "int16", "affine": AFFINE})
    headers = HEADERS | {"X-Geometry": geometry, "Content-Encoding": "gzip"}
    assert client.post("/v1/volumes", content=b"small", headers=headers).status_code == 429
    other.end()
    assert client.post("/v1/volumes", content=b"small", headers=headers).status_code == 422


@pytest.fixture
def scan(client):
    """The id of a scan of 262144 voxels."""
    geometry = json.dumps({"shape": [64, 64, 64], "dtype": "int16", "affine": AFFINE})
    headers = HEADERS | {"X-Geometry": geometry}
    return client.post("/v1/volumes", content=bytes(2 * 64**3), headers=headers).json()["id"]


def test_a_region_counts_as_what_it_unpacks_to(client, scan):
    other = client.app.state.memory.share()
    assert other.grow(900_000)
    geometry = json.dumps({"start": [0, 0, 0], "shape": [64, 64, 64], "full_shape": [64, 64, 64]})
    headers = HEADERS | {"X-Geometry": geometry, "Content-Encoding": "gzip"}
    body = gzip.compress(bytes([1]) * 64**3)
    assert client.post(f"/v1/volumes/{scan}/region", content=body, headers=headers).status_code == 429
    other.end()
    region = client.post(f"/v1/volumes/{scan}/region", content=body, headers=headers).json()["region"]
    assert client.get(f"/v1/volumes/{scan}/region/{region}", headers=HEADERS).content == bytes([1]) * 64**3
    other.grow(900_000)
    assert client.get(f"/v1/volumes/{scan}/region/{region}", headers=HEADERS).status_code == 429


def exported(client, scan, count):
    segments = [{"name": f"segment {n}", "region": "none"} for n in range(count)]
    return client.post(f"/v1/volumes/{scan}/export", json={"format": "nifti", "segments": segments}, headers=HEADERS)


def test_an_export_of_more_segments_than_there_is_memory_for_is_refused_in_words(client, scan):
    refused = exported(client, scan, 4)
    assert refused.status_code == 422 and "fewer at a time" in refused.json()["error"]
    assert exported(client, scan, 3).status_code == 404  # there is room; only the region is not held


def test_exports_at_once_share_the_memory(client, scan):
    other = client.app.state.memory.share()
    assert other.grow(900_000)
    refused = exported(client, scan, 1)
    assert refused.status_code == 429 and refused.headers["Retry-After"]
    other.end()
    assert exported(client, scan, 1).status_code == 404 and client.app.state.memory.held == 0


def test_one_request_alone_always_has_room():
    memory = RequestMemory(10)
    first, second = memory.share(), memory.share()
    assert first.grow(100) and first.grow(100) and not second.grow(1)
    first.end()
    assert second.grow(1) and memory.held == 1


def test_the_memory_of_requests_is_a_quarter_of_the_computers_unless_it_is_set(monkeypatch):
    monkeypatch.delenv("MRIFOUNDATION_REQUESTS_GB", raising=False)
    monkeypatch.setattr(room, "machine_memory", lambda: 8_000_000_000)
    assert room.requests_limit() == 2_000_000_000
    monkeypatch.setenv("MRIFOUNDATION_REQUESTS_GB", "0.5")
    assert room.requests_limit() == 500_000_000
    monkeypatch.setenv("MRIFOUNDATION_REQUESTS_GB", "much")
    with pytest.raises(InputError, match="MRIFOUNDATION_REQUESTS_GB is 'much'"):
        room.requests_limit()


def test_a_container_or_unit_with_a_limit_has_so_much(tmp_path, monkeypatch):
    (tmp_path / "system.slice" / "own.service").mkdir(parents=True)
    (tmp_path / "system.slice" / "own.service" / "memory.max").write_text("max\n")
    (tmp_path / "system.slice" / "memory.max").write_text("1000000\n")
    own = tmp_path / "cgroup"
    own.write_text("0::/system.slice/own.service\n")
    monkeypatch.setattr(machine_memory, "_GROUPS", tmp_path)
    assert machine_memory._limits(own) == [1_000_000]
    assert machine_memory._limits(tmp_path / "none") == [] and machine_memory.machine_memory() > 0
