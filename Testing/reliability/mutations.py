"""Damage to files: drawn from a random generator, so that a seed gives the same damage again."""

import gzip
import io
import random
import re
import zipfile
from collections.abc import Callable

_EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_TEXT_NUMBERS = (b"0", b"-1", b"1e308", b"nan", b"inf", b"99999999999", b"4294967296", b"2147483647", b"0.0000001", b"")
_HEADER = 1024  # bytes in which damage does most


def mutate(content: bytes, name: str, rng: random.Random) -> bytes:
    """`content` with one to four kinds of damage; half the time inside its gzip or zip, which is then packed anew."""
    if name.endswith(".gz") and rng.random() < 0.5:
        return gzip.compress(_damaged(gzip.decompress(content), rng), 1)
    if name.endswith(".zip") and rng.random() < 0.6:
        return inside_zip(content, rng, lambda member: _damaged(member, rng))
    return _damaged(content, rng)


def mutate_text(text: str, rng: random.Random) -> str:
    """Words with characters lost, doubled, exchanged and put in, of all scripts."""
    letters = list(text)
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(len(letters) + 1)
        kind = rng.randrange(4)
        if kind == 0 and letters:
            del letters[min(place, len(letters) - 1)]
        elif kind == 1:
            letters.insert(place, rng.choice("'\"=<>.,;|()[]\\\0\n\t%-_ äßøあ😀\u202e") or chr(rng.randrange(0xD800)))
        elif kind == 2:
            letters.insert(place, chr(rng.choice((rng.randrange(0xD800), rng.randrange(128)))))
        else:
            part = letters[place : place + rng.randint(1, 9)]
            letters[place:place] = part * rng.choice((1, 2, 30))
    return "".join(letters)


def inside_zip(content: bytes, rng: random.Random, damaged: Callable[[bytes], bytes]) -> bytes:
    """The zip with one to three of its files damaged."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for name in rng.sample(sorted(members), min(len(members), rng.randint(1, 3))):
        members[name] = damaged(members[name])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return packed.getvalue()


def _damaged(content: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        rng.choice(_KINDS)(damaged, rng)
    return bytes(damaged)


def _place(content: bytearray, rng: random.Random) -> int:
    reach = min(len(content), _HEADER) if rng.random() < 0.7 else len(content)
    return rng.randrange(max(1, reach))


def _flip(content: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        if content:
            content[_place(content, rng)] ^= 1 << rng.randrange(8)


def _number(content: bytearray, rng: random.Random) -> None:
    size = rng.choice((1, 2, 4))
    value = rng.choice(_EXTREMES) & ((1 << 8 * size) - 1)
    place = _place(content, rng)
    content[place : place + size] = value.to_bytes(size, rng.choice(("little", "big")))


def _truncate(content: bytearray, rng: random.Random) -> None:
    del content[rng.randrange(len(content) + 1) :]


def _remove(content: bytearray, rng: random.Random) -> None:
    place = _place(content, rng)
    del content[place : place + rng.choice((1, 2, 4, 16, 256))]


def _repeat(content: bytearray, rng: random.Random) -> None:
    place = _place(content, rng)
    content[place:place] = content[place : place + rng.choice((1, 4, 64, 1024))] * rng.choice((1, 3, 50))


def _noise(content: bytearray, rng: random.Random) -> None:
    place = _place(content, rng)
    noise = rng.randbytes(rng.choice((1, 8, 128)))
    content[place : place + rng.choice((0, len(noise)))] = noise


def _text_number(content: bytearray, rng: random.Random) -> None:
    numbers = list(re.finditer(rb"-?\d+(?:\.\d+)?", bytes(content[:_HEADER])))
    if numbers:
        found = rng.choice(numbers)
        content[found.start() : found.end()] = rng.choice(_TEXT_NUMBERS)


_KINDS = (_flip, _number, _truncate, _remove, _repeat, _noise, _text_number)
