"""A file inside a tar shard, found without reading the rest of the shard."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from mrifoundation.errors import InputError
from mrifoundation_training.data.store import Store


@dataclass(frozen=True, eq=False)
class ShardMember:
    """shard: name in the store; offset, size: of the content, bytes; suffix: of its kind of file; sha256: hex digest of the content."""

    store: Store
    shard: str
    offset: int
    size: int
    suffix: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.store.url}/{self.shard} at {self.offset}"

    def reference(self) -> str:
        """As the index has it in the place of a path: shards/00000.tar#offset=512&size=…"""
        told = {"offset": self.offset, "size": self.size, "suffix": self.suffix, "sha256": self.sha256}
        return f"{self.shard}#{urlencode(told)}"

    @classmethod
    def parse(cls, reference: str, store: Store) -> "ShardMember":
        """Raises InputError when the text is no reference."""
        shard, _, rest = reference.partition("#")
        told = dict(parse_qsl(rest))
        try:
            return cls(store, shard, int(told["offset"]), int(told["size"]), told["suffix"], told["sha256"])
        except (KeyError, ValueError) as error:
            raise InputError(
                f"'{reference}' in the index of {store.url} is no place in a shard; shard the data again."
            ) from error
