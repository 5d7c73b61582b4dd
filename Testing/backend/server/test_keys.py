"""Several keys with roles, changed while the service runs."""

import json
import os
import stat

import pytest
import requests
from forked_service import ForkedService

from mrifoundation.cli import main
from mrifoundation.errors import InputError
from mrifoundation.server.keys import KeyRing, add_key, read_keys, remove_key
from mrifoundation.server.permissions import needed_role

OWN = "the-service's-own-key-0123"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "keys" / "service-keys.json"


def holder(ring, key):
    return ring.holder(f"Bearer {key}".encode())


def test_the_own_key_may_do_everything(file):
    assert holder(KeyRing(OWN, file), OWN).role == "admin"


def test_a_key_is_stored_as_a_hash_for_its_owner_only(file):
    key = add_key(file, "ward-3", "read")
    assert key not in file.read_text() and len(key) >= 32
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_key_is_one_word_for_shells_and_mice_and_no_option(file):
    assert all(add_key(file, "ward-3", "read").isalnum() for _ in range(20))


def test_keys_are_added_replaced_and_removed_while_the_ring_is_in_use(file):
    ring = KeyRing(OWN, file)
    first = add_key(file, "ward-3", "read")
    assert holder(ring, first).role == "read"
    second = add_key(file, "ward-3", "write")
    assert holder(ring, first) is None and holder(ring, second).role == "write"
    remove_key(file, "ward-3")
    assert holder(ring, second) is None


def test_a_damaged_file_lets_only_the_own_key_in(file):
    key = add_key(file, "ward-3", "admin")
    ring = KeyRing(OWN, file)
    assert holder(ring, key)
    file.write_text('[{"name": "ward-3", "role": "root"')
    assert holder(ring, key) is None and holder(ring, OWN)


@pytest.mark.parametrize("header", [b"", b"Bearer", b"Bearer ", b"Basic " + OWN.encode(), OWN.encode(), b"Bearer \xff"])
def test_what_is_no_bearer_key_opens_nothing(header):
    assert KeyRing(OWN).holder(header) is None


@pytest.mark.parametrize(("name", "role"), [("ward 3", "read"), ("../x", "read"), ("", "read"), ("ward-3", "root")])
def test_a_bad_name_or_role_is_refused(file, name, role):
    with pytest.raises(InputError, match="name of letters"):
        add_key(file, name, role)
    assert not file.exists()


def test_a_name_that_is_not_there_cannot_be_removed(file):
    with pytest.raises(InputError, match="no key named"):
        remove_key(file, "ward-3")


def test_the_command_line_shows_a_key_once(file, monkeypatch, capsys):
    monkeypatch.setenv("MRIFOUNDATION_KEYS", str(file))
    assert main(["keys", "add", "ward-3", "--role", "read"]) == 0
    key = capsys.readouterr().out.strip()
    assert main(["keys", "list"]) == 0
    assert capsys.readouterr().out == "ward-3\tread\n"
    assert holder(KeyRing(OWN, file), key).name == "ward-3"
    assert main(["keys", "remove", "ward-3"]) == 0 and read_keys(file) == []


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("GET", "/v1/info", "read"),
        ("POST", "/v1/search", "read"),
        ("POST", "/v1/volumes", "write"),
        ("DELETE", "/v1/jobs/abc", "write"),
        ("POST", "/v1/a-route-that-nobody-thought-of", "write"),
        ("POST", "/v1/library/collections/c/ingest", "admin"),
        ("DELETE", "/v1/library/cases/abc/", "admin"),
        ("DELETE", "/v1/structures/lesion", "admin"),
    ],
)
def test_each_request_needs_a_role(method, path, role):
    assert needed_role(method, path) == role


def test_a_running_service_heeds_roles_and_rotation(start, tmp_path, file, monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_KEYS", str(file))
    service = start(tmp_path / "no-weights", tmp_path)
    key = add_key(file, "ward-3", "read")
    service.headers = {"Authorization": f"Bearer {key}"}
    assert service.get("/v1/jobs/none").status_code == 404
    refused = service.request("DELETE", "/v1/jobs/none")
    assert refused.status_code == 403 and "needs write" in refused.json()["error"] and key not in refused.text
    add_key(file, "ward-3", "write")
    assert service.get("/v1/jobs/none").status_code == 401
    assert json.loads(file.read_text())[0]["role"] == "write"


@pytest.fixture(scope="module")
def unloaded(tmp_path_factory):
    """A service without weights, which is enough at the door."""
    folder = tmp_path_factory.mktemp("unloaded")
    running = ForkedService(folder / "no-weights", folder)
    yield running
    running.stop()


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "localhost.evil.example", "", "[::1", "127.0.0.1.evil"]
)
def test_a_foreign_host_name_is_refused_even_with_the_key(unloaded, host):
    refused = unloaded.get("/v1/info", headers={"Host": host})
    assert refused.status_code in (400, 421)
    assert requests.get(f"{unloaded.url}/v1/health", headers={"Host": host}, timeout=10).status_code in (400, 421)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:80"])
def test_its_own_names_are_answered(unloaded, host):
    assert unloaded.get("/v1/health", headers={"Host": host}).status_code == 200


def test_no_other_site_may_read_its_answers(unloaded):
    answer = unloaded.get("/v1/health", headers={"Origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
