"""This run against an earlier one."""

from collections.abc import Mapping

from bench.measurement import METRICS, Key, Summary


def ratios(now: Mapping[Key, Summary], before: Mapping[Key, Summary]) -> dict[Key, float]:
    """How many times as good each figure is as before: above 1 is better, whichever way its metric counts.

    Figures of another amount of work, and those that were or are nothing, are left out.
    """
    found = {}
    for key, summary in now.items():
        earlier = before.get(key)
        if earlier is None or earlier.amount != summary.amount or not (earlier.middle and summary.middle):
            continue
        grown = summary.middle / earlier.middle
        found[key] = grown if METRICS[key.metric].more_is_better else 1 / grown
    return found
