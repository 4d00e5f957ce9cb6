"""An HTTP server for each test, which answers as it is told."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dj_queue_http_options import endpoint, source


class Answers(BaseHTTPRequestHandler):
    """Answers what its server says, and notes what it was asked."""

    def do_GET(self):
        """Give the answer of the moment."""
        self.server.asked.append((self.path, self.headers.get("Authorization")))
        status, headers, pieces = self.server.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        for piece in pieces:
            self.wfile.write(piece)

    def log_message(self, *args):
        """Say nothing."""


class Site(ThreadingHTTPServer):
    """One server on a port of its own."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answers)
        self.asked = []
        self.says("{}")
        self.url = f"http://127.0.0.1:{self.server_port}/queue/{{alias}}.json"
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def says(self, text, status=200, **headers):
        """Answer this from now on."""
        self.answer = (status, headers, [text if isinstance(text, bytes) else text.encode()])

    def goes_away(self):
        """Answer nobody any more."""
        self.shutdown()
        self.server_close()


@pytest.fixture
def site():
    """A running server."""
    site = Site()
    yield site
    site.goes_away()


@pytest.fixture(autouse=True)
def _a_process_that_starts(monkeypatch):
    """Nothing has answered yet."""
    monkeypatch.setattr(source, "_started", set())


@pytest.fixture
def environment(site):
    """The variables of a project that uses the server."""
    return {endpoint.URL: site.url}
