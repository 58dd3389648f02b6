"""Where the time of a message goes, stage by stage."""

from dev.monitoring.dashboards.parts import (
    Dashboard,
    Panel,
    Query,
    Row,
    or_none,
    quantile,
    quantiles,
    rate_of,
)

STAGES = (
    ("parley_writer_commit_seconds", "accepted → committed"),
    ("parley_outbox_announce_seconds", "committed → published"),
    ("parley_delivery_seconds", "transaction → sockets"),
)

MESSAGE_PATH = Dashboard(
    uid="parley-message-path",
    title="message path",
    tells="Where the time of a message goes: from the frame of its sender to the eyes of a reader.",
    rows=(
        Row(
            "Stages",
            (
                Panel(
                    title="Half of the messages",
                    tells="Each stage of ours by itself. The third one holds the second.",
                    queries=[Query(quantile(0.5, name), text) for name, text in STAGES],
                    unit="s",
                    width=12,
                ),
                Panel(
                    title="99 of 100",
                    tells="Which stage has grown is what to look at below.",
                    queries=[Query(quantile(0.99, name), text) for name, text in STAGES],
                    unit="s",
                    width=12,
                ),
            ),
        ),
        Row(
            "Accepted → committed",
            (
                Panel(
                    title="Wait",
                    tells="From accepting a message to its outcome.",
                    queries=quantiles("parley_writer_commit_seconds"),
                    unit="s",
                ),
                Panel(
                    title="Messages in a transaction",
                    tells="Full ones are cheap; ever fuller ones say that the writer is short.",
                    queries=quantiles("parley_writer_batch_messages"),
                ),
                Panel(
                    title="Calls of the writer to PostgreSQL",
                    tells="One call is one transaction.",
                    queries=quantiles(
                        "parley_breaker_call_seconds", where='{breaker="postgres-writer"}'
                    ),
                    unit="s",
                ),
            ),
        ),
        Row(
            "Committed → published",
            (
                Panel(
                    title="Until Redis has it",
                    tells="From COMMIT to the answer of Redis.",
                    queries=quantiles("parley_outbox_announce_seconds"),
                    unit="s",
                ),
                Panel(
                    title="Published a second",
                    tells="Events, by stream.",
                    queries=[
                        Query(
                            rate_of("parley_stream_published_events_total", by="stream"),
                            "{{stream}}",
                        )
                    ],
                    unit="reqps",
                ),
                Panel(
                    title="Not told from memory",
                    tells="Left to the relay: Redis was in trouble. Relayed: that, and what is"
                    " relayed always, such as changes of rooms.",
                    queries=[
                        Query(rate_of("parley_outbox_left_to_relay_total"), "left to the relay"),
                        Query(rate_of("parley_outbox_relayed_total"), "relayed"),
                    ],
                    unit="reqps",
                ),
            ),
        ),
        Row(
            "Published → sockets",
            (
                Panel(
                    title="Deliveries a second",
                    tells="Messages handed to sessions.",
                    queries=[Query(rate_of("parley_deliveries_total"), "deliveries")],
                    unit="reqps",
                ),
                Panel(
                    title="Time that entries keep a tail",
                    tells="99 of 100, by stream. What comes behind them waits.",
                    queries=[
                        Query(
                            quantile(0.99, "parley_tail_handle_seconds", by="stream"), "{{stream}}"
                        )
                    ],
                    unit="s",
                ),
                Panel(
                    title="Not by the stream",
                    tells="Messages read out of PostgreSQL, and rooms that the safety net found"
                    " behind. Above 0 with a healthy Redis is wrong.",
                    queries=[
                        Query(rate_of("parley_hub_filled_total"), "messages"),
                        Query(rate_of("parley_safety_net_rooms_total"), "rooms"),
                    ],
                    unit="reqps",
                ),
            ),
        ),
        Row(
            "Received and read",
            (
                Panel(
                    title="Until received",
                    tells="From the sockets to the first receipt of somebody else, of a sample.",
                    queries=quantiles("parley_message_received_seconds"),
                    unit="s",
                ),
                Panel(
                    title="Until read",
                    tells="Likewise, until somebody had read it. People, mostly.",
                    queries=quantiles("parley_message_read_seconds"),
                    unit="s",
                ),
                Panel(
                    title="Receipts",
                    tells="Claims accepted by chat, taken in by receipts, and what they raised.",
                    queries=[
                        Query(rate_of("parley_claims_taken_total"), "accepted"),
                        Query(rate_of("parley_receipts_claims_total"), "folded"),
                        Query(rate_of("parley_receipts_advances_total"), "advances"),
                    ],
                    unit="reqps",
                ),
                Panel(
                    title="One fold of receipts",
                    tells="Above 0.5 s it waits for a replica, or for PostgreSQL.",
                    queries=quantiles("parley_receipts_fold_seconds"),
                    unit="s",
                ),
                Panel(
                    title="Claims that are not confirmed",
                    tells="Members whose receipt nobody has confirmed: growing, receipts is behind.",
                    queries=[
                        Query("sum(parley_claims_unconfirmed)", "unconfirmed"),
                        Query("sum(parley_claims_waiting)", "not taken by Redis"),
                    ],
                ),
                Panel(
                    title="Refused frames",
                    tells="By the code of the answer.",
                    queries=[
                        Query(
                            or_none(rate_of("parley_frames_refused_total", by="code")), "{{code}}"
                        )
                    ],
                    unit="reqps",
                ),
            ),
        ),
    ),
)
