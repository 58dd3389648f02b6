"""A proxy as some companies have one: HTTP gets through to the suite, WebSockets are refused.

It is a gateway in front of the gateway. To the suite a page behind it is one of its own: the proxy
has an address of its own, and puts the suite's in its place in what the browser says of itself.
"""

import subprocess
from contextlib import contextmanager

from dev.gateway import http_status
from dev.harness import wait_until
from dev.ports import LOOPBACK, free_port
from dev.wheels import program_beside_python

STOP_WITHIN_S = 60
CONFIGURATION = """\
{{
	admin off
	auto_https off
	persist_config off
	storage file_system "{folder}"
	grace_period 1s
}}

http://:{port} {{
	bind {host}
	@upgrade header Connection *Upgrade*
	respond @upgrade 403
	reverse_proxy {upstream} {{
		header_up Host {{upstream_hostport}}
		header_up Origin .+ {url}
	}}
}}
"""


@contextmanager
def narrow_proxy(url, folder):
    """Run one in front of the suite at ``url``; give its own address."""
    port = free_port()
    configuration = folder / "Caddyfile"
    configuration.write_text(
        CONFIGURATION.format(
            folder=folder, port=port, host=LOOPBACK, upstream=url.removeprefix("http://"), url=url
        )
    )
    command = (program_beside_python("caddy"), "run", "--adapter", "caddyfile", "--config")
    with (folder / "proxy.log").open("wb") as log:
        proxy = subprocess.Popen([*command, configuration], stdout=log, stderr=log)
    try:
        wait_until(lambda: http_status(port, "/") is not None, what="the proxy")
        yield f"http://{LOOPBACK}:{port}"
    finally:
        proxy.terminate()
        proxy.wait(STOP_WITHIN_S)
