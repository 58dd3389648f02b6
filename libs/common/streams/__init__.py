"""Redis streams, one noun per file.

Writing: ``names`` (keys and policies), ``entries`` (what stands on a stream), ``publisher``,
``trimming``. Reading: ``tail`` (every process sees everything) and ``group`` (replicas share), with
``verdicts``, ``dead_letters`` and ``group_upkeep`` beside it. Both: ``epoch``, ``positions``, and
``repair`` with its ``safe_point``: what readers may have missed is told again.

Nothing here is exactly once. Publishers with an outbox write at least once, groups handle at least
once, tails may read again after a new epoch: every handler is idempotent.
"""
