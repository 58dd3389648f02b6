"""``/api/<service>/docs``: a page for people. It loads nothing from elsewhere.

The viewer is the Swagger UI that django-ninja brings with it; its files are served from there.
"""

import functools
from pathlib import Path

import ninja
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

_FILES = Path(ninja.__file__).parent / "static" / "ninja"
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parley: the HTTP API of {service}</title>
<link rel="icon" href="docs/favicon.svg">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
});
"""
_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_MEDIA_TYPES = {
    "favicon.svg": "image/svg+xml",
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
}
_DAY_S = 24 * 3600


def docs_paths(service: str) -> list[URLPattern]:
    """Return the paths of the page of a service and of what it loads, for its ``urlpatterns``."""
    root = f"api/{service}/docs"
    return [
        path(root, require_safe(page), {"service": service}),
        path(f"{root}/start.js", require_safe(start)),
        path(f"{root}/<str:name>", require_safe(file)),
    ]


async def page(request: HttpRequest, service: str) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Answer with the page."""
    response = HttpResponse(_PAGE.format(service=service))
    response["Content-Security-Policy"] = _POLICY
    return response


async def start(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Answer with the script that starts the viewer."""
    return HttpResponse(_START, content_type="text/javascript")


async def file(request: HttpRequest, name: str) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Answer with a file of the viewer."""
    if name not in _MEDIA_TYPES:
        raise Http404
    response = HttpResponse(_content(name), content_type=_MEDIA_TYPES[name])
    response["Cache-Control"] = f"public, max-age={_DAY_S}"
    return response


@functools.cache
def _content(name: str) -> bytes:
    return (_FILES / name).read_bytes()
