"""One run against another."""

import pytest

from bench.measurement import Measurement, summarise
from bench.ratios import ratios


def of(measurement):
    return summarise([measurement])


def latency(milliseconds):
    return Measurement("sqlite", "latency", "", 10, {"p50_ms": milliseconds}, 0.0)


def test_more_jobs_a_second_are_better(measured):
    assert list(ratios(of(measured(150.0)), of(measured(100.0))).values()) == [1.5]


def test_fewer_milliseconds_are_better():
    assert list(ratios(of(latency(2.0)), of(latency(5.0))).values()) == [2.5]


@pytest.mark.parametrize("before", [{"amount": 11}, {"case": "asyncio"}, {"subject": "postgres"}])
def test_other_work_is_not_compared(measured, before):
    assert ratios(of(measured(150.0)), of(measured(100.0, **before))) == {}


@pytest.mark.parametrize(("now", "before"), [(0.0, 1.0), (1.0, 0.0)])
def test_nothing_has_no_ratio(now, before):
    assert ratios(of(latency(now)), of(latency(before))) == {}
