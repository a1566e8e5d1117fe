#!/usr/bin/env python3
"""An SMTP server that keeps what it is handed (aiosmtpd from PyPI): each mail becomes a file of its own.

    smtp_sink.py DIR        prints its port, then serves until its input ends
"""

import pathlib
import socket
import sys
import uuid

from aiosmtpd.controller import Controller


class Sink:
    """Writes each mail as it arrived, renamed into place when it is whole."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802, the name is aiosmtpd's
        name = uuid.uuid4().hex
        unfinished = self.folder / f".{name}.part"
        unfinished.write_bytes(envelope.content)
        unfinished.rename(self.folder / f"{name}.eml")
        return "250 kept"


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    # The controller connects to the port that it was given, so it must be told a real one.
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(Sink(folder), hostname="127.0.0.1", port=port)
    controller.start()
    print(port, flush=True)
    sys.stdin.read()
    controller.stop()


if __name__ == "__main__":
    main()
