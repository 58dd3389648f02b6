"""The Ingress as a configuration of nginx: what NGINX's controller for Kubernetes makes of it.

Only what an annotation says, or that controller where none does, is said here: no number is ours. Plain
http on loopback, of one process, whose files are all below the folder that it is started with. A query
is not logged, not even that of a request that failed: a one-time ticket may stand in it.

Source: https://github.com/nginx/kubernetes-ingress, ``internal/configs/version1/nginx.ingress.tmpl``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from dev.k8s.rendering import Manifest
from dev.ports import LOOPBACK

GROUP = "nginx.org/"
"""Whose annotations that controller reads."""
WEBSOCKETS = f"{GROUP}websocket-services"
DEFAULTS: Mapping[str, str] = {
    "proxy-connect-timeout": "60s",
    "proxy-read-timeout": "60s",
    "proxy-send-timeout": "60s",
    "client-max-body-size": "1m",
}
"""Annotations that are directives of each path, and what holds where they are not there."""
WHOLE = """\
daemon off;
master_process off;
pid nginx.pid;
error_log stderr crit;
events {{
    worker_connections 1024;
}}
http {{
    access_log off;
    client_body_temp_path client_body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    map $http_upgrade $connection_upgrade {{
        default upgrade;
        '' close;
    }}
{upstreams}
    server {{
        listen {listen};
        server_name {host};
{locations}
    }}
}}
"""
UPSTREAM = """\
    upstream {name} {{
        random two least_conn;
{servers}
    }}"""
SERVER = "        server {address} max_fails=1 fail_timeout=10s;"
LOCATION = """\
        location {path} {{
            proxy_http_version 1.1;
{own}
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Host $host;
            proxy_set_header X-Forwarded-Port $server_port;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_pass http://{service};
        }}"""
UPGRADE = (
    "proxy_set_header Upgrade $http_upgrade",
    "proxy_set_header Connection $connection_upgrade",
)


def configuration(ingress: Manifest, *, port: int, addresses: Mapping[str, Sequence[str]]) -> str:
    """Return the whole of an nginx that leads where an Ingress leads.

    It has one host, and takes every other for it.

    Args:
        ingress: as rendered, with one rule.
        port: where it listens.
        addresses: of each Service, ``host:port`` of its pods.

    Raises:
        LookupError: an annotation for that controller is not known here, or a Service not there.
        ValueError: there is more than one rule, or a path that is no beginning.
    """
    (rule,) = ingress["spec"]["rules"]
    notes: Mapping[str, str] = ingress["metadata"]["annotations"]
    services = dict(sorted(backends(rule["http"]["paths"]), key=lambda each: -len(each[0])))
    sockets = {name.strip() for name in notes.get(WEBSOCKETS, "").split(",")}
    said = directives(notes)
    return WHOLE.format(
        listen=f"{LOOPBACK}:{port}",
        host=rule["host"],
        upstreams="\n".join(
            upstream(name, addresses[name]) for name in sorted({*services.values()})
        ),
        locations="\n".join(
            location(path, name, [*said, *(UPGRADE if name in sockets else ())])
            for path, name in services.items()
        ),
    )


def backends(paths: Iterable[Manifest]) -> Iterator[tuple[str, str]]:
    """Yield each beginning of a path, and the Service it leads to.

    Raises:
        ValueError: a path is no beginning.
    """
    for each in paths:
        if each["pathType"] != "Prefix":
            raise ValueError(f"{each['path']} is {each['pathType']}, and only beginnings are known")
        yield each["path"], each["backend"]["service"]["name"]


def directives(notes: Mapping[str, str]) -> list[str]:
    """Return what annotations say of every path.

    Raises:
        LookupError: one of them is not known here.
    """
    given = {
        key.removeprefix(GROUP): value
        for key, value in notes.items()
        if key.startswith(GROUP) and key != WEBSOCKETS
    }
    if unknown := given.keys() - DEFAULTS.keys():
        raise LookupError(f"what {', '.join(sorted(unknown))} does is not known here")
    return [f"{key.replace('-', '_')} {value}" for key, value in {**DEFAULTS, **given}.items()]


def upstream(name: str, addresses: Iterable[str]) -> str:
    """Write which processes a Service has."""
    servers = "\n".join(SERVER.format(address=address) for address in addresses)
    return UPSTREAM.format(name=name, servers=servers)


def location(path: str, service: str, own: Iterable[str]) -> str:
    """Write where a beginning of a path leads."""
    lines = "\n".join(f"            {each};" for each in own)
    return LOCATION.format(path=path, service=service, own=lines)
