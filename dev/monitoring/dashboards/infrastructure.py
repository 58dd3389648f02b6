"""What everything stands on: processes, PostgreSQL, Redis."""

from dev.monitoring.dashboards.parts import (
    RATE,
    Dashboard,
    Panel,
    Query,
    Row,
    or_none,
    quantile,
    rate_of,
)

OURS = '{job=~"chat|presence|queue|receipts"}'

INFRASTRUCTURE = Dashboard(
    uid="parley-infrastructure",
    title="infrastructure",
    tells="What everything stands on: processes, PostgreSQL and Redis as the services see them.",
    rows=(
        Row(
            "Processes",
            (
                Panel(
                    title="CPU",
                    tells="Cores in use. A process of ours uses one at most.",
                    queries=[
                        Query(
                            f"rate(process_cpu_seconds_total{OURS}[{RATE}])",
                            "{{job}} {{instance}}",
                        )
                    ],
                    bad_from=0.9,
                ),
                Panel(
                    title="Memory",
                    tells="Resident.",
                    queries=[Query(f"process_resident_memory_bytes{OURS}", "{{job}} {{instance}}")],
                    unit="bytes",
                ),
                Panel(
                    title="Memory, of what chat may have",
                    tells="Busy from 80 %, overloaded from 90 %; 0 where there is no limit.",
                    queries=[Query("parley_memory_share", "{{instance}}")],
                    unit="percentunit",
                    bad_from=0.9,
                ),
                Panel(
                    title="Open files",
                    tells="Of what each process may open.",
                    queries=[
                        Query(
                            f"process_open_fds{OURS} / process_max_fds{OURS}",
                            "{{job}} {{instance}}",
                        )
                    ],
                    unit="percentunit",
                    bad_from=0.9,
                ),
                Panel(
                    title="Lateness of event loops",
                    tells="99 of 100 measurements, by process.",
                    queries=[
                        Query(
                            quantile(0.99, "parley_event_loop_lag_seconds", by="job, instance"),
                            "{{job}} {{instance}}",
                        )
                    ],
                    unit="s",
                    bad_from=0.25,
                ),
                Panel(
                    title="Starts",
                    tells="How old each process is.",
                    queries=[
                        Query(f"time() - process_start_time_seconds{OURS}", "{{job}} {{instance}}")
                    ],
                    unit="s",
                ),
            ),
        ),
        Row(
            "PostgreSQL and Redis, as they are called",
            (
                Panel(
                    title="Calls a second",
                    tells="By breaker; those that were refused are not among them.",
                    queries=[
                        Query(
                            rate_of("parley_breaker_call_seconds_count", by="job, breaker"),
                            "{{job}}: {{breaker}}",
                        )
                    ],
                    unit="reqps",
                ),
                Panel(
                    title="99 of 100 calls",
                    tells="`postgres` includes the wait for a thread.",
                    queries=[
                        Query(
                            quantile(0.99, "parley_breaker_call_seconds", by="job, breaker"),
                            "{{job}}: {{breaker}}",
                        )
                    ],
                    unit="s",
                    bad_from=0.25,
                ),
                Panel(
                    title="Calls that failed",
                    tells="`timeout` is silence, `failure` an error, `refused` a breaker that is"
                    " open or full.",
                    queries=[
                        Query(
                            rate_of(
                                "parley_breaker_calls_total",
                                by="breaker, outcome",
                                where='{outcome=~"failure|timeout|refused"}',
                            ),
                            "{{breaker}}: {{outcome}}",
                        )
                    ],
                    unit="reqps",
                ),
                Panel(
                    title="Breakers change",
                    tells="Flapping shows here.",
                    queries=[
                        Query(
                            or_none(rate_of("parley_breaker_transitions_total", by="breaker")),
                            "{{breaker}}",
                        )
                    ],
                    unit="reqps",
                ),
                Panel(
                    title="Memory of Redis",
                    tells="At `maxmemory` it takes nothing any more; 0 where there is no bound.",
                    queries=[
                        Query("max(parley_redis_memory_used_bytes)", "used"),
                        Query("max(parley_redis_memory_max_bytes)", "maxmemory"),
                    ],
                    unit="bytes",
                ),
                Panel(
                    title="Refused by Redis",
                    tells="It answers, and takes no writes: `full`, `disk`, `replica`, or `rights`"
                    " that its user lacks.",
                    queries=[
                        Query(rate_of("parley_redis_refusals_total", by="why"), "{{why}}"),
                    ],
                    unit="reqps",
                ),
                Panel(
                    title="Redis cannot write its file",
                    tells="1: its disk is full, or nearly.",
                    queries=[Query("max(parley_redis_file_fails)", "fails")],
                    bad_from=1,
                ),
                Panel(
                    title="Length of streams",
                    tells="Entries. At a million the oldest go, whoever has read them.",
                    queries=[Query("max by (stream) (parley_stream_entries)", "{{stream}}")],
                    bad_from=500_000,
                ),
                Panel(
                    title="Lives of Redis",
                    tells="New ones in an hour: it was wiped, restarted or failed over. And reads of"
                    " tails that failed.",
                    queries=[
                        Query("max(increase(parley_redis_epoch_changes_total[1h]))", "new lives"),
                        Query(rate_of("parley_tail_read_errors_total"), "reads that failed"),
                    ],
                ),
                Panel(
                    title="Safe points",
                    tells="How far back a repair would begin, by service: about 60 to 80 s.",
                    queries=[Query("max by (job) (parley_safe_point_age_seconds)", "{{job}}")],
                    unit="s",
                    bad_from=900,
                ),
                Panel(
                    title="Publishing",
                    tells="How long a caller waits for Redis, 99 of 100; at 0.5 s it gives up.",
                    queries=[
                        Query(quantile(0.99, "parley_stream_publish_seconds", by="job"), "{{job}}")
                    ],
                    unit="s",
                    bad_from=0.5,
                ),
                Panel(
                    title="Entries read by tails",
                    tells="Of each stream, by all processes of chat.",
                    queries=[
                        Query(rate_of("parley_tail_entries_total", by="stream"), "{{stream}}")
                    ],
                    unit="reqps",
                ),
            ),
        ),
    ),
)
