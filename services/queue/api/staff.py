"""What only staff may do."""

from django.http import HttpRequest

from libs.common.errors import PermissionDenied
from libs.common.http.credentials import holder_of


def check_staff(request: HttpRequest) -> None:
    """Check that a request comes from staff.

    Raises:
        PermissionDenied: it does not.
    """
    if not holder_of(request).staff:
        raise PermissionDenied("This is for staff.")
