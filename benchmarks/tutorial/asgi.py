"""What daphne serves: ``daphne benchmarks.tutorial.asgi:application``."""

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

pages = get_asgi_application()

# Models can be imported from here on.
from benchmarks.tutorial.routing import websocket_urlpatterns  # noqa: E402 - as Channels has it

application = ProtocolTypeRouter(
    {"http": pages, "websocket": AuthMiddlewareStack(URLRouter(websocket_urlpatterns))}
)
