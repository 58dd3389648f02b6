"""A podman of our own, beside whatever this machine does with its own one.

Storage, networks, locks and settings are in folders that nobody else uses: so what is in there is
ours, and all of it may be removed. It pulls nothing: there are only the images that Docker gives it.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from dev.containers.docker import Docker, Failed
from dev.errors import CannotStart
from tests.containers import machine

PROGRAMS = {
    "podman": "podman",
    "catatonit": "catatonit",
    "nft": "nftables",
    "nsenter": "util-linux",
    "ip": "iproute2",
    "runc": "runc",
}
"""What has to be installed where a program is missing."""
HELPERS = {
    "/usr/lib/podman/netavark": "netavark",
    "/usr/lib/podman/aardvark-dns": "aardvark-dns",
}
"""Likewise, of programs that are on no PATH."""
STORAGE = Path("/var/lib/parley-play")
RUNNING = Path("/run/parley-play")
CONTAINERS = """\
[containers]
base_hosts_file = "none"
default_ulimits = ["nofile=20000:20000", "nproc=16384:16384"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
runtime = "runc"
tmp_dir = "{running}/libpod"
[network]
network_backend = "netavark"
network_config_dir = "{storage}/networks"
"""
STORED = """\
[storage]
driver = "overlay"
graphroot = "{storage}/storage"
runroot = "{running}/storage"
"""
REGISTRIES = """\
unqualified-search-registries = []
[[registry]]
location = "docker.io"
blocked = true
"""


@dataclass(frozen=True)
class Image:
    """One image that Docker has.

    Attributes:
        here: its name there.
        played: the name that manifests give it.
    """

    here: str
    played: str


def prepared(folder: Path) -> Docker:
    """Return the client of a podman that works; what is missing is installed.

    Args:
        folder: is kept, with the settings.

    Raises:
        CannotStart: it does not work, or only root may install what is missing.
    """
    machine.install(missing())
    folder.mkdir(parents=True, exist_ok=True)
    STORAGE.mkdir(mode=0o700, parents=True, exist_ok=True)
    variables = {}
    for variable, name, text in (
        ("CONTAINERS_CONF", "containers.conf", CONTAINERS),
        ("CONTAINERS_STORAGE_CONF", "storage.conf", STORED),
        ("CONTAINERS_REGISTRIES_CONF", "registries.conf", REGISTRIES),
    ):
        path = folder / name
        path.write_text(text.format(storage=STORAGE, running=RUNNING), encoding="utf-8")
        variables[variable] = str(path)
    program = shutil.which("podman", path=machine.SYSTEM_PROGRAMS)
    if program is None:
        raise CannotStart("There is no podman, although it was installed.")
    podman = Docker(program=program, extra=variables)
    try:
        podman.run("info")
    except Failed as error:
        raise CannotStart(f"podman does not work: {error}") from error
    return podman


def missing() -> list[str]:
    """Return the packages that this machine lacks."""
    programs = [
        package
        for program, package in PROGRAMS.items()
        if shutil.which(program, path=machine.SYSTEM_PROGRAMS) is None
    ]
    return programs + [package for path, package in HELPERS.items() if not Path(path).exists()]


def handed_over(docker: Docker, podman: Docker, images: Sequence[Image]) -> int:
    """Give podman the images that it does not have as Docker has them; return how many those were.

    Raises:
        Failed: one cannot be handed over.
    """
    stale = [each for each in images if _id(docker, each.here) != _id(podman, each.played)]
    for each in stale:
        with TemporaryDirectory(prefix="parley-image-") as folder:
            archive = f"{folder}/image.tar"
            docker.run("save", f"--output={archive}", each.here)
            podman.run("load", "--quiet", f"--input={archive}")
        podman.run("tag", f"localhost/{each.here}", each.played)
    if stale:
        podman.run("image", "prune", "--force")
    return len(stale)


def _id(client: Docker, name: str) -> str:
    """Return by what an image is known to both, or nothing where it is not there."""
    try:
        return str(client.inspect(name)["Id"]).removeprefix("sha256:")
    except Failed:
        return ""
