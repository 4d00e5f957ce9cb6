"""How many jobs a worker holds beyond those that run."""

from types import SimpleNamespace

from dj_queue.runtime import prefetch as prefetch_module
from dj_queue.runtime.prefetch import Prefetch

NOW = 10_000.0


def learnt(*seconds, threads=4, most_per_thread=10):
    prefetch = Prefetch(threads, most_per_thread)
    for each in seconds:
        prefetch.learn(each)
    return prefetch


def test_nothing_is_held_before_anything_is_known():
    assert learnt().ahead([]) == 0


def test_short_jobs_are_held_up_to_the_most_for_each_thread():
    assert learnt(0.0001).ahead([]) == 40


def test_long_jobs_are_not_held():
    assert learnt(10.0).ahead([]) == 0


def test_middling_jobs_are_held_as_far_as_they_start_soon():
    held = learnt(0.05, threads=10).ahead([])
    assert 0 < held < 100


def test_one_that_runs_for_long_shrinks_what_is_held(monkeypatch):
    monkeypatch.setattr(prefetch_module, "time", SimpleNamespace(monotonic=lambda: NOW))
    prefetch = learnt(0.0001)
    assert prefetch.ahead([NOW - 60]) == 0
    assert prefetch.ahead([NOW]) == 40


def test_a_change_is_learnt_step_by_step():
    prefetch = learnt(0.001)
    before = prefetch.ahead([])
    prefetch.learn(1.0)
    assert prefetch.ahead([]) < before
    for _ in range(100):
        prefetch.learn(0.001)
    assert prefetch.ahead([]) == before
