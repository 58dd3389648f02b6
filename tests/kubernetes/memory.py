"""What containers take of memory, by their control groups, beside what they ask for and may have."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from dev.containers.docker import Failed
from tests.kubernetes.cluster import Cluster
from tests.kubernetes.translation import Pod

GROUPS = Path("/sys/fs/cgroup")
EVERY_S = 0.5
UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
MIB = 2**20


@dataclass
class Taken:
    """Bytes that a container works with, as kubelet counts: without files that could be dropped."""

    idle: int = 0
    most: int = 0


@dataclass
class Watch:
    """Looks at all containers again and again."""

    cluster: Cluster
    taken: dict[str, Taken] = field(default_factory=dict)
    folders: dict[str, tuple[int, Path]] = field(default_factory=dict)

    def look(self, *, is_idle: bool = False) -> None:
        """Look once."""
        for pod in self.cluster.serving:
            with suppress(Failed, OSError):
                found = working_set(self._folder(pod))
                taken = self.taken.setdefault(pod.name, Taken())
                taken.most = max(taken.most, found)
                if is_idle:
                    taken.idle = found

    def _folder(self, pod: Pod) -> Path:
        """Return the folder of a container's group, which changes when it is started again."""
        known = self.folders.get(pod.name)
        if known is None or not known[1].exists():
            pid = int(self.cluster.state(pod)["Pid"])
            self.folders[pod.name] = known = (pid, group_of(pid))
        return known[1]

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Look inside the block, beside whatever happens there."""
        is_over = threading.Event()

        def look() -> None:
            while not is_over.wait(EVERY_S):
                self.look()

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()


def group_of(pid: int) -> Path:
    """Return the folder that tells of the memory of a process' group.

    Raises:
        OSError: there is no such process.
    """
    lines = Path(f"/proc/{pid}/cgroup").read_text(encoding="ascii").splitlines()
    paths = {name: path for _, name, path in (line.split(":", 2) for line in lines)}
    if "memory" in paths:
        return GROUPS / "memory" / paths["memory"].lstrip("/")
    return GROUPS / paths[""].lstrip("/")


def working_set(folder: Path) -> int:
    """Return the bytes that a group works with.

    Raises:
        OSError: the group is gone.
    """
    second = folder / "memory.current"
    usage = second if second.exists() else folder / "memory.usage_in_bytes"
    stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    # Of the first version, which has both, the group's own number is without those below it.
    inactive = "total_inactive_file" if "total_inactive_file" in stat else "inactive_file"
    return int(usage.read_text()) - int(stat[inactive])


def as_bytes(quantity: str) -> int:
    """Return how many bytes a quantity of Kubernetes is."""
    return int(quantity[:-2]) * UNITS[quantity[-2:]]


def mib(count: int) -> str:
    """Say a size as manifests do."""
    return f"{count / MIB:.0f} Mi"
