"""One look: can people chat?"""

from dev.monitoring.dashboards.parts import (
    Dashboard,
    Panel,
    Query,
    Row,
    or_none,
    quantiles,
    rate_of,
)

FAILED = '{outcome=~"unavailable|timeout|internal"}'
SENDS = or_none(rate_of("parley_writer_outcomes_total"))
FAILED_SENDS = or_none(rate_of("parley_writer_outcomes_total", where=FAILED))
CAN_CHAT = " * ".join(
    (
        '((sum(up{job="chat"}) or on() vector(0)) > bool 0)',
        '((max(parley_breaker_state{breaker="postgres-writer"}) or on() vector(2)) < bool 2)',
        f"(({FAILED_SENDS}) <= bool 0.01 * ({SENDS}))",
    )
)

OVERVIEW = Dashboard(
    uid="parley-overview",
    title="overview",
    tells="One look: can people chat, how well, and what is in the way.",
    rows=(
        Row(
            "Now",
            (
                Panel(
                    title="Can people chat?",
                    tells="Yes while a process of chat answers, its writer reaches PostgreSQL, and"
                    " of what was sent lately less than 1 % failed.",
                    queries=[Query(CAN_CHAT)],
                    kind="figure",
                    width=4,
                    words={0: ("no", "red"), 1: ("yes", "green")},
                ),
                Panel(
                    title="Sends accepted, 5 min",
                    tells="What was in the database when it was answered. Promised: 99.9 %.",
                    queries=[Query("1 - parley:sends_failed:ratio_rate5m")],
                    kind="figure",
                    unit="percentunit",
                    width=4,
                    low_is_bad=True,
                    warn_from=0.999,
                    bad_from=0.99,
                    empty_unless="somebody wrote in the last five minutes",
                ),
                Panel(
                    title="Deliveries within 0.1 s, 5 min",
                    tells="From the message's transaction to the sockets. Promised: 99 %.",
                    queries=[Query("1 - parley:deliveries_late:ratio_rate5m")],
                    kind="figure",
                    unit="percentunit",
                    width=4,
                    low_is_bad=True,
                    warn_from=0.99,
                    bad_from=0.9,
                    empty_unless="something was delivered in the last five minutes",
                ),
                Panel(
                    title="People connected",
                    tells="Open sessions of chat, of all processes.",
                    queries=[Query('sum(parley_sessions{kind="chat"}) or on() vector(0)')],
                    kind="figure",
                    width=4,
                ),
                Panel(
                    title="Messages a second",
                    tells="That were stored.",
                    queries=[
                        Query(
                            or_none(
                                rate_of("parley_writer_outcomes_total", where='{outcome="stored"}')
                            )
                        )
                    ],
                    kind="figure",
                    width=4,
                ),
                Panel(
                    title="Alerts",
                    tells="That fire now: Alertmanager and the runbooks say more.",
                    queries=[Query('count(ALERTS{alertstate="firing"}) or on() vector(0)')],
                    kind="figure",
                    width=4,
                    bad_from=1,
                ),
            ),
        ),
        Row(
            "What people notice",
            (
                Panel(
                    title="Sends by outcome",
                    tells="`unavailable`, `timeout` and `internal` are ours; the other codes are"
                    " refusals that are right.",
                    queries=[
                        Query(rate_of("parley_writer_outcomes_total", by="outcome"), "{{outcome}}")
                    ],
                    unit="reqps",
                ),
                Panel(
                    title="To the sockets",
                    tells="From the beginning of a message's transaction until the sockets of a"
                    " process had it. 99 % within 0.1 s are promised.",
                    queries=quantiles("parley_delivery_seconds"),
                    unit="s",
                    bad_from=0.1,
                ),
                Panel(
                    title="Until sent",
                    tells="From accepting a message to its outcome: the clock beside it.",
                    queries=quantiles("parley_writer_commit_seconds"),
                    unit="s",
                ),
                Panel(
                    title="Connections",
                    tells="Open ones, and what is opened a minute: many times more than usual is a"
                    " storm.",
                    queries=[
                        Query("sum(parley_sockets)", "open"),
                        Query(
                            f"60 * {rate_of('parley_sockets_accepted_total')}", "opened a minute"
                        ),
                    ],
                ),
                Panel(
                    title="Failed requests",
                    tells="5xx over HTTP, of all, by service, 5 min.",
                    queries=[Query("job:parley_http_failed:ratio_rate5m", "{{job}}")],
                    unit="percentunit",
                    bad_from=0.05,
                    empty_unless="somebody asked over HTTP in the last five minutes",
                ),
                Panel(
                    title="Messages that wait for somebody",
                    tells="`incoming`: somebody is away. `outgoing` and `retry`: chat could not"
                    " take them; above 0 for long is wrong.",
                    queries=[Query("max by (queue_type) (parley_queue_waiting)", "{{queue_type}}")],
                ),
            ),
        ),
        Row(
            "What may be in the way",
            (
                Panel(
                    title="Processes that answer",
                    tells="By service.",
                    queries=[Query("job:parley_up:sum", "{{job}}")],
                ),
                Panel(
                    title="Breakers",
                    tells="0 closed, 1 half-open, 2 open: the service does without.",
                    queries=[Query("max by (breaker) (parley_breaker_state)", "{{breaker}}")],
                    bad_from=2,
                ),
                Panel(
                    title="Lateness of event loops",
                    tells="99 of 100 measurements, by process. Above 0.1 s it is busy, above 0.3 s"
                    " overloaded.",
                    queries=[
                        Query(
                            "instance:parley_event_loop_lag:p99_5m",
                            "{{job}} {{instance}}",
                        )
                    ],
                    unit="s",
                    bad_from=0.25,
                ),
                Panel(
                    title="Age of what was not told yet",
                    tells="The oldest row of each outbox. Above a few seconds Redis does not take"
                    " it.",
                    queries=[Query("max by (job) (parley_outbox_oldest_seconds)", "{{job}}")],
                    unit="s",
                    bad_from=30,
                ),
                Panel(
                    title="Behind on a stream",
                    tells="Entries that a group has not read, of the stream of which it is the furthest behind.",
                    queries=[
                        Query(
                            "max by (group) (parley_group_lag_entries)",
                            "{{group}}",
                        )
                    ],
                    bad_from=1000,
                ),
                Panel(
                    title="Given up, and drift",
                    tells="What somebody should look at: buried entries, queued messages that were"
                    " refused three times, watermarks that do not agree.",
                    queries=[
                        Query("sum(parley_dead_letters_present)", "buried entries"),
                        Query("max(parley_queue_dead_letters)", "queued messages"),
                        Query(
                            "(sum(max by (kind) (parley_receipts_drift))) or on() vector(0)",
                            "drift",
                        ),
                    ],
                    bad_from=1,
                ),
            ),
        ),
    ),
)
