"""Refuse and log every connection that leaves this machine. On the PYTHONPATH of a notebook's run, and nowhere else."""

import os
import platform
import sys

LOCAL = {"127.0.0.1", "::1", "localhost", "", "0.0.0.0", None, platform.node()}


def _watch(event: str, arguments: tuple) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a path is a socket of this machine
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = arguments[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host in LOCAL or str(host).startswith("127."):
        return
    with open(os.environ["UNROLLED_NETWORK_LOG"], "a") as log:
        log.write(f"{event} {host}\n")
    raise OSError(f"This run has no network, and {event} asked for {host}.")


if "UNROLLED_NETWORK_LOG" in os.environ:
    sys.addaudithook(_watch)
