"""Listening for wakeups: a thread for each transport, all ringing one bell, less often while hints lead to nothing."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from dj_queue.contract import Listener, Selector, WakeupTransport, events
from dj_queue.operations.announce import RELAXED_POLLING
from dj_queue.runtime.db_connections import close_all
from dj_queue.runtime.doorbell import Doorbell
from dj_queue.services import Services

logger = logging.getLogger("dj_queue.wakeup")

LISTEN_SLICE = 30.0
BROKEN_PAUSE = 5.0
FREE_HINTS = 3
"""Hints in a row that may lead to nothing before a transport is listened to less often."""
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.1
BREATH = 0.002
"""Seconds before a transport is listened to again after a good hint: who was woken has the interpreter to itself."""


@dataclass(slots=True)
class Ear:
    """One transport that is listened to."""

    transport: WakeupTransport
    listener: Listener
    is_broken: bool = False
    is_unanswered: bool = False
    """Whether it gave a hint since `Listeners.led_to` was told of the last look."""
    fruitless: int = 0
    """Hints in a row that led to nothing: others took the jobs, or they are none of ours."""

    def pause(self) -> float:
        """Seconds before it is listened to again after a hint; what is announced meanwhile is not lost."""
        if self.fruitless < FREE_HINTS:
            return BREATH
        return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self.fruitless - FREE_HINTS, 10))


class Listeners:
    """A thread for each wakeup transport of an alias, all ringing one bell."""

    def __init__(self, services: Services, selectors: Sequence[Selector], bell: Doorbell) -> None:
        """Listen for these queues once `start` is called."""
        self._services = services
        self._selectors = selectors
        self._bell = bell
        self._closed = threading.Event()
        self._ears: list[Ear] = []
        self._misses_hosts = False

    def start(self) -> None:
        """Start a thread for each transport that has something to wait on; polling does without one that fails."""
        for transport in self._services.wakeups:
            try:
                self._start(transport)
            except Exception as error:
                self._misses_hosts |= transport.hears_every_host
                self._tell_of(transport, error)

    def polling_interval(self, configured: float) -> float:
        """Seconds until the next poll: longer while everything that hears every host works."""
        far = [ear for ear in self._ears if ear.transport.hears_every_host]
        if not far or self._misses_hosts or any(ear.is_broken for ear in far):
            return configured
        return max(configured, RELAXED_POLLING)

    def led_to(self, jobs: int) -> None:
        """So many jobs were found after the hints until now."""
        for ear in self._ears:
            if ear.is_unanswered:
                ear.is_unanswered = False
                ear.fruitless = 0 if jobs else ear.fruitless + 1

    def close(self) -> None:
        """Stop every thread soon."""
        self._closed.set()
        for ear in self._ears:
            ear.listener.close()

    def _start(self, transport: WakeupTransport) -> None:
        listener = transport.listen(self._selectors)
        if listener is None:
            return
        ear = Ear(transport, listener)
        self._ears.append(ear)
        name = f"dj_queue-{transport.name}"
        threading.Thread(target=self._listen, args=(ear,), name=name, daemon=True).start()

    def _listen(self, ear: Ear) -> None:
        while not self._closed.is_set():
            try:
                is_hint = ear.listener.wait(LISTEN_SLICE)
                ear.is_broken = False
            except Exception as error:
                was_broken, ear.is_broken = ear.is_broken, True
                if not was_broken:
                    self._tell_of(ear.transport, error)
                close_all()
                self._closed.wait(BROKEN_PAUSE)
                continue
            if is_hint:
                self._hint(ear)
                time.sleep(ear.pause())
        close_all()

    def _tell_of(self, transport: WakeupTransport, error: Exception) -> None:
        logger.warning("wakeup %s is broken, polling goes on: %s", transport.name, error)
        self._services.broadcasts.error(None, error, f"wakeup.{transport.name}")

    def _hint(self, ear: Ear) -> None:
        ear.is_unanswered = True
        self._bell.hint()
        if self._services.broadcasts.event:
            labels = {"transport": ear.transport.name}
            self._services.broadcasts.event(
                event=events.Event(events.WAKEUP, self._services.alias, 0.0, 1, labels)
            )
