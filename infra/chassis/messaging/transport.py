"""Connections to the broker. ``amqps://`` is TLS with verification, for everything in a process that speaks to it.

The server must show a certificate for its name by an authority this process trusts: the system's, and those in the
file of OpenSSL's own setting ``SSL_CERT_FILE``. kombu by itself would take any certificate from anybody; Nameko gives
no place to say otherwise for its publishers. So the scheme itself is given another transport, where kombu looks it up.
"""

from __future__ import annotations

from kombu import Connection
from kombu.transport import TRANSPORT_ALIASES
from kombu.transport.pyamqp import SSLTransport

__all__ = ["Connection", "VerifiedTransport"]


class VerifiedTransport(SSLTransport):
    """AMQP over TLS, the server's certificate and name verified whatever the connection was asked for."""

    def __init__(self, client: Connection, **options: object) -> None:
        client.ssl = {"context": {"check_hostname": True}, "server_hostname": client.hostname}
        super().__init__(client, **options)


TRANSPORT_ALIASES["amqps"] = f"{__name__}:VerifiedTransport"
