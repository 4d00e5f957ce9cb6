"""Plugins of the hooks reference: the host accepts each, and each does what its section says."""

import dataclasses
import subprocess
import sys
import zipfile
from contextlib import ExitStack
from types import ModuleType

import pytest

from dj_queue import api
from dj_queue.contract import DatabaseInfo, PluginOptionsError, hookimpl
from dj_queue.exceptions import ConfigurationError
from dj_queue.runtime.supervisor import AsyncSupervisor
from dj_queue.testing import plugged, run_jobs
from tests.docs import pages
from tests.docs.running import runs, runs_each
from tests.project import tasks
from tests.runtime.where import only_on_one

PAGE = pages.DOCS / "reference" / "hooks.md"
IN_THE_PROJECT = pages.file_of(PAGE, "shop/queueing.py")
HOOKS = [block for block in pages.to_run(PAGE) if "@hookimpl" in block.text and block != IN_THE_PROJECT]
ENTRY_POINT = [block for block in pages.to_run(PAGE) if block.language == "toml"]
HEAD = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "acme-counting"
version = "0.1"

"""


def plugin_of(block):
    """The module that an example makes; `hookimpl` is imported by the first one of the page."""
    module = ModuleType("acme")
    module.hookimpl = hookimpl
    exec(compile("\n" * (block.line - 1) + block.text, str(block.page), "exec"), vars(module))
    return module


def plugin_with(hook):
    """The example of this hook."""
    return plugin_of(next(block for block in HOOKS if f"def {hook}(" in block.text))


@runs_each(HOOKS)
@only_on_one("default")
def test_the_host_accepts_it(services, block):
    with plugged(plugin_of(block), backend_alias=services.alias) as others:
        assert others.host


TOLD = (
    *("process_started", "process_stopping", "process_exited", "error", "event"),
    *("job_enqueued", "job_started", "job_finished", "job_retried"),
)


@only_on_one("default")
def test_listeners_say_what_they_are_told(services, on, capsys):
    with ExitStack() as plugs:
        for hook in TOLD:
            plugs.enter_context(plugged(plugin_with(f"dj_queue_{hook}"), backend_alias=services.alias))
        plugs.enter_context(plugged(Broken(), backend_alias=services.alias))
        done = on(tasks.add).enqueue(1, 1)
        on(tasks.third_time).enqueue()
        run_jobs(backend_alias=services.alias)
        supervisor = AsyncSupervisor(services.alias, standalone=False)
        supervisor.start()
        supervisor.stop()
    said = capsys.readouterr().out
    for text in (
        f"{done.id} waits in default",
        "attempt 1 of tests.project.tasks.third_time",
        "tests.project.tasks.third_time again in ",
        "tests.project.tasks.add: value after ",
        "dj_queue_job_enqueued: LookupError('not today')",
        f" started for {services.alias}",
        " drains",
        " is gone",
        "claim: ",
    ):
        assert text in said


class Broken:
    """A listener that fails."""

    @hookimpl
    def dj_queue_job_enqueued(self, jobs):
        raise LookupError("not today")


@only_on_one("default")
def test_factories_leave_other_databases_to_other_plugins(services):
    with (
        plugged(plugin_with("dj_queue_dialect"), backend_alias=services.alias),
        plugged(plugin_with("dj_queue_claim_strategy"), backend_alias=services.alias) as others,
    ):
        assert others.dialect.name == services.dialect.name


@only_on_one("default")
def test_the_transport_that_lacks_its_server_is_refused_by_name(services):
    plugin = plugin_with("dj_queue_wakeup_transport")
    with (
        pytest.raises(ConfigurationError, match=r"url.*it is missing; name the server of the bell"),
        plugged(plugin, backend_alias=services.alias, plugin_options={"acme": {}}),
    ):
        pass


@only_on_one("default")
def test_the_listener_keeps_its_options_or_refuses_them(services):
    plugin = plugin_with("dj_queue_configure")
    options = {"acme": {"host": "stats.example.com"}}
    with plugged(plugin, backend_alias=services.alias, plugin_options=options):
        assert plugin.hosts[services.alias] == "stats.example.com"
    with pytest.raises(PluginOptionsError, match="write the name of a host"):
        plugin.dj_queue_configure(services.alias, {"plugin_options": {"acme": {"host": 5}}})


@only_on_one("default")
def test_the_source_gives_as_many_threads_as_its_variable_says(services, monkeypatch):
    monkeypatch.setenv("ACME_QUEUE_THREADS", "7")
    with plugged(plugin_with("dj_queue_config_source"), backend_alias=services.alias) as others:
        assert [worker.threads for worker in others.options.workers] == [7]


def test_the_check_warns_of_the_engine_it_knows():
    check = plugin_with("dj_queue_system_checks").dj_queue_system_checks
    database = DatabaseInfo("default", vendor="acme", engine="acme.modern")
    assert check(database) is None
    [message] = check(dataclasses.replace(database, engine="acme.legacy"))
    assert message.level == "warning"


@only_on_one("default")
def test_the_sample_is_among_the_metrics(services):
    with plugged(plugin_with("dj_queue_metrics"), backend_alias=services.alias):
        [sample] = [each for each in api.metrics(backend_alias=services.alias) if each.name == "acme_budget"]
    assert sample.labels == {"backend": services.alias}


@runs(*ENTRY_POINT)
def test_a_distribution_with_the_entry_point_is_active_where_it_is_installed(tmp_path, read_along, shown):
    package = tmp_path / "acme-counting" / "acme_counting"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "plugin.py").write_text(IN_THE_PROJECT.text)
    (package.parent / "pyproject.toml").write_text(HEAD + shown[0].text)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"]
    subprocess.run(build, cwd=package.parent, check=True, capture_output=True)
    reader = read_along(PAGE)
    [wheel] = package.parent.glob("dist/*.whl")
    zipfile.ZipFile(wheel).extractall(reader.folder)
    reader.run("manage.py", "dj_queue", "plugins")

    [line] = [line.split() for line in reader.printed.splitlines() if "acme-counting" in line]
    assert (line[0], *line[-2:]) == ("counting", "active", "job_finished")
