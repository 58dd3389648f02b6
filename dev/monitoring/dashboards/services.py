"""Each service: its requests, its streams, what it does."""

from dev.monitoring.dashboards.parts import (
    Dashboard,
    Panel,
    Query,
    Row,
    or_none,
    quantile,
    rate_of,
)

CHOSEN = '{job=~"$job"}'
WITHOUT_POLLS = '{job=~"$job", route!="/api/chat/sync"}'

SERVICES = Dashboard(
    uid="parley-services",
    title="services",
    tells="Requests, frames and streams of each service, and what is particular to it.",
    picks_job=True,
    rows=(
        Row(
            "HTTP",
            (
                Panel(
                    title="Requests a second",
                    tells="By service and class of status.",
                    queries=[
                        Query(
                            rate_of("parley_http_requests_total", by="job, status", where=CHOSEN),
                            "{{job}} {{status}}",
                        )
                    ],
                    unit="reqps",
                ),
                Panel(
                    title="99 of 100 requests",
                    tells="By route; `/api/chat/sync`, where long polls wait on purpose, is left out.",
                    queries=[
                        Query(
                            quantile(
                                0.99, "parley_http_request_seconds", by="route", where=WITHOUT_POLLS
                            ),
                            "{{route}}",
                        )
                    ],
                    unit="s",
                ),
                Panel(
                    title="Refused",
                    tells="Newcomers and frames, by reason.",
                    queries=[
                        Query(
                            rate_of("parley_newcomers_refused_total", by="reason"),
                            "newcomers: {{reason}}",
                        ),
                        Query(
                            or_none(rate_of("parley_frames_refused_total", by="code")),
                            "frames: {{code}}",
                        ),
                    ],
                    unit="reqps",
                ),
            ),
        ),
        Row(
            "Streams",
            (
                Panel(
                    title="Entries handled a second",
                    tells="By group.",
                    queries=[
                        Query(
                            rate_of("parley_group_entries_total", by="group, stream", where=CHOSEN),
                            "{{group}} on {{stream}}",
                        )
                    ],
                    unit="reqps",
                ),
                Panel(
                    title="99 of 100 batches",
                    tells="Until they were acknowledged, or put off.",
                    queries=[
                        Query(
                            quantile(
                                0.99,
                                "parley_group_handle_seconds",
                                by="group, stream",
                                where=CHOSEN,
                            ),
                            "{{group}} on {{stream}}",
                        )
                    ],
                    unit="s",
                ),
                Panel(
                    title="In hand",
                    tells="Entries that were read and not acknowledged.",
                    queries=[
                        Query(
                            f"max by (group, stream) (parley_group_pending_entries{CHOSEN})",
                            "{{group}} on {{stream}}",
                        )
                    ],
                ),
                Panel(
                    title="Failures",
                    tells="Of single entries by their own fault, and batches that were put off"
                    " because a dependency was down.",
                    queries=[
                        Query(
                            rate_of("parley_group_failures_total", by="group", where=CHOSEN),
                            "{{group}}: failed",
                        ),
                        Query(
                            or_none(rate_of("parley_group_outages_total", where=CHOSEN)),
                            "put off",
                        ),
                    ],
                    unit="reqps",
                ),
                Panel(
                    title="Since the last progress",
                    tells="A reader that hangs raises nothing: it shows here.",
                    queries=[
                        Query(
                            f"max by (group) (parley_group_progress_age_seconds{CHOSEN})",
                            "{{group}}",
                        )
                    ],
                    unit="s",
                    bad_from=60,
                ),
                Panel(
                    title="Rows in the outbox",
                    tells="What was committed and not told yet.",
                    queries=[
                        Query(f"max by (job) (parley_outbox_waiting_rows{CHOSEN})", "{{job}}")
                    ],
                ),
            ),
        ),
        Row(
            "Chat",
            (
                Panel(
                    title="Frames a second",
                    tells="Of clients, by type.",
                    queries=[Query(rate_of("parley_frames_received_total", by="type"), "{{type}}")],
                    unit="reqps",
                ),
                Panel(
                    title="Sessions and rooms",
                    tells="Open here: sockets of chat, of badges, and long polls; and the rooms of"
                    " those who sit in them.",
                    queries=[
                        Query("sum by (kind) (parley_sessions)", "{{kind}}"),
                        Query("sum(parley_local_rooms)", "rooms"),
                    ],
                ),
                Panel(
                    title="Pressure",
                    tells="0 calm, 1 busy, 2 overloaded.",
                    queries=[Query("max by (instance) (parley_pressure_level)", "{{instance}}")],
                    bad_from=2,
                ),
                Panel(
                    title="Closed by us",
                    tells="Slow readers, ended sign-ins, and those who were asked to come back.",
                    queries=[
                        Query(rate_of("parley_sockets_closed_slow_total"), "slow"),
                        Query(
                            or_none(rate_of("parley_sockets_closed_by_sweep_total", by="reason")),
                            "sweep: {{reason}}",
                        ),
                        Query(
                            or_none(rate_of("parley_sessions_sent_away_total", by="reason")),
                            "sent away: {{reason}}",
                        ),
                    ],
                    unit="reqps",
                ),
                Panel(
                    title="Typing and presence",
                    tells="Frames handed to sessions, and what was shed.",
                    queries=[
                        Query(rate_of("parley_typing_frames_total"), "typing"),
                        Query(rate_of("parley_presence_frames_total"), "presence"),
                        Query(rate_of("parley_typing_shed_total"), "typing that was shed"),
                    ],
                    unit="reqps",
                ),
                Panel(
                    title="Statuses",
                    tells="Advances that were heard, and frames that came of them.",
                    queries=[
                        Query(rate_of("parley_status_advances_total"), "advances"),
                        Query(rate_of("parley_status_frames_total"), "frames"),
                    ],
                    unit="reqps",
                ),
            ),
        ),
        Row(
            "Presence, queue, receipts",
            (
                Panel(
                    title="People who are there",
                    tells="Over the whole suite.",
                    queries=[Query("max by (status) (parley_presence_people)", "{{status}}")],
                ),
                Panel(
                    title="Presence is blind",
                    tells="1: at this process of chat everybody is unknown.",
                    queries=[Query("max by (instance) (parley_presence_blind)", "{{instance}}")],
                    bad_from=1,
                ),
                Panel(
                    title="Silence counts",
                    tells="Processes of presence that end the sessions of silent chat processes.",
                    queries=[Query("sum(parley_presence_silence_counts)", "processes")],
                ),
                Panel(
                    title="Outcomes of queued messages",
                    tells="What became of what the queue submitted.",
                    queries=[
                        Query(
                            or_none(rate_of("parley_queue_settled_total", by="outcome")),
                            "{{outcome}}",
                        )
                    ],
                    unit="reqps",
                ),
                Panel(
                    title="Oldest that waits",
                    tells="Seven days is where it expires.",
                    queries=[Query("max(parley_queue_oldest_seconds)", "oldest")],
                    unit="s",
                ),
                Panel(
                    title="Web Push",
                    tells="What push services said. Gone are browsers that do not want any more.",
                    queries=[
                        Query(
                            or_none(rate_of("parley_web_pushes_total", by="outcome")),
                            "{{outcome}}",
                        )
                    ],
                    unit="reqps",
                ),
                Panel(
                    title="Web Push, oldest that is due",
                    tells="Above a minute a push service is away, or nobody pushes.",
                    queries=[Query("max(parley_web_push_oldest_seconds)", "oldest")],
                    unit="s",
                ),
                Panel(
                    title="Who judges lag",
                    tells="One process, and how many lag as it knows.",
                    queries=[
                        Query("sum(parley_lag_is_holder)", "judges"),
                        Query("max(parley_lag_members)", "members who lag"),
                    ],
                ),
            ),
        ),
    ),
)
