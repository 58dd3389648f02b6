"""The gateway: one Caddy that routes the paths as the ingress does.

It listens on loopback only, over plain HTTP, and touches nothing outside the run folder. A query is
never logged: a one-time ticket may stand in it, or whom somebody looked for.
"""

import http.client
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from dev.files import make_private_folder, write_private
from dev.ports import LOOPBACK
from dev.process import Program
from dev.services import Service
from dev.wheels import program_beside_python
from libs.common.errors import Unavailable
from libs.common.secure_headers import HEADERS

NAME = "gateway"
RETRY_AFTER_S = 2
KEEP_ALIVE_S = 50
"""How long an idle connection to a process is kept: less than the process itself would."""
UNAVAILABLE = (502, 503, 504)
"""What Caddy itself answers when it gets nothing from any process of a service."""
EVERYTHING = "/*"
HEALTH_EVERY_S = 1
HEALTH_WITHIN_S = 1
HEALTH_FAILS = 2
"""How many answers in a row take a process out: one may be late on a machine that is busy."""
CONFIGURATION = """\
{{
	admin off
	auto_https off
	persist_config off
	storage file_system "{folder}"
	grace_period 3s
	log {{
		output stderr
		format filter {{
			wrap console
			request>uri regexp "[?].*" "?[hidden]"
			request>headers>X-Csrftoken delete
			request>headers>Referer regexp "[?].*" "?[hidden]"
		}}
		level ERROR
	}}
}}

http://:{port} {{
	bind {host}
	route {{
{routes}
	}}
{errors}
}}
"""
ROUTE = """\
	@{name} path {paths}
	handle @{name} {{
		reverse_proxy {upstreams} {{
			lb_policy least_conn
			lb_try_duration 1s
			lb_try_interval 100ms
			fail_duration 1s
			health_uri /api/{name}/healthz
			health_interval {health_every_s}s
			health_timeout {health_within_s}s
			health_fails {health_fails}
			transport http {{
				dial_timeout 1s
				keepalive {keep_alive_s}s
			}}
		}}
	}}"""
ERROR = """\
	handle_errors {status} {{
		header Content-Type application/problem+json
		header Retry-After {retry_after}
{headers}
		respond `{body}`
	}}"""


def caddyfile(
    *, port: int, folder: Path, services: Sequence[Service], ports: Mapping[str, Sequence[int]]
) -> str:
    """Write Caddy's configuration.

    An upstream that is down is answered by a problem document, after one second of trying. One that
    says that it is not ready gets no new requests; those that it has are not cut off.

    Args:
        port: where it listens.
        folder: Caddy's own storage.
        services: whose paths are routed.
        ports: the public ports of the processes, by service.
    """
    # In one handler each: every handler asks the processes by itself how they are.
    routes = [
        ROUTE.format(
            name=service.name,
            paths=" ".join(service.paths),
            upstreams=" ".join(f"{LOOPBACK}:{port}" for port in ports[service.name]),
            keep_alive_s=KEEP_ALIVE_S,
            health_every_s=HEALTH_EVERY_S,
            health_within_s=HEALTH_WITHIN_S,
            health_fails=HEALTH_FAILS,
        )
        for service in sorted(services, key=lambda service: EVERYTHING in service.paths)
    ]
    headers = "\n".join(f'\t\theader {name} "{value}"' for name, value in HEADERS.items())
    errors = [
        ERROR.format(
            status=status, retry_after=RETRY_AFTER_S, headers=headers, body=problem(status)
        )
        for status in UNAVAILABLE
    ]
    return CONFIGURATION.format(
        host=LOOPBACK,
        port=port,
        folder=folder,
        routes="\n".join(routes),
        errors="\n".join(errors),
    )


def problem(status: int) -> str:
    """Write the problem document (RFC 9457) of an upstream that cannot be reached.

    It says the same as a service that refuses: clients need not tell them apart.
    """
    return json.dumps(
        {
            "type": f"urn:parley:error:{Unavailable.code}",
            "title": Unavailable.default_message,
            "status": status,
            "detail": Unavailable.default_message,
            "code": Unavailable.code,
            "retry_after": RETRY_AFTER_S,
        }
    )


def gateway_program(
    run_dir: Path, *, port: int, services: Sequence[Service], ports: Mapping[str, Sequence[int]]
) -> Program:
    """Write the configuration and return the gateway."""
    folder = run_dir / NAME
    make_private_folder(folder)
    configuration = folder / "Caddyfile"
    write_private(
        configuration, caddyfile(port=port, folder=folder, services=services, ports=ports)
    )
    return Program(
        name=NAME,
        service=NAME,
        command=(
            str(program_beside_python("caddy")),
            *("run", "--config", str(configuration), "--adapter", "caddyfile"),
        ),
        environment={"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
        port=port,
        is_ready=lambda: http_status(port, "/healthz") is not None,
        folder=folder,
        stop_within_s=5.0,
    )


def http_status(port: int, path: str) -> int | None:
    """Return the status of a GET on loopback, or None where nothing answers within a second."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=1)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
