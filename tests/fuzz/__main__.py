"""``python -m tests.fuzz frame --seconds 600``: looks for bytes on which a target fails.

Guided by coverage (atheris on libFuzzer): inputs that reach something new are mutated further, and
the smallest of them are added to ``kept/<target>/``, which the tests replay. What makes a target
fail is kept there at once. One process a target, because libFuzzer ends its process.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

with atheris.instrument_imports(include=["services", "libs", "tests", "jwt", "websockets"]):
    import django

    django.setup()
    from tests.fuzz.targets import TARGETS

HERE = Path(__file__).parent
KEPT = HERE / "kept"
LONGEST_BYTES = 4096
"""Longest input that is tried: longer ones take time and reach nothing else."""


def main(arguments: Sequence[str]) -> int:
    """Fuzz the targets that are named, or all, each for so long; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], help="all by default")
    parser.add_argument("--seconds", type=int, default=60, help="for each of them")
    chosen = parser.parse_args(arguments)
    return max(fuzz(name, chosen.seconds) for name in chosen.targets or TARGETS)


def fuzz(name: str, seconds: int) -> int:
    """Fuzz a target and keep what was found; return the status of the fuzzer."""
    kept = KEPT / name
    kept.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as found:
        status = libfuzzer(
            name,
            f"-max_total_time={seconds}",
            f"-max_len={LONGEST_BYTES}",
            f"-dict={HERE / 'tokens.dict'}",
            f"-artifact_prefix={kept}/",
            found,
            str(kept),
        )
        libfuzzer(name, "-set_cover_merge=1", str(kept), found)
    return status


def command_of(name: str) -> list[str]:
    """Return what runs libFuzzer on a target in a process of its own."""
    return [sys.executable, "-m", "tests.fuzz", ALONE, name]


def libfuzzer(name: str, *options: str) -> int:
    """Run libFuzzer on a target; return its status."""
    return subprocess.run([*command_of(name), *options], check=False).returncode


ALONE = "--alone"

if __name__ == "__main__":
    if sys.argv[1:2] == [ALONE]:
        # To merge, libFuzzer starts itself again, by what stands here and the options.
        itself = " ".join(command_of(sys.argv[2]))
        atheris.Setup([itself, *sys.argv[3:]], TARGETS[sys.argv[2]])
        atheris.Fuzz()
    sys.exit(main(sys.argv[1:]))
