"""Services are built once at first use, for the settings and the command line there are, or refused in plain words."""

import threading

import pytest
from django.conf import settings
from django.db import connections
from django.test import override_settings

from dj_queue import services as services_module
from dj_queue.backend import DjQueueBackend
from dj_queue.contract import ConfigLayer, Dialect, Invocation, PluginOptionsError, hookimpl
from dj_queue.exceptions import ConfigurationError, PluginError
from dj_queue.portable.dialect import PortableDialect
from dj_queue.services import queue_aliases, reset, services_for, start_with

BACKEND = "dj_queue.backend.DjQueueBackend"
HERE = __name__


class Subclass(DjQueueBackend):
    """A project's own backend."""


class Hushed:
    """Wakes nobody."""

    hears_every_host = False

    def __init__(self, name):
        self.name = name

    def announce(self, queues):
        """Tell nobody."""

    def listen(self, selectors):
        """Nothing to wait on."""


class Wakes:
    """A plugin with a wakeup of its own."""

    @hookimpl
    def dj_queue_wakeup_transport(self, database, options):
        return Hushed("bell") if options.get("listen_notify", True) else None


class WakesToo:
    """A plugin with another."""

    @hookimpl
    def dj_queue_wakeup_transport(self, database):
        return Hushed("whistle")


class WakesEverywhere:
    """A plugin with one that every host hears."""

    @hookimpl
    def dj_queue_wakeup_transport(self, database):
        siren = Hushed("siren")
        siren.hears_every_host = True
        return siren


class Particular:
    """A plugin that wants two options, in words."""

    @hookimpl
    def dj_queue_wakeup_transport(self, options):
        own = options["plugin_options"]["acme"]
        raise PluginOptionsError([(("acme", name), f"{value!r} is no word") for name, value in own.items()])


class Listens:
    """A plugin that only listens, and wants to know its host."""

    def __init__(self):
        self.hosts = {}

    @hookimpl
    def dj_queue_configure(self, alias, options):
        host = options.get("plugin_options", {}).get("acme", {}).get("host", "localhost")
        if host == "nowhere":
            raise PluginOptionsError([(("acme", "host"), "there is no such host")])
        self.hosts[alias] = host


listens = Listens()


class Dialects:
    """A plugin that serves every database, and one named in its layer."""

    @hookimpl
    def dj_queue_dialect(self, database):
        return PortableDialect(database)

    @hookimpl
    def dj_queue_config_source(self):
        return ConfigLayer("acme", 15, {"max_lost_attempts": 7})


def tasks(backend=BACKEND, **options):
    params = {"BACKEND": backend, "QUEUES": [], "OPTIONS": {"disabled_plugins": ["sqlite"], **options}}
    return override_settings(TASKS={**settings.TASKS, "q": params})


def refusal(kind, **options):
    with tasks(**options), pytest.raises(kind) as refused:
        services_for("q")
    return str(refused.value)


@pytest.fixture
def command_line():
    """`command_line(...)` starts with this invocation; the one there was is put back at the end."""
    before = services_module._invocation
    yield start_with
    services_module._invocation = before
    reset()


def test_services_are_what_serves_the_alias(services, backend_alias):
    assert (services.alias, services.backend_class) == (backend_alias, DjQueueBackend)
    assert services.database.alias == services.options.database_alias
    assert isinstance(services.dialect, Dialect)
    assert services.dialect.database == services.database
    assert services.merged.values["process_alive_threshold"] == services.options.process_alive_threshold == 5


def test_services_are_built_once(backend_alias):
    assert services_for(backend_alias) is services_for(backend_alias)


@pytest.mark.parametrize(
    ("given", "host"), [({}, "localhost"), ({"acme": {"host": "example.com"}}, "example.com")]
)
def test_a_plugin_that_only_listens_is_given_the_options_too(given, host):
    listens.hosts.clear()
    with tasks(plugins=[f"{HERE}.listens"], plugin_options=given):
        services_for("q")
    assert listens.hosts == {"q": host}


def test_a_plugin_that_only_listens_may_refuse_its_options():
    given = {"acme": {"host": "nowhere"}}
    place = "TASKS['q']['OPTIONS']['plugin_options']['acme']['host']: there is no such host"
    assert refusal(ConfigurationError, plugins=[f"{HERE}.listens"], plugin_options=given) == place


def test_nothing_is_built_before_it_is_asked_for():
    with tasks(mode="banana"):
        assert "q" not in services_module._services
        assert "q" in queue_aliases()
        assert services_for("portable").alias == "portable"


