"""What templates know of Parley."""

from django.conf import settings


def parley(request):
    """Tell where Parley is, and where its WebSockets are."""
    sockets = settings.PARLEY_URL if settings.DEBUG else settings.SITE_URL
    return {"parley_url": settings.PARLEY_URL, "parley_sockets": sockets}
