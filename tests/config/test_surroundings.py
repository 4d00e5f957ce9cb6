"""Options that are fine by themselves and wrong in these settings: databases and their pools."""

import pytest
from django.conf import settings

from tests.config.layers import PLACE, in_settings, problems


@pytest.fixture
def problems_with(monkeypatch):
    """`problems_with(pool, **options)`: what is wrong on a database whose connections are pooled so."""

    def ask(pool, **options):
        database = {"ENGINE": "django.db.backends.postgresql", "NAME": "queue", "OPTIONS": {"pool": pool}}
        monkeypatch.setitem(settings.DATABASES, "pooled", database)
        return problems(in_settings(database_alias="pooled", **options))

    return ask


def test_database_that_the_settings_do_not_have_is_refused_naming_those_they_have():
    [problem] = problems(in_settings(database_alias="queue"))

    known = ", ".join(map(repr, sorted(settings.DATABASES)))
    assert problem == f"{PLACE}['database_alias']: DATABASES has no 'queue'; it has {known}"


@pytest.mark.parametrize(
    ("pool", "size"), [(True, 4), ({"min_size": 9}, 9), ({"min_size": 2, "max_size": 10}, 10)]
)
def test_pool_smaller_than_a_workers_threads_is_refused_with_both_numbers(problems_with, pool, size):
    [problem] = problems_with(pool, mode="fork", workers=[{"threads": 1}, {"threads": 20}])

    assert problem == (
        f"{PLACE}['workers'][1]['threads']: 20 threads need a pool of at least 22 connections; "
        f"DATABASES['pooled']['OPTIONS']['pool'] has {size}"
    )


def test_pool_of_one_process_has_to_hold_every_actor_of_async_mode(problems_with):
    options = {"mode": "async", "workers": [{"threads": 3, "processes": 2}]}

    [problem] = problems_with({"max_size": 12}, **options)

    assert problems_with({"max_size": 13}, **options) == []
    assert problem.startswith(f"{PLACE}['workers']: in async mode all actors share a pool, of at least 13")


@pytest.mark.parametrize("pool", [False, None, {"max_size": 5}])
def test_pool_that_is_large_enough_or_not_there_is_fine(problems_with, pool):
    assert problems_with(pool, mode="fork") == []
