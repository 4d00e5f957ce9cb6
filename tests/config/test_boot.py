"""Real commands: bad options end them at once with every problem and no trace, good ones count by their rank."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[2]
MANAGE = ROOT / "tests" / "project" / "manage.py"
SETTINGS = """
from tests.project.settings import *
TASKS = {{"default": {{"BACKEND": "dj_queue.backend.DjQueueBackend", "QUEUES": [], "OPTIONS": {options}}}}}
"""
SOUND = {"plugins": ["dj_queue_sqlite.plugin"]}
BAD = {
    "mode": "threads",
    "thread": 3,
    "workers": [{"threads": 0}],
    "process_heartbeat_interval": 60,
    "process_alive_threshold": 60,
    "recurring": {"nightly": {"task_path": "tests.project.tasks.add", "schedule": "0 0 30 2 *"}},
    "database_alias": "nowhere",
}
PROBLEMS = [
    "['mode']: 'threads' is not allowed; use one of 'fork', 'async'",
    "['thread']: there is no such option",
    "['workers'][0]['threads']: 0 is not allowed; use a whole number from 1 to 1000",
    "['process_alive_threshold']: a process_alive_threshold of 60 s is too short for a heartbeat every 60 s",
    "['recurring']['nightly']['schedule']: the cron expression '0 0 30 2 *' is refused: it has no fire time",
    "['database_alias']: DATABASES has no 'nowhere'; it has 'default'",
]
BOMB = b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n"
FILES = {
    "alias bomb": (BOMB, ", line 1: anchors and aliases are not allowed"),
    "object": (b"a: !!python/object/apply:os.mkdir ['MARK']\n", ", line 1: the tag"),
    "too large": (b"#" * 50_000_000, ": it is larger than 1048576 bytes"),
    "not utf-8": (b"mode: \xff", ": it is not UTF-8: byte 6 is 0xff"),
    "missing": (None, ": it cannot be read: No such file or directory"),
    "unknown option": (
        b"workers: [{thread: 1}]\n",
        ": workers[0].thread: there is no such option; did you mean",
    ),
}


@pytest.fixture
def start(tmp_path):
    """`start(*arguments, options=..., more=..., **environment)` starts a real command in a session of its own."""

    def begin(*arguments, options=SOUND, more="", **environment):
        (tmp_path / "boot_settings.py").write_text(SETTINGS.format(options=options) + more)
        here = {"DJANGO_SETTINGS_MODULE": "boot_settings", "PYTHONPATH": str(tmp_path)}
        return subprocess.Popen(
            [sys.executable, MANAGE, *arguments],
            cwd=ROOT,
            env={**os.environ, **here, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    return begin


def end(process):
    output, _ = process.communicate(timeout=180)
    return SimpleNamespace(code=process.returncode, output=output, group=process.pid)


@pytest.fixture
def manage(start):
    """`manage(...)` runs a real command to its end."""
    return lambda *arguments, **changes: end(start(*arguments, **changes))


@pytest.fixture
def refusals(start):
    """`refusals(...)`: what `check` and `dj_queue` print, after both have ended with an error and left nothing."""

    def ask(**changes):
        runs = [end(process) for process in [start("check", **changes), start("dj_queue", **changes)]]
        for run in runs:
            assert run.code != 0
            assert "Traceback" not in run.output
            with pytest.raises(ProcessLookupError):
                os.killpg(run.group, 0)
        return [run.output for run in runs]

    return ask


def shown(run, option):
    """What `--show-config` says of one option: its value and its source."""
    assert run.code == 0, run.output
    [line] = [line for line in run.output.splitlines() if line.startswith(f"{option} ")]
    _name, value, source = line.split(maxsplit=2)
    return value, source.strip()


def test_every_problem_is_told_at_once_and_nothing_is_left_running(refusals):
    for output in refusals(options=BAD):
        for problem in PROBLEMS:
            assert f"TASKS['default']['OPTIONS']{problem}" in output


@pytest.mark.parametrize(("content", "words"), FILES.values(), ids=FILES)
def test_file_that_is_no_list_of_options_is_named_with_its_place(refusals, tmp_path, content, words):
    path, mark = tmp_path / "queue.yml", tmp_path / "made"
    if content is not None:
        path.write_bytes(content.replace(b"MARK", str(mark).encode()))

    for output in refusals(options={"mode": "threads"}, DJ_QUEUE_CONFIG=str(path)):
        assert f"{path}{words}" in output
        assert "TASKS['default']['OPTIONS']['mode']: 'threads' is not allowed" in output
    assert not mark.exists()


def test_pool_smaller_than_the_threads_of_a_worker_is_refused(manage):
    database = "DATABASES['pooled'] = {**DATABASES['default'], 'OPTIONS': {'pool': True}}"

    run = manage("dj_queue", options={"mode": "fork", "database_alias": "pooled"}, more=database)

    assert run.code == 1
    assert run.output == (
        "CommandError: TASKS['default']['OPTIONS']['workers'][0]['threads']: 3 threads need a pool of at least "
        "5 connections; DATABASES['pooled']['OPTIONS']['pool'] has 4\n"
    )


def test_command_line_wins_over_environment_over_file_over_settings(manage, tmp_path):
    path = tmp_path / "queue.yml"
    path.write_text("mode: fork\n")
    options = {**SOUND, "mode": "async"}
    by_file = {"options": options, "DJ_QUEUE_CONFIG": str(path)}
    show = ("dj_queue", "--show-config")

    assert shown(manage(*show, options=options), "mode") == ("async", "TASKS")
    assert shown(manage(*show, **by_file), "mode") == ("fork", str(path))
    assert shown(manage(*show, **by_file, DJ_QUEUE_MODE="async"), "mode") == ("async", "DJ_QUEUE_MODE")
    line = manage(*show, "--mode", "fork", **by_file, DJ_QUEUE_MODE="async")
    assert shown(line, "mode") == ("fork", "command line")


@pytest.mark.parametrize("by", ["--config", "DJ_QUEUE_CONFIG"])
def test_file_reaches_the_wakeups_whichever_way_it_is_named(manage, tmp_path, by):
    path = tmp_path / "queue.yml"
    path.write_text("wakeup: []\n")
    named = {"DJ_QUEUE_CONFIG": str(path)} if by == "DJ_QUEUE_CONFIG" else {}
    arguments = ["--config", str(path)] if by == "--config" else []

    before, after = manage("dj_queue", "plugins"), manage("dj_queue", "plugins", *arguments, **named)

    assert "wakeup same_host, data_version" in before.output
    assert "wakeup none, polling" in after.output


def test_variable_that_means_nothing_is_told_with_its_name(manage):
    run = manage("dj_queue", DJ_QUEUE_MODE="threads", DJ_QUEUE_SKIP_RECURRING="maybe")

    assert run.code != 0
    assert "DJ_QUEUE_MODE: mode: 'threads' is not allowed; use one of 'fork', 'async'" in run.output
    assert "DJ_QUEUE_SKIP_RECURRING: skip_recurring: 'maybe' is neither True nor False" in run.output


def test_skip_recurring_is_seen_with_its_source(manage):
    run = manage("dj_queue", "--show-config", DJ_QUEUE_SKIP_RECURRING="yes")

    assert shown(run, "skip_recurring") == ("True", "DJ_QUEUE_SKIP_RECURRING")


def test_options_are_read_in_any_locale_and_without_asserts_and_docstrings(manage, tmp_path):
    path = tmp_path / "queue.yml"
    path.write_bytes('workers: [{queues: ["büro"]}]\n'.encode())

    run = manage("dj_queue", "--show-config", DJ_QUEUE_CONFIG=str(path), LC_ALL="C", PYTHONOPTIMIZE="2")

    assert shown(run, "workers[0].queues") == ("büro", str(path))


def test_alias_that_is_not_there_ends_the_command_naming_those_that_are(manage):
    run = manage("dj_queue", "--backend", "nowhere")

    assert (run.code, run.output) == (
        1,
        "CommandError: TASKS has no backend alias 'nowhere'; it has 'default'\n",
    )
