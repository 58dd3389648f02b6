"""What people bought."""

from django.conf import settings
from django.db import models


class Order(models.Model):
    """One thing that somebody bought."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    what = models.CharField(max_length=80)
    shipped = models.BooleanField(default=False)

    def __str__(self):
        """Say what it is."""
        return self.what
