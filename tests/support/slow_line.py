"""A slow line to a local port: what is sent through it arrives at so many bytes per second."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_BLOCK_BYTES = 64 * 1024


@contextmanager
def slow_line(port: int, *, bytes_per_second: int) -> Iterator[int]:
    """A port that leads to ``port``; a connection that can't be made there is closed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_accept, args=(server, port, bytes_per_second))
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def _accept(server: socket.socket, port: int, bytes_per_second: int) -> None:
    lines = []
    with suppress(OSError):
        while True:
            client, _ = server.accept()
            lines.append(threading.Thread(target=_connect, args=(client, port, bytes_per_second)))
            lines[-1].start()
    for line in lines:
        line.join()


def _connect(client: socket.socket, port: int, bytes_per_second: int) -> None:
    with client, suppress(OSError), socket.create_connection(("127.0.0.1", port)) as target:
        back = threading.Thread(target=_carry, args=(target, client, 0))
        back.start()
        _carry(client, target, bytes_per_second)
        back.join()


def _carry(source: socket.socket, sink: socket.socket, bytes_per_second: int) -> None:
    with suppress(OSError):
        while block := source.recv(_BLOCK_BYTES):
            sink.sendall(block)
            if bytes_per_second:
                time.sleep(len(block) / bytes_per_second)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
