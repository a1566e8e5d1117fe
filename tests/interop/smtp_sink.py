#!/usr/bin/env python3
"""An SMTP server that keeps what it is handed (aiosmtpd from PyPI): each mail becomes a file of its own.

    smtp_sink.py DIR            prints its port, then serves until its input ends
    smtp_sink.py DIR PKI        serves two that want a login: one over STARTTLS, one over TLS from the first byte, with the
                                certificate in PKI; prints where and for whom, as JSON
"""

import json
import pathlib
import socket
import ssl
import sys
import uuid

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

USER, PASSWORD = "registry", "mail-Pw-1"


class Sink:
    """Writes each mail as it arrived, renamed into place when it is whole."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802, the name is aiosmtpd's
        name = uuid.uuid4().hex
        unfinished = self.folder / f".{name}.part"
        unfinished.write_bytes(envelope.content)
        unfinished.rename(self.folder / f"{name}.eml")
        return "250 kept"


def free_port() -> int:
    # The controller connects to the port that it was given, so it must be told a real one.
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def authenticate(server, session, envelope, mechanism, data) -> AuthResult:
    known = LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=isinstance(data, LoginPassword) and data == known, handled=False)


class OverTls(Controller):
    """TLS from the first byte. The controller's own trial connection trusts nobody; that it listens is enough."""

    def _trigger_server(self) -> None:
        with socket.create_connection((self.hostname, self.port), 5):
            pass


def protected(folder: pathlib.Path, pki: pathlib.Path) -> tuple[dict, list]:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pki / "server.pem", pki / "server.key")
    login = {"hostname": "127.0.0.1", "authenticator": authenticate, "auth_required": True}
    starttls, wrapped = free_port(), free_port()
    controllers = [
        Controller(Sink(folder / "starttls"), port=starttls, tls_context=tls, require_starttls=True, **login),
        # aiosmtpd takes a connection that was wrapped from outside for one in the clear.
        OverTls(Sink(folder / "tls"), port=wrapped, ssl_context=tls, auth_require_tls=False, **login),
    ]
    described = {"starttls": starttls, "tls": wrapped, "ca": str(pki / "ca.pem"), "folder": str(folder)}
    return described | {"user": USER, "password": PASSWORD}, controllers


def main() -> None:
    folder = pathlib.Path(sys.argv[1]).absolute()
    if len(sys.argv) > 2:
        described, controllers = protected(folder, pathlib.Path(sys.argv[2]).absolute())
        told = json.dumps(described)
    else:
        port = free_port()
        controllers, told = [Controller(Sink(folder), hostname="127.0.0.1", port=port)], str(port)
    for controller in controllers:
        controller.start()
    print(told, flush=True)
    sys.stdin.read()
    for controller in controllers:
        controller.stop()


if __name__ == "__main__":
    main()
