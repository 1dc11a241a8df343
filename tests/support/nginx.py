"""A real nginx with ``infra/nginx/portal.conf`` before a front door, as operators place it."""

from __future__ import annotations

import contextlib
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

from tests.support.local_servers import Process, free_port, listening

CONFIGURATION = Path(__file__).resolve().parents[2] / "infra" / "nginx" / "portal.conf"
FRAME = """daemon off; master_process off; pid {folder}/pid; error_log stderr;
events {{}}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    include {folder}/portal.conf;
}}
"""


def available() -> str | None:
    return shutil.which("nginx") or shutil.which("/usr/sbin/nginx")


@contextlib.contextmanager
def before(port: int, certificate: Path, key: Path) -> Iterator[str]:
    """The address of an nginx before the front door at ``port``."""
    program = available()
    assert program, "nginx is missing: run make test as root on Debian, or install nginx-light"
    process, own = Process("nginx"), free_port()
    text = CONFIGURATION.read_text(encoding="utf-8")
    for literal, replacement in (
        ("server 127.0.0.1:8000;", f"server 127.0.0.1:{port};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{own} ssl;"),
        ("/etc/portal/certificate.pem", str(certificate)),
        ("/etc/portal/key.pem", str(key)),
    ):
        assert text.count(literal) == 1, literal
        text = text.replace(literal, replacement)
    (process.folder / "portal.conf").write_text(text, encoding="utf-8")
    (process.folder / "nginx.conf").write_text(FRAME.format(folder=process.folder), encoding="utf-8")
    command = [program, "-p", str(process.folder), "-e", "stderr", "-c", str(process.folder / "nginx.conf")]
    try:
        process.launch(command, {}, signal.SIGTERM)
        process.wait_until(lambda: listening(own))
        yield f"https://127.0.0.1:{own}"
    finally:
        process.send(signal.SIGTERM)
        process.remove()
