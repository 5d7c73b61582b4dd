"""Weights that are cut off, altered or somebody else's: said in a plain sentence with the remedy, before anything is answered with them."""

import json
import shutil

import pytest


def cut_off(folder):
    file = folder / "weights.safetensors"
    file.write_bytes(file.read_bytes()[:5000])


def altered(folder):
    content = bytearray((folder / "weights.safetensors").read_bytes())
    content[-10] ^= 1
    (folder / "weights.safetensors").write_bytes(content)


def missing(folder):
    (folder / "weights.safetensors").unlink()


def without_a_card(folder):
    (folder / "card.json").write_text("{")


def of_another_network(folder):
    card = json.loads((folder / "card.json").read_text())
    card["config"]["features"] *= 2
    (folder / "card.json").write_text(json.dumps(card))


@pytest.mark.parametrize("fault", [cut_off, altered, missing, without_a_card, of_another_network])
def test_the_service_says_what_is_wrong_and_what_to_do(
    start, tiny_weights, tmp_path, head_voxels, oblique_affine, fault
):
    folder = shutil.copytree(tiny_weights, tmp_path / "weights")
    fault(folder)
    service = start(folder)
    health = service.wait_until_ready()
    assert health["status"] == "failed" and str(folder) in health["message"]
    assert any(remedy in health["message"] for remedy in ("copy", "choose"))
    ready = service.get("/readyz")
    assert ready.status_code == 503 and ready.json()["error"] == health["message"]
    assert service.get("/healthz").status_code == 200  # a restart would not help, so no supervisor should try
    head = service.send(head_voxels, oblique_affine).json()["id"]
    refused = service.post(f"/v1/volumes/{head}/segment", json={"prompts": ["liver"]})
    assert refused.status_code == 503 and refused.json()["error"] == health["message"]
    assert "Traceback" not in service.log()


def test_jobs_of_before_end_with_that_reason(start, tiny_weights, tmp_path, large_scan):
    import numpy as np

    folder = shutil.copytree(tiny_weights, tmp_path / "weights")
    first = start(folder)
    first.wait_until_ready()
    large = first.send(large_scan, np.eye(4)).json()["id"]
    job = first.post(f"/v1/volumes/{large}/encode", json={"profile": "fine"}).json()["job"]
    first.process.kill()
    first.process.wait()
    cut_off(folder)
    second = start(folder)
    state = second.finished(job)
    assert state["state"] == "failed" and state["error"] == second.get("/v1/health").json()["message"]
