"""Arguments and results come back from the database equal to what went in, and of the same types."""

import json
from typing import Any

import pytest

from dj_queue.contract.payload import dump_payload
from dj_queue.testing.conformance.bench import Bench, success

DEEP: list[Any] = []
for _ in range(28):
    DEEP = [DEEP]

VALUES: dict[str, Any] = {
    "none": None,
    "true": True,
    "empty text": "",
    "empty list": [],
    "empty dict": {},
    "unicode": "Grüße, 世界, \U0001f600, ﷽",
    "control characters": "tab\t line\r\n bell\x07 delete\x7f",
    "quotes": "' \" \\ \\u0041 % %s ? :a ${b}",
    "largest integer": 2**63 - 1,
    "smallest integer": -(2**63),
    "integer beyond doubles": 2**53 + 1,
    "float like an integer": 1.0,
    "float": 0.1 + 0.2,
    "large float": 1.7976931348623157e308,
    "float of 17 digits": 1e16,
    "small float": 5e-324,
    "mixed": [1, "1", 1.0, True, None, [[]], {"": {"é": [0, -1]}}],
    "many keys": {f"key {number}": number for number in range(200)},
    "deep": DEEP,
    "long text": "0123456789abcdef" * 16384,
}


class TestValues:
    """What `insert_jobs` and `finish` write, read back by a claim and from the row."""

    @pytest.mark.parametrize("name", VALUES)
    def test_arguments_come_back_as_they_were(self, bench: Bench, name: str) -> None:
        value = VALUES[name]
        job = bench.ready(
            args_json=dump_payload([value], "args"), kwargs_json=dump_payload({"value": value}, "kwargs")
        )
        row = bench.row(job)
        (claimed,) = bench.claim()
        for args, kwargs in ((row.args, row.kwargs), (claimed.args, claimed.kwargs)):
            assert _typed(args) == _typed([value])
            assert _typed(kwargs) == _typed({"value": value})

    @pytest.mark.parametrize("name", VALUES)
    def test_results_come_back_as_they_were(self, bench: Bench, name: str) -> None:
        job = bench.claimed()
        bench.finish(success(job, dump_payload(VALUES[name], "return value")))
        assert _typed(bench.row(job).return_value) == _typed(VALUES[name])


def _typed(value: Any) -> str:
    """The value as text that tells 1 from 1.0, whatever order a database gives keys."""
    return json.dumps(value, sort_keys=True)
