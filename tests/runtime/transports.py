"""Wakeup transports that do what a test tells them, each its own listener."""

import threading
from queue import SimpleQueue

LONG = 30


class Transport:
    """A wakeup whose listener answers what it is told to; without an answer it blocks."""

    name = "scripted"
    hears_every_host = True

    def __init__(self, *answers):
        self.answers = list(answers)
        self.closed = threading.Event()

    def listen(self, selectors):
        return self

    def announce(self, queues):
        """Nobody listens elsewhere."""

    def wait(self, timeout):
        if not self.answers:
            self.closed.wait(LONG)
            return False
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self):
        self.closed.set()


class Broken(Transport):
    """One that fails, again and again, until it is mended."""

    def __init__(self, error):
        super().__init__(False)
        self.error = error
        self.failures = 0

    def wait(self, timeout):
        if self.error is not None:
            self.failures += 1
            raise self.error
        return super().wait(timeout)

    def mend(self):
        self.error = None


class Near(Transport):
    """One that hears its own machine alone."""

    hears_every_host = False


class Fed(Transport):
    """One that hints when the test says so."""

    def __init__(self):
        super().__init__()
        self.hints = SimpleQueue()

    def wait(self, timeout):
        return self.hints.get()

    def close(self):
        self.hints.put(False)


class Deaf(Transport):
    """One that cannot even begin to listen."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def listen(self, selectors):
        raise self.error


class Nothing(Transport):
    name = "nothing"

    def listen(self, selectors):
        return None
