"""Signals at any moment of a queue's life, to anyone of it."""

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from dj_queue.models import Job, Process
from tests.faults.conftest import GOOD_TIME
from tests.faults.footprint import children, state
from tests.project import tasks

pytestmark = [pytest.mark.fault(47), pytest.mark.of_the_runtime]

OPTIONS = "workers: [{queues: '*', threads: 3, processes: 2}]\nshutdown_timeout: 2\n"
JOBS, NAPS = 60, 6
NAP = 0.3
INTERRUPTED = 1
"""The exit code of a Python that SIGINT reached while it made itself ready."""
LONGEST_BOOT = 1.5
"""Seconds in which a start, and the first claims, happen somewhere."""


def once(number):
    return lambda supervisor: supervisor.send_signal(number)


def twice(supervisor):
    supervisor.send_signal(signal.SIGTERM)
    time.sleep(random.random() * 0.2)
    if supervisor.poll() is None:
        supervisor.send_signal(signal.SIGTERM)


def again_and_again(supervisor):
    """Also at the very end, when everything is done."""
    while supervisor.poll() is None:
        supervisor.send_signal(signal.SIGTERM)
        time.sleep(0.002)


def to_a_child(supervisor):
    """To one alone, which is replaced; the supervisor is told to end afterwards."""
    for pid in random.sample(found := children(supervisor.pid), min(1, len(found))):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    time.sleep(random.random() * 0.5)
    supervisor.send_signal(signal.SIGTERM)


WAYS = {
    "TERM": once(signal.SIGTERM),
    "TERM twice": twice,
    "TERM again and again": again_and_again,
    "INT": once(signal.SIGINT),
    "QUIT": once(signal.SIGQUIT),
    "HUP": once(signal.SIGHUP),
    "TERM to a child": to_a_child,
}


@pytest.mark.parametrize("mode", ["fork", "async"])
def test_the_end_is_orderly_and_nothing_is_left_half_claimed(
    services,
    on,
    backlog,
    queue_process,
    fleet,
    settle,
    wait_until,
    hold_to_promises,
    written,
    figures,
    rounds,
    mode,
):
    for _ in rounds:
        for way in random.sample(list(WAYS), len(WAYS)):
            backlog(JOBS)
            note(written, [on(tasks.nap).enqueue(NAP) for _ in range(NAPS)])
            end_in_this_way(way, queue_process("--mode", mode, options=OPTIONS), services, wait_until)
            figures.note("signals", 1)
    fleet.launch(1, options=OPTIONS)
    settle()
    hold_to_promises()


def end_in_this_way(way, supervisor, services, wait_until):
    """At a random moment; then look at what is left."""
    moment = random.random() * LONGEST_BOOT
    time.sleep(moment)
    # Before the program looks at signals at all, they end it as they end anything.
    may_be_killed = "started" not in Path(supervisor.log.name).read_text()
    family = {supervisor.pid, *children(supervisor.pid)}
    WAYS[way](supervisor)
    ended = family | set(children(supervisor.pid))
    code = supervisor.wait(GOOD_TIME)
    told = f"{way} after {moment:.2f} s: ended with {code}"
    assert code == 0 or (may_be_killed and (code < 0 or (way == "INT" and code == INTERRUPTED))), told
    wait_until(lambda: all(state(pid) is None for pid in ended), GOOD_TIME)
    jobs = Job.objects.using(services.database.alias)
    assert not jobs.filter(status="claimed").exists(), told
    assert not Process.objects.using(services.database.alias).exists(), told


def note(written, results):
    with (written.folder / "enqueues").open("a") as file:
        file.writelines(f"committed {result.id}\n" for result in results)
