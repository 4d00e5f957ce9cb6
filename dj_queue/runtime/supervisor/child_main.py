"""The first and last lines of a forked child: it runs one actor and never returns."""

import gc
import logging
import math
import os
import sys
import threading
import time
from typing import NoReturn

from dj_queue.runtime.actor import Actor, Placement
from dj_queue.runtime.db_connections import close_all
from dj_queue.runtime.lifeline import Lifeline
from dj_queue.runtime.process_title import set_process_title
from dj_queue.runtime.signals import Signals, let_through
from dj_queue.runtime.topology import ActorPlan
from dj_queue.services import Services

logger = logging.getLogger("dj_queue.runtime")

EXIT_ORDERLY = 0
EXIT_BROKEN = 1
LOOK_EVERY = 1.0
LAST_WRITES = 5.0
"""Seconds that the end may take once no running job is waited for."""


def run_child(
    services: Services, plan: ActorPlan, placement: Placement, lifeline: Lifeline, inherited: Signals
) -> NoReturn:
    """Run the planned actor in this freshly forked process, then end the process whatever still runs in it."""
    code = EXIT_BROKEN
    try:
        # What the parent loaded stays: collections would walk it for nothing, and write to pages that are shared.
        gc.freeze()
        inherited.forget()
        services.host.calls.forget()
        close_all()
        set_process_title(plan.kind, services.alias)
        if _run(plan.make(services, placement), lifeline):
            code = EXIT_ORDERLY
    except BaseException:
        logger.exception("the %s process broke", plan.kind)
    finally:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        # Threads of hung tasks must not hold the exit, and the parent's atexit work is not ours.
        os._exit(code)


def _run(actor: Actor, lifeline: Lifeline) -> bool:
    """Run the actor in a thread while this one watches signals and the lifeline; whether it came to its end."""
    ended: list[bool] = []

    def work() -> None:
        try:
            actor.run()
            ended.append(True)
        except BaseException:
            logger.exception("%s broke", actor.process.name)
            ended.append(False)
        signals.wake()

    # A terminal and systemd signal the whole group, the supervisor signals again: twice is not twice asked.
    with Signals(actor.stop, actor.stop_now) as signals:
        let_through()
        threading.Thread(target=work, name=f"dj_queue-{actor.kind}", daemon=True).start()
        _watch(actor, ended, signals, lifeline)
    return any(ended)


def _watch(actor: Actor, ended: list[bool], signals: Signals, lifeline: Lifeline) -> None:
    """Return when the actor has ended, or cannot: its database may hold it up for ever."""
    alive = lifeline.hold()
    deadline = math.inf
    while not ended and time.monotonic() < deadline:
        signals.wait(LOOK_EVERY, *(() if actor.stopping_now.is_set() else (alive,)))
        actor.services.host.calls.tell_overdue()
        if actor.placement.vouching.is_asked_to_make_way():
            actor.make_way()
        if lifeline.is_cut():
            actor.stop_now()
        if actor.stopping_now.is_set():
            deadline = min(deadline, time.monotonic() + LAST_WRITES)
        elif actor.stopping.is_set() and not actor.makes_way and deadline is math.inf:
            deadline = time.monotonic() + actor.services.options.shutdown_timeout + LAST_WRITES
    if not ended:
        logger.error("%s is held up and ends without its last writes", actor.process.name)
