"""Medians, percentiles, and what counts as disturbed."""

import pytest

from bench.measurement import DISTURBED, Key, percentile, summarise

KEY = Key("sqlite", "drain", "threads", "jobs_per_second")


def test_a_summary_is_the_median_with_its_extremes(measured):
    summary = summarise([measured(300.0), measured(100.0), measured(120.0)])[KEY]

    assert (summary.middle, summary.low, summary.high, summary.amount) == (120.0, 100.0, 300.0, 10)


def test_cases_and_subjects_are_kept_apart(measured):
    found = summarise([measured(1.0), measured(2.0, case="asyncio"), measured(3.0, subject="postgres")])

    assert [summary.middle for summary in found.values()] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("others", "disturbed"),
    [
        ([0.0, 0.0, 2.0], False),
        ([0.0, DISTURBED + 0.1, 2.0], True),
        ([0.0, None, 0.0], True),
    ],
)
def test_figures_are_disturbed_when_most_of_their_repetitions_were_or_nobody_knows(
    measured, others, disturbed
):
    summary = summarise([measured(1.0, others=cores) for cores in others])[KEY]

    assert summary.disturbed is disturbed


def test_percentiles_are_values_that_were_measured():
    values = [float(value) for value in range(100, 0, -1)]

    assert percentile(values, 0.5) == 50
    assert percentile(values, 0.99) == 99
    assert percentile(values, 1) == 100
    assert percentile([7.0], 0.01) == 7.0


def test_there_is_no_percentile_of_nothing():
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)
