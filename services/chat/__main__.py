"""``python -m services.chat`` serves; with arguments it runs that Django command instead.

Nothing of the service is imported above: it needs its settings, and Django set up.
"""

from typing import TYPE_CHECKING

from libs.common.program import Assembled, Sockets, run

if TYPE_CHECKING:
    from services.chat.settings import ChatSettings

FRAME_BYTES_REFUSED = 1024 * 1024
"""A frame above this closes the connection (1009); below it, a client gets an error."""


def main() -> None:
    """Serve until SIGTERM (clients are led elsewhere first) or SIGINT, or run one command."""
    run("services.chat", load_settings=load_settings, assemble=assemble)


def load_settings() -> "ChatSettings":
    """Return the settings; the process ends where they are wrong."""
    from services.chat.settings import CHAT

    return CHAT


def assemble(settings: "ChatSettings") -> Assembled:
    """Make the process and what its server runs."""
    from services.chat.asgi import application_of
    from services.chat.process import Process
    from services.chat.wire import UvicornWire

    process = Process(settings)
    return Assembled(
        process=process,
        application=application_of(process, settings),
        drain=process.drain,
        sockets=Sockets(uvicorn_protocol=UvicornWire, frame_bytes=FRAME_BYTES_REFUSED),
    )


if __name__ == "__main__":
    main()
