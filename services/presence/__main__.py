"""``python -m services.presence`` serves; with arguments it runs that Django command instead.

Nothing of the service is imported above: it needs its settings, and Django set up.
"""

from typing import TYPE_CHECKING

from libs.common.program import Assembled, run

if TYPE_CHECKING:
    from services.presence.settings import PresenceSettings


def main() -> None:
    """Serve until SIGTERM or SIGINT, or run one command."""
    run("services.presence", load_settings=load_settings, assemble=assemble)


def load_settings() -> "PresenceSettings":
    """Return the settings; the process ends where they are wrong."""
    from services.presence.settings import PRESENCE

    return PRESENCE


def assemble(settings: "PresenceSettings") -> Assembled:
    """Make the process and what its server runs."""
    from services.presence.asgi import application_of
    from services.presence.process import Process

    process = Process(settings)
    return Assembled(process=process, application=application_of(process, settings))


if __name__ == "__main__":
    main()
