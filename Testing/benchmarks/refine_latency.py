"""How long a click takes through the service, round trip included, on a scan of 256³ voxels that is encoded already.

    python Testing/benchmarks/refine_latency.py [--clicks 60] [--threads 2] [--scan t1.nii.gz] [--json]

The robot clicks at random places in the head, positive and negative by turns near the contour, in three contours: drawn from clicks, begun
from words, and with undo after every fourth click. p95 must stay within 300 ms.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from encode_vs_nnunet import a_head
from running_service import Service

from mrifoundation.volume import read_scan

LIMIT_S = 0.3


def measure(voxels: np.ndarray, affine: np.ndarray, weights: str, threads: int, clicks: int) -> dict:
    """Seconds of every click and undo, from the request to the applied box."""
    os.environ.update({"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)})
    with tempfile.TemporaryDirectory() as cache:
        service = Service(weights, cache)
        try:
            if service.wait_until_ready()["status"] != "ok":
                raise SystemExit(service.get("/v1/health").json()["message"])
            volume = service.send(voxels, affine).json()["id"]
            service.finished(service.post(f"/v1/volumes/{volume}/encode", json={"profile": "standard"}).json()["job"])
            known = [one["name"] for one in service.get("/v1/info").json()["structures"] if one["known"]]
            begins = [{}, {"prompt": "brainstem" if "brainstem" in known else known[0]}]
            busy = _cpu_seconds(service.process.pid)
            times = [_session(service, volume, voxels, begin, clicks // 2, seed) for seed, begin in enumerate(begins)]
            busy = _cpu_seconds(service.process.pid) - busy
        finally:
            service.stop()
    return {
        "first": [taken[0] for taken, _ in times],
        "clicks": [seconds for taken, _ in times for seconds in taken[1:]],
        "undos": [seconds for _, undone in times for seconds in undone],
        "cpu_s_a_request": busy / sum(len(taken) + len(undone) for taken, undone in times),
    }


def _session(
    service: Service, volume: str, voxels: np.ndarray, begin: dict, clicks: int, seed: int
) -> tuple[list[float], list[float]]:
    random = np.random.default_rng(seed)
    labels = np.zeros(voxels.shape, np.uint8)
    bright = np.argwhere(voxels > np.percentile(voxels, 60))
    segment, taken, undone = None, [], []
    for number in range(clicks):
        centre = np.argwhere(labels)[:: max(1, int(labels.sum()) // 500)] if labels.any() else bright
        place = np.clip(
            centre[random.integers(len(centre))] + random.integers(-12, 13, 3), 0, np.array(labels.shape) - 1
        )
        positive = not labels[tuple(place)]
        mark = {"points": [place.tolist()], "positive": bool(positive), "space": "index"}
        wanted = {"segment": segment, "marks": [mark]} if segment else {**begin, "marks": [mark]}
        started = time.perf_counter()
        answer = service.post(f"/v1/volumes/{volume}/refine", json=wanted)
        _apply(labels, answer)
        taken.append(time.perf_counter() - started)
        segment = json.loads(answer.headers["X-Contour"])["segment"]
        if number % 4 == 3:
            started = time.perf_counter()
            _apply(labels, service.post(f"/v1/volumes/{volume}/refine/{segment}/undo"))
            undone.append(time.perf_counter() - started)
    return taken, undone


def _apply(labels: np.ndarray, answer) -> None:
    if answer.status_code != 200:
        raise SystemExit(answer.text)
    geometry = json.loads(answer.headers["X-Geometry"])
    box = tuple(slice(a, a + n) for a, n in zip(geometry["start"], geometry["shape"], strict=True))
    labels[box] = np.frombuffer(answer.content, np.uint8).reshape(geometry["shape"])


def _cpu_seconds(pid: int) -> float:
    """Processor seconds that the process has used; NaN where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def report(found: dict, shape: tuple[int, ...], threads: int) -> str:
    """What was measured, in words."""
    median, p95 = np.percentile(found["clicks"], (50, 95))
    verdict = "within" if p95 <= LIMIT_S else "ABOVE"
    first = ", ".join(f"{s:.3f}" for s in found["first"])
    return "\n".join(
        [
            f"Volume {' × '.join(map(str, shape))}, {threads} threads, through the service, {len(found['clicks'])} clicks",
            f"  a click      median {median:.3f} s, p95 {p95:.3f} s, slowest {max(found['clicks']):.3f} s: {verdict} {LIMIT_S:g} s",
            f"  an undo      median {np.median(found['undos']):.3f} s, slowest {max(found['undos']):.3f} s",
            f"  processor time of the service, mean of all requests: {found['cpu_s_a_request']:.3f} s",
            f"  opening a contour: from a click, from words: {first} s",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scan", help="a scan; without it a made head of 256³ voxels of 1 mm")
    parser.add_argument("--weights", default="", help="folder with weights; without it the shipped ones")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--clicks", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.scan:
        scan = read_scan(options.scan)
        voxels, affine = scan.voxels, scan.affine
    else:
        voxels, affine = a_head(), np.diag([1.0, 1.0, 1.0, 1.0])
    found = measure(voxels, affine, options.weights, options.threads, options.clicks)
    if options.json:
        print(json.dumps({"shape": voxels.shape, "threads": options.threads, **found}))
    else:
        print(report(found, voxels.shape, options.threads))


if __name__ == "__main__":
    main()
