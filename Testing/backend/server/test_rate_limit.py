"""Requests a minute: a client gone wrong is told to wait, others and interactive work are not."""

import pytest
from fastapi.testclient import TestClient

from mrifoundation.errors import InputError
from mrifoundation.server.app import create_app
from mrifoundation.server.keys import KeyRing, add_key
from mrifoundation.server.permissions import needed_role
from mrifoundation.server.rate_limit import USUAL, RateLimit, requests_per_minute

OWN = "a-key-for-tests-only-0123456789"
ASKED = "/v1/volumes/" + "0" * 64  # needs no model; nothing is held, so 404


def not_loaded():
    raise InputError("There is no model here; this test needs none.")


@pytest.fixture
def limited(monkeypatch, tmp_path):
    """limited(n): the real app with n requests a minute, and a second key."""
    opened = []

    def limited(text, largest_upload=1000):
        monkeypatch.setenv("MRIFOUNDATION_REQUESTS_PER_MINUTE", text)
        monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path / "cache"))
        other = add_key(tmp_path / "keys.json", "other", "read")
        app = create_app(not_loaded, KeyRing(OWN, tmp_path / "keys.json"), largest_upload=largest_upload)
        client = TestClient(app, base_url="http://localhost")
        client.__enter__()
        opened.append(client)
        return client, {"Authorization": f"Bearer {OWN}"}, {"Authorization": f"Bearer {other}"}

    yield limited
    for client in opened:
        client.__exit__(None, None, None)


def test_a_bucket_is_full_at_first_and_fills_evenly():
    rate = RateLimit(60)
    assert [rate.wait("a", 0.0) for _ in range(60)] == [0.0] * 60
    assert rate.wait("a", 0.0) == pytest.approx(1.0)
    assert rate.wait("b", 0.0) == 0.0
    assert rate.wait("a", 0.5) == pytest.approx(0.5)
    assert rate.wait("a", 1.01) == 0.0
    assert [rate.wait("a", 1000.0) for _ in range(60)] == [0.0] * 60  # never more than a minute's worth
    assert rate.wait("a", 1000.0) > 0


def test_no_limit_never_waits():
    rate = RateLimit(0)
    assert not any(rate.wait("a", 0.0) for _ in range(10_000))


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("off", 0), ("120", 120), (" 7 ", 7)])
def test_the_setting_is_read(monkeypatch, text, number):
    monkeypatch.setenv("MRIFOUNDATION_REQUESTS_PER_MINUTE", text)
    assert requests_per_minute() == number


@pytest.mark.parametrize("text", ["-1", "many", "1.5", "9" * 12, ""])
def test_a_setting_that_is_no_number_is_refused(monkeypatch, text):
    monkeypatch.setenv("MRIFOUNDATION_REQUESTS_PER_MINUTE", text)
    with pytest.raises(InputError, match="whole number"):
        requests_per_minute()


def test_the_usual_limit_is_far_above_what_a_person_does():
    """A gallery of 500 thumbnails, five answers a second and two polls a second for a minute."""
    assert USUAL / 3 > 500 + 60 * (5 + 2)


def test_one_client_too_often_gets_429_and_others_are_answered(limited):
    client, own, other = limited("5")
    answers = [client.get(ASKED, headers=own) for _ in range(7)]
    assert [one.status_code for one in answers] == [404] * 5 + [429] * 2
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 12
    assert answers[-1].json()["error"].endswith(".")
    assert client.get(ASKED, headers=other).status_code == 404
    assert all(client.get("/v1/health").status_code == 200 for _ in range(10))  # supervisors are never turned away


def test_wrong_keys_do_not_use_up_what_the_right_one_may_do(limited):
    client, own, _ = limited("5")
    codes = [client.get("/v1/info", headers={"Authorization": "Bearer wrong"}).status_code for _ in range(8)]
    assert codes == [401] * 5 + [429] * 3
    assert client.get(ASKED, headers=own).status_code == 404


def test_one_key_from_ever_new_addresses_has_ten_times_as_much_and_no_more(limited):
    client, own, other = limited("2")
    codes = [
        TestClient(client.app, "http://localhost", client=(f"10.0.0.{n}", 1)).get(ASKED, headers=own).status_code
        for n in range(25)
    ]
    assert codes == [404] * 20 + [429] * 5
    assert client.get(ASKED, headers=other).status_code == 404


@pytest.mark.parametrize(("options", "answered"), [((), 3), (("--behind-proxy",), 9)])
def test_only_a_proxy_may_say_for_whom_it_asks(start, tmp_path, monkeypatch, options, answered):
    monkeypatch.setenv("MRIFOUNDATION_REQUESTS_PER_MINUTE", "3")
    service = start(tmp_path / "no-weights", tmp_path, options=options)
    codes = [service.get(ASKED, headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code for n in range(9)]
    assert codes == [404] * answered + [429] * (9 - answered)


def test_it_can_be_switched_off(limited):
    client, own, _ = limited("0")
    assert {client.get(ASKED, headers=own).status_code for _ in range(60)} == {404}


@pytest.mark.parametrize("path", ["", "/0/source", "/0/import", "/0/region"])
def test_bodies_that_carry_voxels_or_files_may_be_large_and_no_larger(limited, path):
    client, own, _ = limited("0", largest_upload=2_000_000)
    headers = own | {"X-Filename": "a.nii"}
    assert client.post(f"/v1/volumes{path}", content=bytes(1_500_000), headers=headers).status_code != 413
    assert client.post(f"/v1/volumes{path}", content=bytes(2_500_000), headers=headers).status_code == 413
    assert client.post("/v1/search", content=bytes(1_500_000), headers=own).status_code == 413


def test_json_nested_without_end_is_refused_in_a_sentence(limited):
    client, own, _ = limited("0")
    for body in (b"[" * 400_000, b'{"filters": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}"):
        answer = client.post("/v1/search", content=body, headers=own | {"Content-Type": "application/json"})
        assert answer.status_code == 422 and answer.json()["error"].endswith(".")


def test_only_admins_purge():
    assert needed_role("POST", "/v1/library/purge") == "admin"
