"""The tables that are printed and published."""

import pytest

from bench.measurement import Key, Measurement, summarise
from bench.tables import number, of_workload, table
from tests.docs import pages

HEADINGS = {"sqlite": "SQLite 3", "postgres": "PostgreSQL 18"}


def test_subjects_are_columns_and_figures_rows(measured):
    found = summarise([measured(1234.4), measured(5000.0, subject="postgres"), measured(7.0, case="asyncio")])

    assert pages.rows(table(found, HEADINGS)) == [
        ["drain: threads", "rate, jobs/s", "1,234", "5,000"],
        ["drain: asyncio", "rate, jobs/s", "7", "-"],
    ]


def test_a_cell_tells_extremes_ratio_and_disturbance(measured):
    found = summarise([measured(10.0, others=2.0), measured(20.0, others=2.0), measured(30.0, others=2.0)])
    key = Key("sqlite", "drain", "threads", "jobs_per_second")

    [row] = pages.rows(table(found, {"sqlite": "SQLite 3"}, {key: 1.254}))

    assert row[2] == "20 (10 to 30) x1.25 ~"


def test_figures_of_a_case_stand_together_although_databases_differ_in_them():
    def idle(subject, metric):
        return Measurement(subject, "idle", "", 1, {"cpu_ms_per_second": 5.0, metric: 1.0}, 0.0)

    first, last = idle("sqlite", "transactions_per_second"), idle("postgres", "statements_per_second")
    between = Measurement("sqlite", "flat", "", 1, {"p50_ms": 1.0}, 0.0)
    shown = pages.rows(table(summarise([first, between, last]), HEADINGS))

    assert [row[0] for row in shown] == ["idle", "idle", "idle", "flat"]


def test_a_workload_is_picked(measured):
    found = summarise([measured(1.0), measured(2.0, workload="enqueue")])

    assert [key.workload for key in of_workload(found, "enqueue")] == ["enqueue"]


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(1234567.8, 0, "1,234,568"), (0.0, 2, "0.00"), (0.004, 2, "0.0040"), (1.239, 2, "1.24")],
)
def test_numbers_are_shown_as_people_read_them(value, digits, text):
    assert number(value, digits) == text
