"""Who is who at Parley."""

from django.conf import settings
from django.db import models


class ChatUser(models.Model):
    """A user of this site who is known at Parley, and by which id."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="chat"
    )
    parley_id = models.UUIDField(unique=True)

    def __str__(self):
        """Say who it is."""
        return str(self.user)
