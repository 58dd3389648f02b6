"""``python -m dev.containers.secrets FOLDER``: the secrets of a deployment, each a file of its own.

What is there stays as it is, so a second call adds only what is missing. All of it follows from
``secrets.json`` (as `make up` makes it); only a certificate, for trying TLS, is made by itself.

A container runs as nobody in particular, and compose hands it the file as it is: so the files are
readable by everybody, in a folder that nobody but its owner can enter.
"""

import datetime
import ipaddress
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from dev.databases import password_of
from dev.files import make_private_folder
from dev.keys import Secrets, load_secrets
from dev.redis_users import PUSH_USER, SERVICES_USER, administrator, users
from dev.services import SERVICES
from libs.common.clock import SystemClock

FOLDER = "secrets"
SUPERUSER = "postgres"
POSTGRES = "postgres:5432"
"""Where the services find PostgreSQL; names are those of the compose file."""
REDIS = "redis:6379"
CERTIFICATE, KEY = "tls.pem", "tls.pem.key"
CERTIFICATE_DAYS = 90
READABLE = 0o444
PURPOSE_OF_GRAFANA = "grafana"
"""From what its password is made, with the secret of PostgreSQL's administrator."""


def main(arguments: Sequence[str]) -> int:
    """Make what is missing in a folder; return the exit status."""
    folder = Path(arguments[0] if arguments else FOLDER)
    made = make_files(folder)
    sys.stdout.write(f"{folder}: {', '.join(made) if made else 'nothing was missing'}\n")
    return 0


def make_files(folder: Path) -> list[str]:
    """Make the folder and the files that are missing; return their names."""
    make_private_folder(folder)
    wanted = texts(load_secrets(folder))
    if not (folder / CERTIFICATE).exists() and not (folder / KEY).exists():
        wanted |= certificate(("localhost",), ("127.0.0.1",))
    missing = [name for name in wanted if not (folder / name).exists()]
    for name in missing:
        path = folder / name
        path.write_text(wanted[name], encoding="utf-8")
        path.chmod(READABLE)
    return missing


def texts(secrets: Secrets) -> dict[str, str]:
    """Return the content of each file by its name, but for the certificate."""
    passwords = {
        SERVICES_USER: secrets.redis_services_password,
        PUSH_USER: secrets.redis_push_password,
    }
    lines = (administrator(secrets.redis_password), *users(passwords))
    databases = {
        f"{service.name}_database_url": _database_url(
            service.database,
            password_of(service.database, secret=secrets.postgres_password),
            service.database,
        )
        for service in SERVICES
    }
    return {
        "postgres_password": secrets.postgres_password,
        "postgres_url": _database_url(SUPERUSER, secrets.postgres_password, SUPERUSER),
        **databases,
        "redis_password": secrets.redis_password,
        "redis_users.acl": "".join(f"{line}\n" for line in lines),
        "redis_url": _redis_url(SERVICES_USER, passwords),
        "redis_push_url": _redis_url(PUSH_USER, passwords),
        "secret_key": secrets.secret_key,
        "token_signing_key": secrets.token_signing_key,
        "vapid_private_key": secrets.vapid_private_key,
        "token_verify_keys": json.dumps(secrets.token_verify_keys),
        "grafana_password": password_of(PURPOSE_OF_GRAFANA, secret=secrets.postgres_password),
    }


def certificate(names: Sequence[str], addresses: Sequence[str]) -> dict[str, str]:
    """Make a certificate that nobody trusts unasked, and its key, both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
    now = SystemClock().now()
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=CERTIFICATE_DAYS))
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    *(x509.DNSName(name) for name in names),
                    *(x509.IPAddress(ipaddress.ip_address(each)) for each in addresses),
                ]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = signed.public_bytes(serialization.Encoding.PEM)
    return {CERTIFICATE: public.decode("ascii"), KEY: private.decode("ascii")}


def _database_url(role: str, password: str, database: str) -> str:
    return f"postgresql://{quote(role)}:{quote(password)}@{POSTGRES}/{database}"


def _redis_url(user: str, passwords: dict[str, str]) -> str:
    return f"redis://{user}:{quote(passwords[user])}@{REDIS}/0"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
