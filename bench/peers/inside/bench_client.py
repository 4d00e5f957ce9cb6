"""Enqueues and counts, inside a peer's environment: `bench_client.py COMMAND AMOUNT`.

The last line it prints is JSON. A command that needs workers prints `ready` before that, when they may start.
"""

import importlib
import json
import os
import sys
import time

import bench_marks

CHUNK = 1000
EVERY = 0.05
PATIENCE = 120
LONGEST_DRAIN = 8
"""Seconds after which a drain is measured by what has ended until then."""


def setup(jobs, amount):
    """Make the tables."""
    jobs.setup()
    return {}


def one_by_one(jobs, amount):
    """Enqueue each job by itself."""
    began = time.perf_counter()
    for number in range(amount):
        jobs.enqueue(number)
    return {"jobs_per_second": amount / (time.perf_counter() - began)}


def many(jobs, amount):
    """Enqueue a thousand jobs a call, or as near to that as the peer comes."""
    began = time.perf_counter()
    for first in range(0, amount, CHUNK):
        jobs.enqueue_many(range(first, min(amount, first + CHUNK)))
    return {"jobs_per_second": amount / (time.perf_counter() - began)}


def drain(jobs, amount):
    """Watch workers that start once this is ready: jobs a second from the first look that finds some ended to the last."""
    print("ready", flush=True)
    began = time.perf_counter()
    first = wait_for(jobs.ended) % amount
    # So few jobs that all had ended at the first look are measured with the boot of the workers.
    began = time.perf_counter() if first else began
    ended, now = jobs.ended(), time.perf_counter()
    while ended < amount and now - began < LONGEST_DRAIN:
        time.sleep(0.02)
        ended, now = jobs.ended(), time.perf_counter()
    return {"jobs_per_second": (ended - first) / (now - began)}


def latency(jobs, amount):
    """One job each 50 ms, worker idle in between."""
    print("ready", flush=True)
    jobs.enqueue_mark(time.monotonic_ns())
    wait_for(bench_marks.waits)
    time.sleep(1)
    for _ in range(amount):
        jobs.enqueue_mark(time.monotonic_ns())
        time.sleep(EVERY)
    wait_for(lambda: len(bench_marks.waits()) > amount)
    return {"waits": bench_marks.waits()[1:]}


def wait_for(answer):
    """The first true answer."""
    deadline = time.monotonic() + PATIENCE
    while not (found := answer()):
        if time.monotonic() > deadline:
            raise SystemExit(f"nothing ran within {PATIENCE} s")
        time.sleep(0.02)
    return found


if __name__ == "__main__":
    commands = {each.__name__: each for each in (setup, one_by_one, many, drain, latency)}
    adapter = importlib.import_module(os.environ["PEER_ADAPTER"])
    print(json.dumps(commands[sys.argv[1]](adapter, int(sys.argv[2]))))
    adapter.close()
