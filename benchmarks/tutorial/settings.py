"""Settings that let the usual stack be as good as it gets, and lose nothing.

* ``CONN_MAX_AGE`` None: the ORM's calls for WebSockets run in one thread of the process, so there is
  one connection to PostgreSQL and it stays. With 0, the default, every message connects anew, which
  triples the CPU.
* ``capacity`` 10 000: above it the layer drops without a word. With 100, the default, which is for
  all sessions of a process together, 400 messages a second lost one in five.
* ``socket_timeout`` None: redis-py's own 5 s end the layer's wait for news, which lasts as long, and
  with it every session that hears nothing for 5 s. ``max_connections``: the 101st ``group_send`` at
  the same time would be refused.

``CHANNEL_LAYER=pubsub`` takes the other layer of channels_redis. It needs a quarter less CPU and
arrives much sooner under load; its queues have no bound, and it loses what is sent while it connects
again. libpq finds PostgreSQL by itself (``PGHOST`` and the like).
"""

import os

SECRET_KEY = os.environ["SECRET_KEY"]
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "channels",
    "benchmarks.tutorial",
]
ROOT_URLCONF = "benchmarks.tutorial.routing"
ASGI_APPLICATION = "benchmarks.tutorial.asgi.application"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ["PGDATABASE"],
        "CONN_MAX_AGE": None,
    }
}
LAYERS = {
    "core": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            "hosts": [
                {
                    "address": os.environ["REDIS_URL"],
                    "socket_timeout": None,
                    "max_connections": 10_000,
                }
            ],
            "capacity": 10_000,
        },
    },
    "pubsub": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": os.environ["REDIS_URL"], "socket_timeout": None}]},
    },
}
CHANNEL_LAYERS = {"default": LAYERS[os.environ.get("CHANNEL_LAYER", "core")]}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
