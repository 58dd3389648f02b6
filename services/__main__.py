"""``python -m services doctor``: what belongs to the deployment, and to no service of it."""

import sys

from libs.common.doctor.command import run

DOCTOR = "doctor"


def main() -> None:
    """Run the doctor.

    Raises:
        SystemExit: always.
    """
    if sys.argv[1:2] != [DOCTOR]:
        sys.stderr.write(f"usage: python -m services {DOCTOR} [--help]\n")
        raise SystemExit(2)
    run(sys.argv[2:])


if __name__ == "__main__":
    main()
