"""Results are kept as files, and the last of them is found."""

import os
from dataclasses import replace

import pytest

from bench.store import Results, last, read, write


@pytest.fixture
def results(measured):
    found = (measured(1.5), measured(2.5, others=None))
    return Results("2026-03-09T08:07:06+00:00", 2, "2 cores", {"sqlite": "SQLite 3"}, found)


def test_results_are_read_as_they_were_written(results, tmp_path):
    path = tmp_path / "deep" / results.file_name
    write(results, path)

    assert read(path) == results
    assert path.name == "2026-03-09-080706.json"


def test_the_last_results_are_those_taken_last_whatever_their_files(results, tmp_path):
    newer = replace(results, taken_at="2026-11-01T00:00:00+00:00")
    write(newer, tmp_path / "a.json")
    write(results, tmp_path / "b.json")
    os.utime(tmp_path / "a.json", (1, 1))

    assert last(tmp_path) == newer


def test_there_may_be_no_results_yet(tmp_path):
    assert last(tmp_path) is None
    assert last(tmp_path / "missing") is None
