"""``python -m dev.containers.rolling chat``: new containers for a service, one after the other.

For each container that there is, a new one is started, from the image and the settings as they are
now. When it is healthy, the old one gets SIGTERM, drains, and is removed. So a new version comes in
without a moment in which nobody is served. Options before the service are compose's own, such as
``--project-name``.
"""

import sys
from collections.abc import Callable, Sequence

from dev.containers.docker import Docker, Failed, client, listed

FAILED = 1


def main(arguments: Sequence[str]) -> int:
    """Replace the containers of a service; return the exit status."""
    docker = client()
    if docker is None or not arguments:
        sys.stderr.write("python -m dev.containers.rolling [options of compose] SERVICE\n")
        return FAILED
    try:
        roll(docker, arguments[-1], options=arguments[:-1], tell=say)
    except Failed as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    return 0


def roll(
    docker: Docker, service: str, *, options: Sequence[str] = (), tell: Callable[[str], None]
) -> dict[str, int]:
    """Replace the containers of a service.

    Args:
        docker: the client.
        service: as the compose file calls it.
        options: of compose, before its command.
        tell: is told of each step.

    Returns:
        The exit status of each old container, by name; 137 is one that was killed.

    Raises:
        Failed: a new one does not become healthy; the old one still runs then.
    """
    compose = ("compose", *options)
    old = listed(docker.run(*compose, "ps", "--quiet", service))
    ended: dict[str, int] = {}
    for one in old:
        tell(f"{service}: a new container beside {len(old)}")
        docker.run(*compose, *start_one_more(service, len(old) + 1))
        name = docker.inspect(one)["Name"].lstrip("/")
        tell(f"{name}: drains")
        docker.run("stop", one)
        ended[name] = int(docker.inspect(one)["State"]["ExitCode"])
        docker.run("rm", one)
    return ended


def start_one_more(service: str, count: int) -> Sequence[str]:
    """Return compose's command that starts containers up to a count and leaves those that are there."""
    kept = ("--no-deps", "--no-recreate", "--no-build")
    return ("up", "--detach", "--wait", *kept, "--scale", f"{service}={count}", service)


def say(text: str) -> None:
    """Write a line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
