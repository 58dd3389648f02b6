from django.db import transaction

from libs.common.outbox.watch import waiting_now
from services.chat.models import Outbox


def test_rows_that_wait_are_counted_and_the_oldest_one_gives_its_age(orm):
    with transaction.atomic():
        Outbox.objects.create(event="none", subjects=[])
        waiting = waiting_now()
        transaction.set_rollback(True)

    assert waiting.rows >= 1
    assert 0 < waiting.oldest_s < 60
