"""What fuzzing of texts and of files has in common: each target in a child process, where coverage decides what is tried next (atheris).

A fault is another exception than a refusal, a refusal that is no sentence or cannot be sent, 30 s of the processor for one input, or more
than 2 GiB."""

import argparse
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bounds import RESIDENT, SECONDS, WALL_SECONDS, is_sentence, limit_address_space, peak_memory

Mutator = Callable[[bytes, int, int, Callable[[bytes, int], bytes]], bytes]


@dataclass(frozen=True)
class Fuzzing:
    """What one script tries.

    script: its file, which is run again for each target. about: what its help says.
    seeds_of(target, folder): inputs that are begun with; what they need beside them is put in the folder.
    reader_of(target, folder): what reads one input as the service does; it gives None for what is refused before it comes so far.
    longest: bytes of an input. instrumented(target): packages whose branches count.
    words_of(target): pieces that are put into inputs.
    mutator_of(target): (input, longest, number, plain mutator) → input, None for the plain one.
    """

    script: str
    about: str
    targets: Sequence[str]
    seeds_of: Callable[[str, Path], Sequence[bytes]]
    reader_of: Callable[[str, Path], Callable[[bytes], object]]
    longest: int
    instrumented: Callable[[str], Sequence[str]] = lambda target: ("mrifoundation",)
    words_of: Callable[[str], Sequence[bytes]] = lambda target: ()
    mutator_of: Callable[[str], Mutator | None] = lambda target: None


def run(fuzzing: Fuzzing) -> int:
    """The script's whole command line; its exit code."""
    wanted = _parsed(fuzzing)
    if wanted.child:
        _child(fuzzing, wanted.child, wanted.folder, wanted.targets)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        found = {one: _fuzzed(fuzzing, one, wanted, Path(folder) / one) for one in wanted.targets or fuzzing.targets}
    print(json.dumps(found) if wanted.json else "\n".join(f"{target}: {told}" for target, told in found.items()))
    return 1 if any(told["fault"] for told in found.values()) else 0


def _parsed(fuzzing: Fuzzing) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=fuzzing.about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(fuzzing.targets)}; default: all")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for inputs that caused a fault")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--child", choices=fuzzing.targets, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if not wanted.child and (unknown := set(wanted.targets) - set(fuzzing.targets)):
        parser.error(f"there is no target {', '.join(sorted(unknown))}; choose among {', '.join(fuzzing.targets)}")
    return wanted


def _child(fuzzing: Fuzzing, target: str, folder: Path, options: list[str]) -> None:
    """Try inputs until the time is up or a fault is found; `counts` in `folder` tells how many were read and refused."""
    import atheris

    with atheris.instrument_imports(include=list(fuzzing.instrumented(target))):
        read = fuzzing.reader_of(target, folder)
        from mrifoundation.errors import InputError
        from mrifoundation.server.problems import answer
    counts, told = [0, 0], os.open(folder / "counts", os.O_RDWR | os.O_CREAT)
    before = peak_memory()
    limit_address_space()

    def attempt(data: bytes) -> None:
        began = time.process_time()
        try:
            counts[read(data) is None] += 1
        except InputError as error:
            counts[1] += 1
            sentence = str(error)
            answer(422, sentence)  # as it is sent
            if not is_sentence(sentence):
                raise AssertionError(f"no sentence: {sentence!a}") from None
        except Exception as error:
            raise AssertionError(f"{type(error).__name__}: {str(error)!a}") from None  # which any terminal takes
        if peak_memory() - before > RESIDENT:  # libFuzzer looks once a second alone
            raise AssertionError(f"memory: {(peak_memory() - before) >> 20} MiB")
        if time.process_time() - began > SECONDS:
            raise AssertionError(f"hang: {time.process_time() - began:.0f} s")
        os.pwrite(told, struct.pack("2Q", *counts), 0)

    own, more = fuzzing.mutator_of(target), {}
    if own:
        more["custom_mutator"] = lambda data, longest, number: own(data, longest, number, atheris.Mutate)
    atheris.Setup([sys.argv[0], str(folder / "corpus"), *options], attempt, **more)
    atheris.Fuzz()


def _fuzzed(fuzzing: Fuzzing, target: str, wanted: argparse.Namespace, folder: Path) -> dict:
    """What came of one target."""
    for name in ("corpus", "temporary"):
        (folder / name).mkdir(parents=True)
    for number, seed in enumerate(fuzzing.seeds_of(target, folder)):
        (folder / "corpus" / str(number)).write_bytes(seed)
    keep = (wanted.keep or folder / "found") / target
    keep.mkdir(parents=True, exist_ok=True)
    kept = set(keep.iterdir())
    command = [sys.executable, fuzzing.script, "--child", target, "--folder", str(folder), "--"]
    command += _options(fuzzing, target, wanted, folder, keep)
    began = time.monotonic()
    # What a reader that is killed leaves behind goes with the folder.
    surroundings = os.environ | {"TMPDIR": str(folder / "temporary")}
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=surroundings)
    new = sorted(path.name for path in set(keep.iterdir()) - kept)
    covered = [int(edges) for edges in re.findall(r"\bcov: (\d+)", done.stderr)]
    if not covered and not new:
        raise SystemExit(f"The target {target} did not start: {done.stderr[-2000:]}")
    counts = (folder / "counts").read_bytes()
    read, refused = struct.unpack("2Q", counts) if counts else (0, 0)
    return {
        "tried": _statistic("number_of_executed_units", done.stderr) or read + refused,
        "seconds": round(time.monotonic() - began),
        "read": read,
        "refused": refused,
        "edges_of_seeds": covered[0] if covered else 0,
        "edges": covered[-1] if covered else 0,
        "peak_mib": _statistic("peak_rss_mb", done.stderr),
        "fault": None if done.returncode == 0 else _fault(done.stdout + done.stderr, new, done.returncode),
    }


def _options(fuzzing: Fuzzing, target: str, wanted: argparse.Namespace, folder: Path, keep: Path) -> list[str]:
    options = [
        f"-max_total_time={wanted.seconds}",
        f"-seed={wanted.seed}",
        f"-timeout={WALL_SECONDS}",
        f"-rss_limit_mb={RESIDENT >> 20}",
        f"-max_len={fuzzing.longest}",
        f"-artifact_prefix={keep}/",
        "-print_final_stats=1",
    ]
    if words := fuzzing.words_of(target):
        lines = ("".join(f"\\x{byte:02x}" for byte in word) for word in words)
        (folder / "words").write_text("".join(f'"{line}"\n' for line in lines))
        options.append(f"-dict={folder / 'words'}")
    return options


def _statistic(name: str, said: str) -> int | None:
    found = re.search(rf"stat::{name}:\s*(\d+)", said)
    return int(found[1]) if found else None


def _fault(said: str, kept: list[str], code: int) -> str:
    """In words; where a library died with its mouth shut, the name of what was kept begins with crash, timeout or oom."""
    lines = [line.strip() for line in said.splitlines() if re.match(r"\s*[A-Za-z.]*(Error|Exception)\b", line)]
    lines += [line for line in said.splitlines() if "ERROR: libFuzzer" in line]
    lines += [name.partition("-")[0] for name in kept]
    return lines[0][:300] if lines else f"exit code {code}"
