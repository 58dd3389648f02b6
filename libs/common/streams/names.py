"""The names of streams: keys, partitions, and how long each stream is kept.

The braces in a key are Redis Cluster's hash tag: all streams of one partition live on one node, so
one XREAD serves them. Changing the number of partitions moves rooms: only after a drain.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_LEN = 10_000
"""Entries kept, about, of a stream that no consumer group reads: some minutes of a busy suite."""


@dataclass(frozen=True, slots=True)
class StreamPolicy:
    """How one stream is kept.

    Attributes:
        name: such as ``chat.events``.
        groups: the consumer groups that must have acknowledged an entry before it is trimmed;
            without any, the stream keeps about ``max_len`` entries whoever has read them.
        max_len: see ``groups``.
    """

    name: str
    groups: frozenset[str] = field(default=frozenset())
    max_len: int = MAX_LEN

    @property
    def max_len_on_add(self) -> int | None:
        """The bound that goes with each XADD; None where a trimmer decides instead."""
        return None if self.groups else self.max_len


StreamTable = Mapping[str, StreamPolicy]
"""The streams that a process writes, by name."""


def stream_table(*policies: StreamPolicy) -> StreamTable:
    """Write down the streams that a service writes.

    Raises:
        ValueError: a name stands there twice.
    """
    table = {policy.name: policy for policy in policies}
    if len(table) != len(policies):
        raise ValueError("a stream is listed twice")
    return table


def stream_key(name: str, partition: int = 0) -> str:
    """Return the Redis key of one partition of a stream."""
    return f"{name}:{{{partition}}}"


def keys_and_groups(table: StreamTable, partitions: int) -> Mapping[str, frozenset[str]]:
    """Return the keys of all partitions of the streams that groups read, with those groups."""
    return {
        stream_key(policy.name, partition): policy.groups
        for policy in table.values()
        for partition in range(partitions)
        if policy.groups
    }


def split_key(key: str) -> tuple[str, str]:
    """Return the name and the partition of a stream's key, as metrics label it."""
    name, _, partition = key.partition(":")
    return name, partition.strip("{}")


def partition_of(room: str, partitions: int) -> int:
    """Return the partition, 0 … ``partitions`` - 1, in which all news of a room are written."""
    return zlib.crc32(room.encode()) % partitions


def dead_letter_key(key: str, group: str) -> str:
    """Return the key of the stream on which ``group`` buries entries of ``key``."""
    return f"{key}:dead:{group}"


def failures_key(key: str, group: str) -> str:
    """Return the key of the hash in which ``group`` counts the failures of single entries."""
    return f"{key}:failures:{group}"


def cut_off_key(key: str) -> str:
    """Return the key of the hash that says which groups lost entries to trimming."""
    return f"{key}:cut-off"