def test_changed_settings_are_heard():
    with tasks(max_lost_attempts=4):
        first = services_for("q")
        with tasks(max_lost_attempts=5):
            assert services_for("q").options.max_lost_attempts == 5
        again = services_for("q")

    assert (first.options.max_lost_attempts, again.options.max_lost_attempts) == (4, 4)
    assert first is not again
    with pytest.raises(ConfigurationError):
        services_for("q")


def test_what_failed_to_build_is_tried_again():
    assert "banana" in refusal(ConfigurationError, mode="banana")
    with tasks(mode="async"):
        assert services_for("q").options.mode == "async"


def test_threads_that_ask_at_once_get_one_object():
    reset()
    gate, found = threading.Barrier(8), []

    def ask():
        gate.wait()
        found.append(services_for("portable"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(map(id, found))) == 1


def test_command_line_counts_from_its_start_on(command_line, tmp_path):
    path = tmp_path / "queue.yml"
    path.write_text("mode: fork\nlisten_notify: false\n")
    with tasks(mode="fork", plugins=[f"{HERE}.Wakes"]):
        before = services_for("q")
        command_line(Invocation(config_file=str(path), mode="async"))
        after = services_for("q")

    assert [transport.name for transport in before.wakeups] == ["bell", "same_host"]
    assert (after.options.mode, [transport.name for transport in after.wakeups]) == ("async", ["same_host"])


def test_environment_of_the_process_counts_without_a_command_line(monkeypatch):
    monkeypatch.setenv("DJ_QUEUE_MODE", "async")
    with tasks(mode="fork"):
        assert services_for("q").options.mode == "async"


def test_layer_of_a_plugin_is_among_the_options():
    with tasks(plugins=[f"{HERE}.Dialects"]):
        services = services_for("q")

    assert services.options.max_lost_attempts == 7
    assert services.merged.source_of(("max_lost_attempts",)).name == "acme"


def test_subclass_of_the_backend_is_a_queue_too():
    with tasks(backend=f"{HERE}.Subclass"):
        assert "q" in queue_aliases()
        assert services_for("q").backend_class is Subclass


@pytest.mark.parametrize(
    "backend",
    [
        "django.tasks.backends.immediate.ImmediateBackend",
        "no_such_module.Backend",
        "dj_queue.backend.NoSuchBackend",
        "",
        None,
    ],
)
def test_other_backends_and_broken_paths_are_no_queues_and_hide_none(backend):
    with tasks(backend=backend):
        assert "q" not in queue_aliases()
        assert set(queue_aliases()) >= {"default", "portable"}


def test_alias_of_another_backend_is_refused_naming_those_that_are_ours():
    path = "django.tasks.backends.immediate.ImmediateBackend"

    ours = ", ".join(map(repr, settings.TASKS))
    assert refusal(ConfigurationError, backend=path) == (
        f"TASKS['q']['BACKEND']: {path!r} is not dj_queue's; the aliases that are: {ours}"
    )


def test_backend_that_cannot_be_imported_is_named():
    assert refusal(ConfigurationError, backend="no_such_module.Backend") == (
        "TASKS['q']['BACKEND']: 'no_such_module.Backend' cannot be imported: No module named 'no_such_module'"
    )


def test_unknown_alias_is_refused_naming_those_there_are():
    with pytest.raises(ConfigurationError) as refused:
        services_for("nowhere")

    known = ", ".join(map(repr, settings.TASKS))
    assert refused.value.problems == [f"TASKS has no backend alias 'nowhere'; it has {known}"]


def test_database_that_is_not_there_is_told_with_every_other_problem():
    said = refusal(ConfigurationError, database_alias="nowhere", mode="banana")

    assert "TASKS['q']['OPTIONS']['database_alias']: DATABASES has no 'nowhere'" in said
    assert "TASKS['q']['OPTIONS']['mode']: 'banana' is not allowed" in said


def test_unreadable_file_is_told_with_the_problems_of_the_settings(command_line):
    command_line(Invocation(config_file="/absent.yml"))

    assert refusal(ConfigurationError, mode="banana").splitlines() == [
        "/absent.yml: it cannot be read: No such file or directory",
        "TASKS['q']['OPTIONS']['mode']: 'banana' is not allowed; use one of 'fork', 'async'",
    ]


def test_options_that_are_no_mapping_are_one_problem():
    tasks_of_q = {"q": {"BACKEND": BACKEND, "OPTIONS": ["mode"]}}
    with override_settings(TASKS=tasks_of_q), pytest.raises(ConfigurationError) as refused:
        services_for("q")

    assert refused.value.problems == ["TASKS['q']['OPTIONS']: ['mode'] is not a mapping of options"]


@pytest.mark.parametrize("option", ["plugins", "disabled_plugins"])
def test_plugins_that_are_no_list_are_refused_with_their_path(option):
    assert refusal(ConfigurationError, **{option: "shop.queue"}) == (
        f"TASKS['q']['OPTIONS']['{option}']: 'shop.queue' is not a list of names"
    )


def test_broken_plugin_is_one_line():
    assert refusal(PluginError, plugins=["no_such.plugin"]) == (
        "plugin \"no_such.plugin\" (OPTIONS): ModuleNotFoundError: No module named 'no_such'"
    )


def test_two_plugins_for_one_database_are_refused_until_one_is_named():
    both = ["dj_queue_sqlite.plugin", f"{HERE}.Dialects"]

    said = refusal(PluginError, plugins=both, disabled_plugins=[])

    assert "all answer dj_queue_dialect; name one of them in TASKS['q']['OPTIONS']['dialect']" in said
    with tasks(plugins=both, disabled_plugins=[], dialect=f"{HERE}.Dialects"):
        assert services_for("q").dialect.name == "portable"


def test_every_wakeup_counts_unless_some_are_named():
    plugins = [f"{HERE}.Wakes", f"{HERE}.WakesToo"]
    for wanted, names in ((None, ["bell", "whistle", "same_host"]), (["whistle"], ["whistle"]), ([], [])):
        with tasks(plugins=plugins, wakeup=wanted):
            assert [transport.name for transport in services_for("q").wakeups] == names


def test_who_hears_this_host_alone_is_told_before_every_host_is():
    with tasks(plugins=[f"{HERE}.WakesEverywhere"]):
        assert [transport.name for transport in services_for("q").wakeups] == ["same_host", "siren"]


def test_options_that_a_plugin_refuses_are_told_each_with_its_place(command_line, tmp_path):
    path = tmp_path / "queue.yml"
    path.write_text("plugin_options: {acme: {bell: 3}}\n")
    plugins = [f"{HERE}.Particular"]

    said = refusal(ConfigurationError, plugins=plugins, plugin_options={"acme": {"bell": 1, "whistle": 2}})
    command_line(Invocation(config_file=str(path)))
    said_of_the_file = refusal(ConfigurationError, plugins=plugins)

    assert said.splitlines() == [
        "TASKS['q']['OPTIONS']['plugin_options']['acme']['bell']: 1 is no word",
        "TASKS['q']['OPTIONS']['plugin_options']['acme']['whistle']: 2 is no word",
    ]
    assert said_of_the_file == f"{path}: plugin_options.acme.bell: 3 is no word"


def test_wakeup_that_no_plugin_gives_is_refused_naming_those_they_give():
    said = refusal(ConfigurationError, plugins=[f"{HERE}.Wakes"], wakeup=["bell", "notfy"])

    assert said == "TASKS['q']['OPTIONS']['wakeup']: no plugin gives notfy; there is: bell, same_host"


def test_claim_strategy_or_dialect_that_nobody_gives_is_refused():
    assert "['claim_strategy'] is 'leap', but no plugin gives it" in refusal(
        PluginError, claim_strategy="leap"
    )
    assert "['dialect'] is 'acme', but no plugin gives it" in refusal(PluginError, dialect="acme")


def test_database_whose_driver_is_not_installed_is_named(monkeypatch):
    database = {**connections.settings["default"], "ENGINE": "django.db.backends.oracle"}
    monkeypatch.setitem(connections.settings, "absent", database)
    monkeypatch.setitem(settings.DATABASES, "absent", database)

    said = refusal(ConfigurationError, database_alias="absent")

    assert said.startswith("DATABASES['absent']: Error loading oracledb module")
    assert "\n" not in said


def test_building_connects_to_no_database(monkeypatch):
    database = {**connections.settings["default"], "NAME": "/nowhere/at/all.sqlite3"}
    monkeypatch.setitem(connections.settings, "absent", database)
    monkeypatch.setitem(settings.DATABASES, "absent", database)

    with tasks(database_alias="absent", plugins=["dj_queue_sqlite.plugin"], disabled_plugins=[]):
        assert services_for("q").dialect.name == "sqlite"
    assert connections["absent"].connection is None
    del connections["absent"]
