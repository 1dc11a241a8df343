"""A small S3 API server for tests, run as a process: objects in memory, every signature checked.

``python -m tests.service.applications.s3_server PORT ACCESS_KEY SECRET_KEY``. It reads the signing rules on its own,
from the headers the client says it signed, and shares no code with the client.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OBJECTS: dict[str, bytes] = {}
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/s3/aws4_request, "
    r"SignedHeaders=(?P<names>[^,]+), Signature=(?P<signature>[0-9a-f]{64})"
)
NO_SUCH_KEY = b"<?xml version='1.0'?><Error><Code>NoSuchKey</Code><Message>not there</Message></Error>"
NEEDED = {"host", "x-amz-content-sha256", "x-amz-date"}


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    access_key = secret_key = ""

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self._admits(content):
            OBJECTS[self.path] = content
            self._answer(200)

    def do_GET(self) -> None:
        if self._admits(b""):
            result = OBJECTS.get(self.path)
            self._answer(200, result) if result is not None else self._answer(404, NO_SUCH_KEY, "application/xml")

    def do_HEAD(self) -> None:
        if self._admits(b""):
            self._answer(200 if self.path in OBJECTS else 404)

    def do_DELETE(self) -> None:
        if self._admits(b""):
            OBJECTS.pop(self.path, None)
            self._answer(204)

    def _admits(self, content: bytes) -> bool:
        if self._signature_holds(content):
            return True
        self._answer(403)
        return False

    def _signature_holds(self, content: bytes) -> bool:
        match = AUTHORIZATION.fullmatch(self.headers.get("Authorization", ""))
        if match is None or match["key"] != self.access_key or not set(match["names"].split(";")) >= NEEDED:
            return False
        if self.headers["x-amz-content-sha256"] != hashlib.sha256(content).hexdigest():
            return False
        headers = "".join(f"{name}:{(self.headers[name] or '').strip()}\n" for name in match["names"].split(";"))
        request = f"{self.command}\n{self.path}\n\n{headers}\n{match['names']}\n{self.headers['x-amz-content-sha256']}"
        scope = f"{match['day']}/{match['region']}/s3/aws4_request"
        hashed = hashlib.sha256(request.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{self.headers['x-amz-date']}\n{scope}\n{hashed}"
        key = ("AWS4" + self.secret_key).encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.compare_digest(hmac.digest(key, text.encode(), "sha256").hex(), match["signature"])

    def _answer(self, status: int, content: bytes = b"", kind: str = "application/octet-stream") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *about: object) -> None:
        """Tests look at answers, not at logs."""


if __name__ == "__main__":
    Door.access_key, Door.secret_key = sys.argv[2], sys.argv[3]
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Door).serve_forever()
