"""``ship <order>``: an order is on its way, and whoever waits for it is told."""

from django.core.management.base import BaseCommand

from chat.parley import id_of
from chat.parley_push import PushFailed, push_to_user
from shop.models import Order


class Command(BaseCommand):
    """The command."""

    help = "Ship an order, and tell whoever waits for it."

    def add_arguments(self, parser):
        """Take the order's number."""
        parser.add_argument("order", type=int)

    def handle(self, *args, order, **options):
        """Ship it. That it is shipped stands in the database; the push says: look again."""
        order = Order.objects.select_related("user").get(pk=order)
        order.shipped = True
        order.save()
        try:
            push_to_user(id_of(order.user), "shop.order", {"order": order.pk, "what": order.what})
        except (PushFailed, OSError) as error:
            self.stderr.write(f"Shipped, and nobody was told: {error}")
