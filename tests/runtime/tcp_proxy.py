"""A way to a database server that can refuse, cut and stall: outages without touching the server."""

import contextlib
import socket
import threading

from tests.ports import number_of, reserved_port

KEPT = 1000
"""Bytes of what a client said that are remembered."""


class TcpProxy:
    """Listens on a local port and passes bytes to and from the server, as long as it is told to."""

    def __init__(self, host, port, address="127.0.0.1"):
        self.address = address
        self._server = (host, port)
        self._listener = None
        self._pairs = []
        self._flows = threading.Event()
        self._flows.set()
        self._silent = set()
        self._deaf = set()
        self._said = {}
        self._requests = 0
        self._lose_every = None
        self.lost = 0
        self._lock = threading.Lock()
        self._keeper = reserved_port()
        self.port = number_of(self._keeper)

    def open(self):
        """Take connections."""
        listener = socket.create_server((self.address, self.port))
        self._listener = listener
        self._start(self._accept, listener)

    def cut(self):
        """Take no more connections and break those there are: a server that went away."""
        with self._lock:
            listener, self._listener = self._listener, None
            pairs, self._pairs = self._pairs, []
        if listener is not None:
            # Closing alone leaves the thread in accept() with the port.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for pair in pairs:
            _close(pair)

    def stall(self):
        """Take connections and pass nothing on: a server that does not answer."""
        self._flows.clear()

    def flow(self):
        """Pass on what was held up."""
        self._flows.set()

    def lose_replies(self, every):
        """Pass each so-manieth request on and cut its connection before the reply; None for none."""
        self._lose_every = every

    def silence(self, word):
        """Pass nothing on any more for connections whose client ever said this, and leave them open."""
        self._silent |= {pair for pair, said in self._said.copy().items() if word in said}
        return len(self._silent)

    def count(self, word):
        """How many connections that are not silent ever said this."""
        said = self._said.copy()
        return sum(word in words for pair, words in said.items() if pair not in self._silent)

    def close(self):
        """The end of the test."""
        self._lose_every = None
        self.flow()
        self.cut()
        self._keeper.close()

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
                pair = (client, socket.create_connection(self._server))
            except OSError:
                return
            with self._lock:
                is_cut = listener is not self._listener
                if not is_cut:
                    self._pairs.append(pair)
            if is_cut:
                # It was taken just before the cut.
                _close(pair)
                return
            self._start(self._pass, pair, *pair)
            self._start(self._pass, pair, *reversed(pair))

    def _pass(self, pair, source, target):
        is_client = source is pair[0]
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._flows.wait()
                if pair in self._silent:
                    continue
                if is_client:
                    self._said[pair] = self._said.get(pair, b"")[-KEPT:] + data[:KEPT]
                if is_client and self._is_reply_lost():
                    self._deaf.add(pair)
                if not is_client and pair in self._deaf:
                    self.lost += 1
                    break  # The server did what it was asked, and its answer is lost.
                target.sendall(data)
        self._said.pop(pair, None)
        _close(pair)

    def _is_reply_lost(self):
        self._requests += 1
        return self._lose_every is not None and self._requests % self._lose_every == 0

    def _start(self, target, *args):
        threading.Thread(target=target, args=args, daemon=True).start()


def _close(pair):
    for end in pair:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
