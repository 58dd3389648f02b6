"""A Debian machine on which containers can be built and run, without a registry of images.

What is missing is installed by apt, from where this machine's own apt gets it: Docker, debootstrap,
and from the next Debian the compose plugin, unpacked beside our own files. A Docker daemon that runs
is used and left alone; only where there is none is one started, and ended again. So nobody else may
prepare one meanwhile: they wait.
"""

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from dev.containers.docker import Docker, client, last_lines
from dev.errors import CannotStart
from dev.settings import environment

PACKAGES = {
    "dockerd": "docker.io",
    "debootstrap": "debootstrap",
    "iptables": "iptables",
    "chromium": "chromium",
}
"""What has to be installed where a program is missing."""
SYSTEM_PROGRAMS = "/usr/sbin:/usr/bin:/sbin:/bin"
RELEASE = "trixie"
"""The Debian whose packages stand in for official images, and whose compose plugin is taken."""
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
PLUGIN = "docker-compose"
LOCK = "lock"
READY_WITHIN_S = 30
ENDS_WITHIN_S = 20
LOOK_S = 0.2


@contextmanager
def prepared(folder: Path) -> Iterator[Docker]:
    """Give a Docker that works, with BuildKit and compose v2, inside the block.

    One at a time: whoever comes second waits for the end of the first one's block.

    Args:
        folder: is kept: of the plugin, and of what the daemon logged.

    Raises:
        CannotStart: something is missing that only root may install, or does not come up.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder / LOCK):
        docker = installed()
        with running(docker, folder):
            yield with_compose(docker, folder)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait until nobody else is inside such a block; who is ended by a signal is inside no more."""
    with path.open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def installed() -> Docker:
    """Return the client, and install what is missing.

    Raises:
        CannotStart: only root may do it, or apt failed.
    """
    docker = client()
    if docker is None or not docker.works("info"):
        install(missing_packages())
        docker = client()
    elif shutil.which("debootstrap", path=SYSTEM_PROGRAMS) is None:
        install([PACKAGES["debootstrap"]])
    if docker is None:
        raise CannotStart("There is no docker, although it was installed.")
    return docker


def missing_packages() -> list[str]:
    """Return what this machine lacks."""
    return [
        package
        for program, package in PACKAGES.items()
        if shutil.which(program, path=SYSTEM_PROGRAMS) is None
    ]


def install(packages: Sequence[str]) -> None:
    """Install packages, as root.

    Raises:
        CannotStart: this is not root, or apt failed.
    """
    if not packages:
        return
    if os.geteuid() != 0:
        raise CannotStart(f"Only root may do it: apt-get install {' '.join(packages)}")
    apt("update", "-qq")
    apt("install", "-qq", "-y", "--no-install-recommends", *packages)


@contextmanager
def running(docker: Docker, folder: Path) -> Iterator[None]:
    """See to it that a daemon answers inside the block; one that was there stays.

    Raises:
        CannotStart: none comes up.
    """
    if docker.works("info"):  # a second daemon would take the first one's bridge away
        yield
        return
    if os.geteuid() != 0:
        raise CannotStart("No Docker daemon answers, and only root may start one.")
    log = folder / "dockerd.log"
    program = shutil.which("dockerd", path=SYSTEM_PROGRAMS) or "dockerd"
    with log.open("w", encoding="utf-8") as written:
        daemon = subprocess.Popen([program], stdout=written, stderr=written, start_new_session=True)
    try:
        deadline = time.monotonic() + READY_WITHIN_S
        while not docker.works("info"):
            if daemon.poll() is not None or time.monotonic() > deadline:
                raise CannotStart(f"dockerd does not come up:\n{last_lines(log.read_text())}")
            time.sleep(LOOK_S)
        yield
    finally:
        daemon.terminate()
        try:
            daemon.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()


def with_compose(docker: Docker, folder: Path) -> Docker:
    """Return the client with compose v2: its own, or one from the next Debian.

    Raises:
        CannotStart: it cannot be had.
    """
    if docker.works("compose", "version"):
        return docker
    configuration = folder / "docker"
    plugin = configuration / "cli-plugins" / PLUGIN
    if not plugin.exists():
        plugin.parent.mkdir(parents=True, exist_ok=True)
        unpacked = unpack(PLUGIN, folder / "apt")
        shutil.copy(next(unpacked.glob(f"usr/libexec/docker/cli-plugins/{PLUGIN}")), plugin)
        shutil.rmtree(unpacked)
    with_plugin = replace(docker, extra={"DOCKER_CONFIG": str(configuration)})
    if not with_plugin.works("compose", "version"):
        raise CannotStart(f"{plugin} does not work with {docker.program}.")
    return with_plugin


def unpack(package: str, folder: Path) -> Path:
    """Fetch a package of the next Debian and return where it lies unpacked; nothing is installed.

    apt gets lists and caches of its own, so this machine's sources stay what they are.
    """
    unpacked = folder / "unpacked"
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("lists/partial", "cache/archives/partial", "unpacked"):
        (folder / name).mkdir(parents=True)
    sources = folder / "sources.list"
    sources.write_text(f"deb [signed-by={KEYRING}] {mirror()} {RELEASE} main\n", encoding="utf-8")
    options = [
        f"-oDir::Etc::sourcelist={sources}",
        "-oDir::Etc::sourceparts=-",
        f"-oDir::State::lists={folder / 'lists'}",
        f"-oDir::Cache={folder / 'cache'}",
        "-oAPT::Sandbox::User=root",
    ]
    apt(*options, "update", "-qq")
    apt(*options, "download", "-qq", package, folder=folder)
    (archive,) = folder.glob(f"{package}_*.deb")
    done = subprocess.run(["dpkg-deb", "-x", str(archive), str(unpacked)], check=False)  # noqa: S607 - as apt
    if done.returncode != 0:
        raise CannotStart(f"{archive} cannot be unpacked.")
    return unpacked


def mirror() -> str:
    """Return where this machine gets its Debian packages from.

    Raises:
        CannotStart: apt knows no source of Debian.
    """
    found = mirror_in(apt("indextargets", "--format", "$(ORIGIN) $(REPO_URI)"))
    if found is None:
        raise CannotStart("apt knows no source of Debian's packages; try apt-get update.")
    return found


def mirror_in(targets: str) -> str | None:
    """Return the first main archive of Debian in what apt says of its sources, or None."""
    for line in targets.splitlines():
        origin, _, address = line.partition(" ")
        if origin == "Debian" and "security" not in address:
            return address.rstrip("/")
    return None


def apt(*arguments: str, folder: Path | None = None) -> str:
    """Run apt-get and return what it wrote.

    Raises:
        CannotStart: it failed.
    """
    done = subprocess.run(
        ["apt-get", *arguments],  # noqa: S607 - wherever it is
        env={**environment(), "DEBIAN_FRONTEND": "noninteractive"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CannotStart(f"apt-get {' '.join(arguments)} failed:\n{last_lines(done.stderr)}")
    return done.stdout
