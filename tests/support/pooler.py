"""A real PgBouncer in front of the tests' PostgreSQL, as it is placed between services and database in many places."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.engine import make_url

from tests.support.local_servers import Process, free_port, listening

PGBOUNCER = Path("/usr/sbin/pgbouncer")
IGNORED = "options,extra_float_digits"  # what operators are advised to write, so that clients with options connect


def available() -> bool:
    return PGBOUNCER.exists()


@contextlib.contextmanager
def pooled(url: str, mode: str, ignore: str = IGNORED) -> Iterator[str]:
    """The URL of the same database through a PgBouncer with ``pool_mode``."""
    assert available(), "PgBouncer is missing: run make test as root on Debian, or install pgbouncer"
    server, port = make_url(url), free_port()
    # It refuses to run as root, as PostgreSQL does.
    process = Process("pgbouncer", user="postgres" if os.geteuid() == 0 else None)
    settings = process.folder / "pgbouncer.ini"
    login = f"user={server.username or 'postgres'}" + (f" password={server.password}" if server.password else "")
    settings.write_text(
        f"[databases]\n* = host={server.host} port={server.port or 5432} {login}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        f"pool_mode = {mode}\n" + (f"ignore_startup_parameters = {ignore}\n" if ignore else "")
    )
    if process.user:
        shutil.chown(settings, pwd.getpwnam(process.user).pw_uid)
    try:
        process.launch([PGBOUNCER, settings], {"PATH": os.environ["PATH"]}, signal.SIGINT)
        process.wait_until(lambda: listening(port))
        yield server.set(host="127.0.0.1", port=port, password=None).render_as_string(hide_password=False)
    finally:
        process.send(signal.SIGINT)
        process.remove()
