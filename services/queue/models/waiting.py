"""What waits, who is connected, who is in which room."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

MAX_RETRIES = 3
"""With how many refusals of chat a message is given up; how often a range that nobody acknowledges is
offered again."""


class Room(models.Model):
    """A room that was heard of.

    Attributes:
        version: of its members, where they are known; 0 where only the head is.
        head: the greatest seq that was told of.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    version = models.BigIntegerField(default=0)
    is_direct = models.BooleanField(default=False)
    head = models.BigIntegerField(default=0)

    class Meta:
        db_table = "room"

    def __str__(self) -> str:
        return f"{self.id} up to {self.head}"


class Member(models.Model):
    """A present member of a room."""

    pk = models.CompositePrimaryKey("room_id", "user_id")
    room_id = models.UUIDField()
    user_id = models.UUIDField()

    class Meta:
        db_table = "member"
        indexes = [models.Index(fields=["user_id", "room_id"], name="member_by_user")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.room_id}"


class QueueType(models.TextChoices):
    """Why a message is queued."""

    INCOMING = "incoming", "Incoming: its recipient has not received it"
    OUTGOING = "outgoing", "Outgoing: waits to be sent"
    RETRY = "retry", "Retry: was refused, waits to be sent again"


class Ending(models.TextChoices):
    """How a queued message ended."""

    SENT = "sent", "Sent"
    FAILED = "failed", "Failed: a dead letter"
    DISCARDED = "discarded", "Discarded by staff"
    RECEIVED = "received", "Received by its recipient"
    EXPIRED = "expired", "Expired after seven days"
    LEFT = "left", "Its recipient is no member any more"


class QueuedMessage(models.Model):
    """One row for each message that waits to be sent; one for each (room, user) that is behind.

    An incoming row is a pointer: it stands for all messages ``from_seq`` < seq <= head of its room,
    whose bodies chat has. Both of its seqs only ever rise, so news may come in any order.

    Attributes:
        sender_id: null for incoming rows: they stand for messages of many senders.
        recipient_id: whose incoming row it is; of others the other one in a direct room, or null.
        content: empty for incoming rows.
        from_seq: what the recipient has received, or need not any more.
        to_seq: the head at which the recipient was told to lag; at ``from_seq`` it is finished. Of
            a message that was sent its seq.
        created_at: when it was handed over; of incoming rows since when something waits: since their
            person fell behind, or acknowledged a part, or a part expired.
        attempts: how often it was submitted, whatever became of it.
        judged: the last of these submissions of which chat told why it was not sent.
        retry_count: how often chat refused it; or how often it was offered again.
        next_retry_at: when it is to be submitted next; null where something else has to happen
            before, and of incoming rows, which are due by session.
        is_processed: finished; set in the transaction that finished it.
        finished_at: when that was.
        ending: how.
        sent_at: when chat wrote it.
    """

    sender_id = models.UUIDField(null=True)
    recipient_id = models.UUIDField(null=True)
    room_id = models.UUIDField()
    content = models.TextField(blank=True, default="", db_default="")
    queue_type = models.CharField(max_length=20, choices=QueueType.choices)
    client_id = models.UUIDField(null=True)
    reply_to = models.BigIntegerField(null=True)
    from_seq = models.BigIntegerField(null=True)
    to_seq = models.BigIntegerField(null=True)

    created_at = models.DateTimeField(db_default=Now())
    attempts = models.IntegerField(default=0, db_default=0)
    judged = models.IntegerField(default=0, db_default=0)
    retry_count = models.IntegerField(default=0, db_default=0)
    max_retries = models.IntegerField(default=MAX_RETRIES, db_default=MAX_RETRIES)
    next_retry_at = models.DateTimeField(null=True, blank=True)
    is_processed = models.BooleanField(default=False, db_default=False)
    finished_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=20, blank=True, default="", db_default="")
    sent_at = models.DateTimeField(null=True, blank=True)

    last_error = models.TextField(blank=True, default="", db_default="")

    class Meta:
        db_table = "queued_message"
        ordering = ["created_at"]
        indexes = [
            models.Index(fields=["queue_type", "is_processed"], name="queued_by_type"),
            models.Index(fields=["recipient_id", "is_processed"], name="queued_by_recipient"),
            models.Index(fields=["next_retry_at"], name="queued_by_next_retry"),
            models.Index(
                fields=["sender_id", "room_id", "id"],
                condition=Q(is_processed=False) & ~Q(queue_type=QueueType.INCOMING),
                name="queued_line",
            ),
            models.Index(
                fields=["finished_at"],
                condition=Q(is_processed=True) & ~Q(ending=Ending.EXPIRED),
                name="queued_swept",
            ),
            models.Index(
                fields=["room_id"], condition=Q(ending=Ending.EXPIRED), name="queued_expired"
            ),
            models.Index(fields=["id"], condition=Q(ending=Ending.FAILED), name="queued_dead"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["room_id", "recipient_id"],
                condition=Q(queue_type=QueueType.INCOMING),
                name="queued_incoming_once",
            ),
            models.UniqueConstraint(
                fields=["room_id", "sender_id", "client_id"],
                condition=~Q(queue_type=QueueType.INCOMING),
                name="queued_outgoing_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.queue_type} {self.id}"


class ChatSession(models.Model):
    """An open WebSocket of a person, at some process of chat.

    A row may outlive its session for a while: an offer to it is heard by nobody.

    Attributes:
        process: which one.
        n: by the process' own count, when it was told of.
        offers: how often it was offered what waits, since its person last acknowledged anything.
        offer_at: when it is to be offered again; null where it is not.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    user_id = models.UUIDField()
    process = models.TextField()
    n = models.BigIntegerField()
    offers = models.IntegerField(default=0, db_default=0)
    offer_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "chat_session"
        indexes = [
            models.Index(fields=["user_id"], name="session_by_user"),
            models.Index(fields=["process"], name="session_by_process"),
            models.Index(
                fields=["offer_at"], condition=Q(offer_at__isnull=False), name="session_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} of {self.user_id}"


class ChatProcess(models.Model):
    """A process of chat that has sessions, and when it was heard of last."""

    name = models.TextField(primary_key=True)
    heard_at = models.DateTimeField()

    class Meta:
        db_table = "chat_process"

    def __str__(self) -> str:
        return self.name


class HeadMark(models.Model):
    """How far a room was, at the latest, at the end of an hour: tells, a week later, what expires."""

    pk = models.CompositePrimaryKey("room_id", "at")
    room_id = models.UUIDField()
    at = models.DateTimeField()
    head = models.BigIntegerField()

    class Meta:
        db_table = "head_mark"

    def __str__(self) -> str:
        return f"{self.room_id} at {self.at}"


class Expired(models.Model):
    """How many messages have expired before their recipient received them, ever."""

    user_id = models.UUIDField(primary_key=True, editable=False)
    total = models.BigIntegerField()

    class Meta:
        db_table = "expired"

    def __str__(self) -> str:
        return f"{self.total} of {self.user_id}"


class Outbox(models.Model):
    """Queued messages whose end their senders are to be told of.

    Attributes:
        messages: ids of queued messages.
    """

    id = models.BigAutoField(primary_key=True)
    messages = ArrayField(models.BigIntegerField())
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "outbox"

    def __str__(self) -> str:
        return f"{len(self.messages)} messages"
