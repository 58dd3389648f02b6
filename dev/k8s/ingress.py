"""The way in of a cluster, run on this machine: the system's nginx, as the rendered Ingress has it."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from dev.errors import CannotStart
from dev.files import make_private_folder, write_private
from dev.gateway import NAME, http_status
from dev.k8s.nginx import configuration
from dev.k8s.rendering import Manifest, render_all
from dev.k8s.variants import VARIANTS
from dev.ports import LOOPBACK
from dev.process import Program
from dev.services import Service
from dev.settings import environment

VARIANT = "ingress"
KIND = "Ingress"
FILE = "nginx.conf"
SYSTEMS = "/usr/sbin:/usr/local/sbin"
"""Where servers are, and not on everybody's PATH."""
NGINX = shutil.which("nginx", path=f"{environment().get('PATH', '')}:{SYSTEMS}")
"""None where it is not installed."""


def rendered_ingress() -> Manifest:
    """Return the Ingress as a cluster would get it.

    Raises:
        CannotStart: kubectl is not installed, or refuses it.
    """
    (rendered,) = render_all([each for each in VARIANTS if each.name == VARIANT])
    (ingress,) = (each for each in rendered.manifests if each["kind"] == KIND)
    return ingress


def nginx_program(
    run_dir: Path, *, port: int, services: Sequence[Service], ports: Mapping[str, Sequence[int]]
) -> Program:
    """Write the configuration and return nginx, for `make up` in place of its gateway.

    Raises:
        CannotStart: nginx or kubectl is not installed.
    """
    addresses = {service.name: addresses_of(ports[service.name]) for service in services}
    folder = run_dir / NAME
    make_private_folder(folder)
    text = configuration(rendered_ingress(), port=port, addresses=addresses)
    return Program(
        name=NAME,
        service=NAME,
        command=nginx_command(folder, text),
        environment={},
        port=port,
        is_ready=lambda: http_status(port, "/healthz") is not None,
        folder=folder,
        stop_within_s=5.0,
    )


def addresses_of(ports: Sequence[int]) -> list[str]:
    """Return where processes on this machine listen."""
    return [f"{LOOPBACK}:{port}" for port in ports]


def nginx_command(folder: Path, text: str) -> Sequence[str]:
    """Write a configuration into a folder; return what starts an nginx that has all its files there.

    Raises:
        CannotStart: it is not installed.
    """
    if NGINX is None:
        raise CannotStart("nginx is not installed (on Debian: apt-get install nginx-light).")
    file = folder / FILE
    write_private(file, text)
    return (NGINX, "-e", "stderr", "-p", f"{folder}/", "-c", str(file))
