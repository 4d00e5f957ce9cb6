"""A Redis of the tests' own, on a free port: killed, stopped in its tracks and started again at will."""

import shutil
import signal
import socket
import subprocess
import time

PROGRAM = shutil.which("redis-server")
NOT_HERE = "redis-server is not installed"
START = 90


class RedisServer:
    """One server that keeps nothing on disk; its port stays its own while it is down."""

    def __init__(self, folder):
        self.folder = folder
        # Bound and never listened on: the kernel gives the port to nobody else, and Redis may listen there.
        self._keeper = socket.socket()
        self._keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._keeper.bind(("127.0.0.1", 0))
        self.port = self._keeper.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        self._process = None

    def start(self):
        """Start it, and return once it answers."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        with (self.folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen([PROGRAM, *options], stdout=log, stderr=log)
        deadline = time.monotonic() + START
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise TimeoutError((self.folder / "redis.log").read_text()[-2000:])
            time.sleep(0.05)

    def kill(self):
        """End it as a power failure does."""
        self._process.kill()
        self._process.wait()

    def freeze(self):
        """Connections stay, new ones are taken, nothing is answered."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        """Go on."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self):
        """The end of the test."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        self._keeper.close()

    def ask(self, *words):
        """What it says to a command, as it stands on the wire."""
        with socket.create_connection(("127.0.0.1", self.port), START) as connection:
            connection.sendall(f"{' '.join(words)}\r\n".encode())
            return connection.recv(65536).decode()

    def listeners(self, channel):
        """How many listen to a channel."""
        return int(self.ask("PUBSUB", "NUMSUB", channel).strip().rpartition(":")[2])

    def _answers(self):
        try:
            return self.ask("PING") == "+PONG\r\n"
        except OSError:
            return False
