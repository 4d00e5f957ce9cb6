"""What the command line wants."""

import pytest

from bench.arguments import MILLION, parse
from bench.workloads import BY_NAME, flat


def test_by_default_everything_of_our_own_is_measured():
    wanted = parse([])

    assert wanted.workloads == tuple(BY_NAME)
    assert (wanted.peers, wanted.databases, wanted.repetitions) == (None, None, 3)
    assert wanted.rows == flat.ROWS


def test_peers_are_measured_alone():
    assert parse(["--peers"]).workloads == ()
    assert parse(["--peers"]).peers == ()
    assert parse(["--peers", "celery,this"]).peers == ("celery", "this")


def test_publishing_measures_everything():
    wanted = parse(["--publish", "--scale", "0.5"])

    assert wanted.workloads == tuple(BY_NAME)
    assert wanted.peers == ()


@pytest.mark.parametrize("part", [["--only", "idle"], ["--databases", "sqlite"], ["--peers", "this"]])
def test_a_part_is_not_published(part, capsys):
    with pytest.raises(SystemExit):
        parse(["--publish", *part])

    assert "--publish measures everything" in capsys.readouterr().err


def test_the_full_table_has_a_million_rows():
    assert parse(["--full"]).rows == MILLION
    assert parse(["--scale", "0.1"]).rows == flat.ROWS // 10


def test_workloads_that_are_not_there_are_refused_with_those_that_are(capsys):
    with pytest.raises(SystemExit):
        parse(["--only", "drain,speed"])

    assert "there is no speed; there are 'enqueue', 'drain'" in capsys.readouterr().err


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_repetitions_are_counted(number):
    with pytest.raises(SystemExit):
        parse(["--repetitions", number])
