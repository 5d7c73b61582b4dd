"""The program of the process in which GDCM decodes compressed pixels. `Decoder` starts it; nothing of the package is imported here.

It is asked for one file a line (its path as JSON) and answers with a line of JSON, behind which the values follow: {"shape": [frame, row,
column], "components": 1, "dtype": "<u2"}, or {"error": true}.
"""

import contextlib
import json
import os
import sys

_MEMORY = (
    4 << 30
)  # bytes of address space that decoding may take: what one scan may have as stored, and twice in between


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # GDCM complains there, in any words
        os.dup2(nowhere, stream)
    import SimpleITK as sitk

    _limit_memory()
    for line in sys.stdin.buffer:
        head, values = {"error": True}, b""
        with contextlib.suppress(RuntimeError, MemoryError):
            head, values = _decoded(sitk, json.loads(line))
        answers.write(json.dumps(head).encode() + b"\n")
        answers.write(values)
        answers.flush()


def _decoded(sitk, path: str) -> tuple[dict, memoryview]:
    reader = sitk.ImageFileReader()
    reader.SetFileName(path)
    reader.SetImageIO("GDCMImageIO")
    image = reader.Execute()
    array, components = sitk.GetArrayFromImage(image), image.GetNumberOfComponentsPerPixel()
    shape = array.shape if components == 1 else array.shape[:-1]
    told = {"shape": [1, *shape][-3:], "components": components, "dtype": array.dtype.newbyteorder("=").str}
    return told, memoryview(array).cast("B")


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows has no such limits
        import resource

        with open("/proc/self/statm") as file:
            taken = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (taken + _MEMORY,) * 2)


if __name__ == "__main__":
    main()
