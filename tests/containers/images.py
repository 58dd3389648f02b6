"""The images that are tried: what stands in for official ones, and our own."""

import time

from dev.containers.docker import Docker, megabytes
from tests.containers import stand_ins
from tests.containers.table import Row, Table

IMAGE = "parley:containers"


def version(docker: Docker) -> str:
    """Say what is asked, and what answers."""
    return f"Docker {docker.run('version', '--format', '{{.Server.Version}}').strip()}"


def build(docker: Docker, table: Table) -> None:
    """Build what stands in for official images, and our own."""
    began_s = time.monotonic()
    if stand_ins.missing(docker):
        stand_ins.make_base(docker)
        table.add(Row(what="debootstrap", seconds=time.monotonic() - began_s, seen=stand_ins.BASE))
    for image, took_s, seen in stand_ins.build_all(docker):
        size = megabytes(docker.image_bytes(image.tag))
        table.add(Row(what=f"image {image.tag}", seconds=took_s, seen=f"{seen}, {size}"))
    began_s = time.monotonic()
    docker.run("build", "--tag", IMAGE, ".", within_s=1800)
    size = megabytes(docker.image_bytes(IMAGE))
    table.add(Row(what=f"image {IMAGE}", seconds=time.monotonic() - began_s, seen=size))
