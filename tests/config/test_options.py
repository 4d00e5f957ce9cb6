"""Every option has its documented default, is read from a file, and says what it is."""

import ast
import inspect
from dataclasses import fields

import pytest
import yaml

from dj_queue.config import options, recurring, sections
from dj_queue.config.options import (
    DispatcherOptions,
    Options,
    RecurringOptions,
    SchedulerOptions,
    WorkerOptions,
)
from dj_queue.config.yaml_file import read_yaml
from dj_queue.contract import Selector
from dj_queue.cron import CronSchedule
from tests.config.layers import in_file, read

FULL = """
mode: async
workers:
  - queues: [default, "email*"]
    threads: 8
    processes: 2
    polling_interval: 0.2
    prefetch_multiplier: 4
    async_concurrency: 50
dispatchers:
  - batch_size: 100
    polling_interval: 2
    concurrency_maintenance: false
    concurrency_maintenance_interval: 7
scheduler:
  dynamic_tasks_enabled: true
  polling_interval: 6
recurring:
  nightly:
    task_path: shop.tasks.clean
    schedule: "0 3 * * *"
    time_zone: Europe/Berlin
    args: [1, two]
    kwargs: {deep: [null, true]}
    queue_name: maintenance
    priority: -5
    description: nightly cleanup
    catch_up: none
skip_recurring: true
database_alias: default
process_heartbeat_interval: 2
process_alive_threshold: 8
shutdown_timeout: 0
supervisor_pidfile: /run/queue.pid
preserve_finished_jobs: false
clear_finished_jobs_after: 60
clear_failed_jobs_after: 61
clear_recurring_executions_after: 62
default_concurrency_duration: 63
use_skip_locked: false
listen_notify: false
silence_polling: false
on_thread_error: builtins.print
max_lost_attempts: 5
max_payload_bytes: 1000
max_result_bytes: 2000
sensitive_keys: [iban]
dialect: portable
claim_strategy: optimistic
wakeup: [notify]
wakeup_directory: /run/shop
plugins: [shop.queue]
disabled_plugins: [acme]
plugin_options: {acme: {url: "x"}}
"""
READ = Options(
    mode="async",
    workers=(WorkerOptions((Selector("default"), Selector("email", is_prefix=True)), 8, 2, 0.2, 4, 50),),
    dispatchers=(DispatcherOptions(100, 2.0, False, 7.0),),
    scheduler=SchedulerOptions(True, 6.0),
    recurring=(
        RecurringOptions(
            "nightly",
            "shop.tasks.clean",
            CronSchedule("0 3 * * *", "Europe/Berlin"),
            (1, "two"),
            {"deep": [None, True]},
            "maintenance",
            -5,
            "nightly cleanup",
            "none",
        ),
    ),
    skip_recurring=True,
    process_heartbeat_interval=2.0,
    process_alive_threshold=8.0,
    shutdown_timeout=0.0,
    supervisor_pidfile="/run/queue.pid",
    preserve_finished_jobs=False,
    clear_finished_jobs_after=60.0,
    clear_failed_jobs_after=61.0,
    clear_recurring_executions_after=62.0,
    default_concurrency_duration=63.0,
    use_skip_locked=False,
    listen_notify=False,
    silence_polling=False,
    on_thread_error=print,
    max_lost_attempts=5,
    max_payload_bytes=1000,
    max_result_bytes=2000,
    sensitive_keys=("iban",),
    dialect="portable",
    claim_strategy="optimistic",
    wakeup=("notify",),
    wakeup_directory="/run/shop",
    plugins=("shop.queue",),
    disabled_plugins=("acme",),
    plugin_options={"acme": {"url": "x"}},
)
CLASSES = [WorkerOptions, DispatcherOptions, SchedulerOptions, RecurringOptions, Options]
TABLES = {
    WorkerOptions: sections.WORKER,
    DispatcherOptions: sections.DISPATCHER,
    SchedulerOptions: sections.SCHEDULER,
    RecurringOptions: recurring.ENTRY,
    Options: {**sections.TOP, **dict.fromkeys(sections.SECTIONS)},
}
NOT_WRITTEN = {RecurringOptions: {"key"}, Options: {"values"}}
WRITTEN_ONLY = {RecurringOptions: {"time_zone"}}


def names(options_class):
    return {field.name for field in fields(options_class)}


def test_every_option_is_read_from_a_file(tmp_path):
    path = tmp_path / "queue.yml"
    path.write_text(FULL)

    assert read(in_file(**read_yaml(str(path)))) == READ


def test_the_file_above_has_every_option():
    written = yaml.safe_load(FULL)
    levels = {
        Options: written,
        WorkerOptions: written["workers"][0],
        DispatcherOptions: written["dispatchers"][0],
        SchedulerOptions: written["scheduler"],
        RecurringOptions: written["recurring"]["nightly"],
    }
    for options_class, level in levels.items():
        assert set(level) == set(TABLES[options_class])


@pytest.mark.parametrize("options_class", CLASSES)
def test_every_option_has_a_reader_and_every_reader_an_option(options_class):
    fields_written = names(options_class) - NOT_WRITTEN.get(options_class, set())

    assert set(TABLES[options_class]) - WRITTEN_ONLY.get(options_class, set()) == fields_written


@pytest.mark.parametrize("options_class", CLASSES)
def test_every_option_says_what_it_is_in_a_sentence(options_class):
    [definition] = ast.parse(inspect.getsource(options_class)).body
    body = definition.body[1:]

    assert {node.target.id for node in body[::2]} == names(options_class)
    assert all(text.value.value.endswith(".") for text in body[1::2])


def test_defaults_are_those_of_the_documentation():
    default = Options()

    assert default.mode == options.DEFAULT_MODE
    assert default.workers == (WorkerOptions((Selector("", is_prefix=True),), 3, 1, 0.1),)
    assert default.dispatchers == (DispatcherOptions(500, 1.0, True),)
    assert (default.scheduler.dynamic_tasks_enabled, default.scheduler.polling_interval) == (False, 5.0)
    assert (default.process_heartbeat_interval, default.process_alive_threshold) == (10.0, 60.0)
    assert (default.shutdown_timeout, default.supervisor_pidfile) == (5.0, None)
    assert (default.preserve_finished_jobs, default.clear_finished_jobs_after) == (True, 86400.0)
    assert (default.clear_failed_jobs_after, default.clear_recurring_executions_after) == (None, None)
    assert (default.default_concurrency_duration, default.database_alias) == (180.0, "default")
    assert (default.use_skip_locked, default.listen_notify, default.silence_polling) == (True, True, True)
    assert (default.on_thread_error, default.recurring) == (None, ())
    assert (default.max_payload_bytes, default.max_result_bytes, default.max_lost_attempts) == (
        2**20,
        2**20,
        3,
    )


def test_selector_of_the_default_worker_picks_every_queue():
    assert [str(selector) for selector in Options().workers[0].queues] == ["*"]
