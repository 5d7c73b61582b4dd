"""Files out of shards on the local disk, the longest unused dropped: a run needs room for what it sees often, not for everything."""

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from mrifoundation.engine.folders import cache_folder
from mrifoundation.engine.room import cache_limit
from mrifoundation.errors import InputError
from mrifoundation_training.data.shard_member import ShardMember


class MemberCache:
    """Members in `folder`, together at most `limit` bytes; several processes may share it. The defaults are
    $MRIFOUNDATION_CACHE/shards and $MRIFOUNDATION_CACHE_GB."""

    def __init__(self, folder: Path | None = None, limit: int | None = None):
        self.folder = cache_folder("shards") if folder is None else folder
        self.limit = cache_limit() if limit is None else limit

    def local(self, member: ShardMember) -> Path:
        """The member as a file, fetched when it is not there. Use it before the next call: that may drop it.

        Raises InputError when the member is missing or is not what was put there."""
        path = self.folder / f"{member.sha256}{member.suffix}"
        if path.is_file():
            with suppress(OSError):
                os.utime(path)
            return path
        content = member.store.read(member.shard, member.offset, member.offset + member.size)
        if hashlib.sha256(content).hexdigest() != member.sha256:
            raise InputError(f"'{member}' is not what was written there (its checksum differs); shard the data again.")
        self._make_room(len(content))
        descriptor, scratch = tempfile.mkstemp(dir=self.folder, suffix=".part")
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.replace(scratch, path)
        return path

    def _make_room(self, size: int) -> None:
        kept = []
        for file in self.folder.iterdir():
            with suppress(OSError):  # another process may have dropped it
                kept.append((file.stat().st_mtime, file.stat().st_size, file))
        held = sum(one[1] for one in kept)
        for _, freed, file in sorted(kept):
            if held + size <= self.limit:
                return
            file.unlink(missing_ok=True)
            held -= freed
