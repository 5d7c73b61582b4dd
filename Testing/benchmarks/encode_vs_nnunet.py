"""How long encoding and each further prompt take through the service, beside nnU-Net's standard network.

    python Testing/benchmarks/encode_vs_nnunet.py [--scan t1.nii.gz] [--threads 2] [--tiles 2] [--json]

Ours: the real service in a process of its own, with an empty cache. Theirs: `nnunet_sliding_window.py` in another, on a
volume of the same size. Both get the same number of threads. Needs
`pip install --no-deps dynamic-network-architectures`; its dependencies, which this does not need, would replace torch.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from running_service import Service

from mrifoundation.volume import read_scan

LIMITS = {"encode_s": 15.0, "prompt_s": 0.4, "peak_gib": 5.0}
PREFERRED = ("left hippocampus", "right hippocampus", "brainstem", "left thalamus", "right thalamus", "left putamen")


def a_head(size: int = 256) -> np.ndarray:
    """int16 [size, size, size], 1 mm: scalp, skull, gray and white matter and ventricles as ellipsoids, with noise."""
    axis = np.linspace(-size / 2, size / 2, size, dtype=np.float32)
    i, j, k = np.meshgrid(axis, axis, axis, indexing="ij", sparse=True)
    radius = np.sqrt((i / 78) ** 2 + (j / 98) ** 2 + (k / 88) ** 2)
    edges, tissues = [0.2, 0.72, 0.86, 0.93, 1.0], np.array([150, 700, 500, 60, 800, 0], np.float32)
    voxels = tissues[np.digitize(radius, edges)]
    return (voxels + np.random.default_rng(0).normal(12, 9, voxels.shape)).clip(0).astype(np.int16)


def measure_ours(voxels: np.ndarray, affine: np.ndarray, weights: str, threads: int, profile: str) -> dict:
    """Seconds to upload, encode and answer each further prompt (label map fetched), and the service's peak memory."""
    os.environ.update({"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)})
    with tempfile.TemporaryDirectory() as cache:
        service = Service(weights, cache)
        try:
            if service.wait_until_ready()["status"] != "ok":
                raise SystemExit(service.get("/v1/health").json()["message"])
            upload_s, volume = _timed(lambda: service.send(voxels, affine).json()["id"])
            encode_s, state = _timed(lambda: _encoded(service, volume, profile))
            if state["state"] != "done":
                raise SystemExit(f"Encoding failed: {state['error']}")
            prompts = _prompts(service)
            prompt_s = [_timed(lambda p=p: _answered(service, volume, p, profile))[0] for p in prompts]
            peak_gib = _peak_gib(service.process.pid)
            model = service.get("/v1/info").json()["model"]["id"]
        finally:
            service.stop()
    return {
        "model": model,
        "upload_s": upload_s,
        "encode_s": encode_s,
        "prompt_s": statistics.median(prompt_s),
        "slowest_prompt_s": max(prompt_s),
        "prompts": len(prompts),
        "peak_gib": peak_gib,
    }


def measure_nnunet(shape: tuple[int, ...], threads: int, tiles: int, kind: str) -> dict:
    """nnU-Net's network on a volume of this shape, in a process of its own."""
    command = [
        sys.executable,
        str(Path(__file__).with_name("nnunet_sliding_window.py")),
        kind,
        str(threads),
        str(tiles),
    ]
    done = subprocess.run([*command, *map(str, shape)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"nnU-Net's network did not run:\n{done.stderr}")
    return json.loads(done.stdout)


def report(ours: dict, theirs: dict, shape: tuple[int, ...], threads: int, profile: str) -> str:
    """What was measured, in words."""
    ratio = theirs["seconds"] / (ours["encode_s"] + ours["prompt_s"])
    lines = [f"Volume {' × '.join(map(str, shape))}, {threads} threads", *_ours(ours, profile), *_theirs(theirs)]
    return "\n".join([*lines, f"Ratio, nnU-Net to one encode and one prompt: {ratio:.0f} ×"])


def _ours(ours: dict, profile: str) -> list[str]:
    verdict = {key: ("within" if ours[key] <= limit else "ABOVE") + f" {limit:g}" for key, limit in LIMITS.items()}
    spread = f"(median of {ours['prompts']}, slowest {ours['slowest_prompt_s']:.3f} s)"
    return [
        f"MRIFoundation {ours['model']}, profile {profile}, through the service:",
        f"  upload               {ours['upload_s']:8.2f} s",
        f"  encode               {ours['encode_s']:8.2f} s    {verdict['encode_s']} s",
        f"  each further prompt  {ours['prompt_s']:8.3f} s    {verdict['prompt_s']} s {spread}",
        f"  peak memory          {ours['peak_gib']:8.2f} GiB  {verdict['peak_gib']} GiB",
    ]


def _theirs(theirs: dict) -> list[str]:
    timed, tiles = theirs["tiles_timed"], theirs["tiles"]
    how = "all timed" if timed == tiles else f"{timed} timed, the others taken to cost the same"
    return [
        f"nnU-Net 3d_fullres, {theirs['network']}, random weights, {theirs['parameters'] / 1e6:.1f} M parameters:",
        f"  sliding window       {theirs['seconds']:8.1f} s    {tiles} tiles of 128³, half overlap; {how}",
        "                                    without mirroring (its default mirrors: 8 times as long)",
        f"  peak memory          {theirs['peak_gib']:8.2f} GiB  and {theirs['logits_gib']:.1f} GiB of logits",
    ]


def _encoded(service: Service, volume: str, profile: str) -> dict:
    return service.finished(service.post(f"/v1/volumes/{volume}/encode", json={"profile": profile}).json()["job"])


def _answered(service: Service, volume: str, prompt: str, profile: str) -> None:
    job = service.segment(volume, [prompt], profile=profile)
    state = service.finished(job)
    if state["state"] != "done":
        raise SystemExit(f"Segmenting {prompt} failed: {state['error']}")
    service.labels(job)


def _prompts(service: Service) -> list[str]:
    known = [structure["name"] for structure in service.get("/v1/info").json()["structures"] if structure["known"]]
    return [name for name in PREFERRED if name in known] or known[:6]


def _timed(work) -> tuple[float, object]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def _peak_gib(pid: int) -> float:
    """Largest resident memory the process has had; NaN where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return float("nan")
    return int(status.split("VmHWM:")[1].split()[0]) / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scan", help="a scan; without it a made head of 256³ voxels of 1 mm")
    parser.add_argument("--weights", default="", help="folder with weights; without it the shipped ones")
    parser.add_argument("--profile", default="standard")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tiles", type=int, default=2, help="how many of nnU-Net's tiles are timed; 0 for all")
    parser.add_argument(
        "--network", choices=("plain", "resenc"), default="plain", help="nnU-Net's plain or residual encoder"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.scan:
        scan = read_scan(options.scan)
        voxels, affine = scan.voxels, scan.affine
    else:
        voxels, affine = a_head(), np.diag([1.0, 1.0, 1.0, 1.0])
    theirs = measure_nnunet(voxels.shape, options.threads, options.tiles, options.network)
    ours = measure_ours(voxels, affine, options.weights, options.threads, options.profile)
    if options.json:
        print(json.dumps({"shape": voxels.shape, "threads": options.threads, "ours": ours, "nnunet": theirs}))
    else:
        print(report(ours, theirs, voxels.shape, options.threads, options.profile))


if __name__ == "__main__":
    main()
