"""Ports that nobody else on this machine can be given, until somebody listens on them."""

import socket


def reserved_port():
    """A socket that keeps a free port of 127.0.0.1 for as long as it is open; it refuses every connection.

    Whoever listens there with SO_REUSEADDR, as servers do, may; the kernel gives the port to no outgoing connection.
    """
    keeper = socket.socket()
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    keeper.bind(("127.0.0.1", 0))
    return keeper


def number_of(keeper):
    """The port's number."""
    return keeper.getsockname()[1]
