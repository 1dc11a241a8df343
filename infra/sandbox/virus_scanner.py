"""A virus scanner for demos and tests: clamd's ``INSTREAM`` protocol, and one signature, the EICAR test file's.

``python -m infra.sandbox.virus_scanner --port 3310`` (the first line written is ``{"port", "url"}``), then
``VIRUS_SCANNER=tcp://127.0.0.1:3310``. Within a process: ``serve()``. ``faults`` wait for the next scans:

=========  ===============================================
``drop``   the line goes dead before the verdict
``error``  the scan ends without a verdict
=========  ===============================================
"""

from __future__ import annotations

import argparse
import json
import signal
import socketserver
import struct
import sys
import threading
from collections import deque
from pathlib import Path

# In two halves, or scanners on the way would take this file for the test file.
EICAR = (r"X5O!P%@AP[4\PZX54(P^)7CC)7}" + "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*").encode()
SIGNATURE = "Eicar-Test-Signature"
COMMAND = b"zINSTREAM\0"
LONGEST_STREAM = 25 * 1024 * 1024  # clamd's own StreamMaxLength


class _Scan(socketserver.StreamRequestHandler):
    timeout = 30

    def handle(self) -> None:
        server: SandboxScanner = self.server.scanner  # type: ignore[attr-defined]
        if self.rfile.read(len(COMMAND)) != COMMAND:
            self.wfile.write(b"UNKNOWN COMMAND\0")
            return
        content = self._streamed()
        server.scans += 1
        fault = server.faults.popleft() if server.faults else ""
        if fault != "drop":
            self.wfile.write(verdict_line(content, fault).encode() + b"\0")

    def _streamed(self) -> bytes | None:
        content = bytearray()
        while size := struct.unpack("!I", self.rfile.read(4))[0]:
            if len(content) + size > LONGEST_STREAM:
                return None
            content += self.rfile.read(size)
        return bytes(content)


def verdict_line(content: bytes | None, fault: str = "") -> str:
    """What clamd answers."""
    if content is None:
        return "INSTREAM size limit exceeded. ERROR"
    if fault == "error":
        return "stream: Can't allocate memory ERROR"
    return f"stream: {SIGNATURE} FOUND" if EICAR in content else "stream: OK"


class SandboxScanner:
    """On a TCP port, or on a Unix socket where a path is given."""

    def __init__(self, port: int = 0, path: Path | None = None) -> None:
        self.scans, self.faults = 0, deque[str]()
        self._server = _UnixServer(str(path), _Scan) if path else _TcpServer(("127.0.0.1", port), _Scan)
        self._server.scanner = self
        self.port = self._server.server_address[1] if isinstance(self._server, _TcpServer) else 0
        self.url = f"unix://{path}" if path else f"tcp://127.0.0.1:{self.port}"

    def start(self) -> SandboxScanner:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="scanner", daemon=True).start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _TcpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads = True, True
    scanner: SandboxScanner


class _UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    scanner: SandboxScanner


def serve(port: int = 0, path: Path | None = None) -> SandboxScanner:
    """A scanner that runs in this process until ``stop()``."""
    return SandboxScanner(port, path).start()


def main() -> None:
    parser = argparse.ArgumentParser(description="A virus scanner that knows the EICAR test file.")
    parser.add_argument("--port", type=int, default=3310)
    scanner = serve(parser.parse_args().port)
    sys.stdout.write(json.dumps({"port": scanner.port, "url": scanner.url}) + "\n")
    sys.stdout.flush()
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    ended.wait()
    scanner.stop()


if __name__ == "__main__":
    main()
