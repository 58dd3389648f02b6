"""The style sheets and scripts of the admin, served by the service itself."""

from pathlib import Path
from typing import Any

from django.contrib import admin
from servestatic import ServeStaticASGI


def with_admin_files(application: Any, service: str) -> Any:
    """Return the application with the admin's files below ``STATIC_URL`` of the service."""
    return ServeStaticASGI(
        application,
        root=Path(admin.__file__).parent / "static" / "admin",
        prefix=f"api/{service}/static/admin/",
        allow_all_origins=False,
    )
