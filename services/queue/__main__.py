"""``python -m services.queue`` serves; with arguments it runs that Django command instead.

Nothing of the service is imported above: it needs its settings, and Django set up.
"""

from typing import TYPE_CHECKING

from libs.common.program import Assembled, run

if TYPE_CHECKING:
    from services.queue.settings import QueueSettings


def main() -> None:
    """Serve until SIGTERM or SIGINT, or run one command."""
    run("services.queue", load_settings=load_settings, assemble=assemble)


def load_settings() -> "QueueSettings":
    """Return the settings; the process ends where they are wrong."""
    from services.queue.settings import QUEUE

    return QUEUE


def assemble(settings: "QueueSettings") -> Assembled:
    """Make the process and what its server runs."""
    from services.queue.asgi import application_of
    from services.queue.process import Process

    process = Process(settings)
    return Assembled(process=process, application=application_of(process, settings))


if __name__ == "__main__":
    main()
