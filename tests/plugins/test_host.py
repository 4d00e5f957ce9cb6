"""Factories are asked one by one and fail by name; the core's own answers come last."""

from types import SimpleNamespace

import pytest

from dj_queue.contract import ConfigLayer, ConfigSourceError, DatabaseInfo, Invocation, hookimpl
from dj_queue.exceptions import PluginError
from dj_queue.plugins.host import PluginHost
from dj_queue.plugins.loading import load_object
from dj_queue.plugins.records import LoadedPlugin, Origin

DATABASE = DatabaseInfo("default", "acme", "acme.backend")


class Gives:
    """A dialect plugin that gives an object of this name, or nothing."""

    def __init__(self, name=None):
        self.answer = SimpleNamespace(name=name) if name else None

    @hookimpl
    def dj_queue_dialect(self, database):
        return self.answer

    @hookimpl
    def dj_queue_config_source(self, alias):
        return ConfigLayer(self.answer.name, 10, {}) if self.answer else None


class Raises:
    """A plugin that raises whatever it was made with, from every hook."""

    def __init__(self, error):
        self.error = error

    @hookimpl
    def dj_queue_dialect(self, database):
        raise self.error

    @hookimpl
    def dj_queue_config_source(self):
        raise self.error

    @hookimpl
    def dj_queue_metrics(self):
        raise self.error


class Measures:
    """A plugin with samples."""

    @hookimpl
    def dj_queue_metrics(self, alias):
        return [alias]


def shipped(plugin, name, version="1.0.0", origin=Origin.ENTRY_POINT):
    return LoadedPlugin(name, f"dj-queue-{name}", version, origin, load_object(plugin, name).hooks, plugin)


def built_in(plugin, name="portable"):
    return shipped(plugin, name, origin=Origin.BUILT_IN)


def ask_dialect(*plugins, wanted=None, **kwargs):
    answer = PluginHost(plugins, **kwargs).ask_one("dj_queue_dialect", wanted, database=DATABASE)
    return answer and answer.name


def test_nobody_answering_is_none():
    assert ask_dialect() is None
    assert ask_dialect(shipped(Gives(), "a")) is None


def test_the_cores_own_answer_counts_where_nobody_else_answers():
    assert ask_dialect(built_in(Gives("portable")), shipped(Gives(), "a")) == "portable"


@pytest.mark.parametrize("order", [1, -1])
def test_a_plugin_goes_before_the_cores_own_in_any_order(order):
    plugins = [built_in(Gives("portable")), shipped(Gives("acme"), "a")][::order]

    assert ask_dialect(*plugins) == "acme"


def test_first_of_the_cores_own_answers_counts():
    plugins = [built_in(Gives("one"), "one"), built_in(Gives("two"), "two")]

    assert ask_dialect(*plugins) == "one"


def test_two_plugins_that_answer_are_refused_naming_both_and_the_option_that_settles_it():
    with pytest.raises(PluginError) as refused:
        ask_dialect(
            built_in(Gives("portable")),
            shipped(Gives("x"), "a"),
            shipped(Gives("y"), "b", "2.0"),
            options_path="TASKS['default']['OPTIONS']",
        )

    assert str(refused.value) == (
        'plugin "a" (dj-queue-a 1.0.0) and plugin "b" (dj-queue-b 2.0) all answer dj_queue_dialect; '
        "name one of them in TASKS['default']['OPTIONS']['dialect'], "
        "or put the others in TASKS['default']['OPTIONS']['disabled_plugins']"
    )


@pytest.mark.parametrize(
    ("wanted", "given"), [("a", "x"), ("x", "x"), ("b", "y"), ("y", "y"), ("portable", "portable")]
)
def test_an_option_settles_it_by_the_name_of_a_plugin_or_of_what_it_gives(wanted, given):
    plugins = [
        built_in(Gives("portable")),
        shipped(Gives("x"), "a"),
        shipped(Gives("y"), "b"),
    ]

    assert ask_dialect(*plugins, wanted=wanted) == given


def test_an_option_that_names_what_two_plugins_give_settles_nothing():
    plugins = [shipped(Gives("x"), "a"), shipped(Gives("x"), "b")]

    with pytest.raises(PluginError, match="all answer dj_queue_dialect"):
        ask_dialect(*plugins, wanted="x")


def test_an_option_that_names_nothing_there_is_refused_with_what_there_is():
    with pytest.raises(PluginError) as refused:
        ask_dialect(built_in(Gives("portable")), shipped(Gives("x"), "a"), wanted="z")

    assert str(refused.value) == (
        "OPTIONS['dialect'] is 'z', but no plugin gives it; there is: "
        "'portable' from plugin \"portable\" (dj-queue-portable 1.0.0), "
        "'x' from plugin \"a\" (dj-queue-a 1.0.0)"
    )


@pytest.mark.parametrize("error", [ValueError("no such thing"), SystemExit("no such thing")])
def test_a_factory_that_raises_is_blamed_by_plugin_distribution_version_and_hook(error):
    with pytest.raises(PluginError) as refused:
        ask_dialect(shipped(Raises(error), "a"), built_in(Gives("portable")))

    assert str(refused.value) == (
        f'plugin "a" (dj-queue-a 1.0.0) failed in dj_queue_dialect: {type(error).__name__}: no such thing'
    )
    assert refused.value.__cause__ is error


def test_ctrl_c_in_a_factory_stays_ctrl_c():
    with pytest.raises(KeyboardInterrupt):
        ask_dialect(shipped(Raises(KeyboardInterrupt()), "a"))


def test_all_answers_come_with_their_plugins_in_order_without_those_who_gave_none():
    a, b, c = shipped(Gives("x"), "a"), shipped(Gives(), "b"), shipped(Gives("z"), "c")

    answers = PluginHost([a, b, c]).ask_all(
        "dj_queue_config_source", alias="default", invocation=Invocation()
    )

    assert [(plugin.name, layer.name) for plugin, layer in answers] == [("a", "x"), ("c", "z")]


def test_a_plugin_may_answer_a_hook_twice():
    class Twice:
        @hookimpl
        def dj_queue_metrics(self):
            return ["one"]

        @hookimpl(specname="dj_queue_metrics")
        def more_metrics(self):
            return ["two"]

    answers = PluginHost([shipped(Twice(), "a")]).ask_all("dj_queue_metrics", alias="default")

    assert sorted(answer.value for answer in answers) == [["one"], ["two"]]


def test_a_config_source_that_cannot_be_read_says_so_itself():
    error = ConfigSourceError("queue.yml, line 3: no value")
    host = PluginHost([shipped(Raises(error), "a")])

    with pytest.raises(ConfigSourceError, match=r"queue\.yml, line 3"):
        host.ask_all("dj_queue_config_source", alias="default", invocation=Invocation())


@pytest.mark.parametrize("error", [ValueError(), SystemExit(), ConfigSourceError()])
def test_collecting_leaves_out_a_plugin_that_raises_and_counts_it(error, caplog):
    host = PluginHost([shipped(Raises(error), "a"), shipped(Measures(), "b")])

    answers = host.collect("dj_queue_metrics", alias="default")

    assert [answer.value for answer in answers] == [["default"]]
    assert host.failures() == {("a", "dj_queue_metrics"): 1}
    assert 'plugin "a" (dj-queue-a 1.0.0) failed in dj_queue_metrics' in caplog.text


def test_asking_with_the_wrong_facts_is_the_askers_mistake():
    host = PluginHost([shipped(Gives("x"), "a")])

    with pytest.raises(
        TypeError, match=r"dj_queue_dialect is asked with \['db'\], but it gives \['database'\]"
    ):
        host.ask_all("dj_queue_dialect", db=DATABASE)


def test_two_plugins_of_one_name_are_refused():
    with pytest.raises(PluginError, match="go by one name"):
        PluginHost([shipped(Gives(), "a"), shipped(Gives(), "a", "2.0")])


def test_plugin_objects_that_compare_equal_are_told_apart():
    class Equal(Gives):
        __hash__ = None

        def __eq__(self, other):
            return True

    host = PluginHost([shipped(Equal("x"), "a"), shipped(Equal("y"), "b")])

    assert host.ask_one("dj_queue_dialect", "b", database=DATABASE).name == "y"


def test_a_host_refuses_a_plugin_that_never_passed_loading():
    class Wrong:
        @hookimpl
        def dj_queue_dialect(self, db): ...

    plugin = LoadedPlugin("a", "acme", "1", Origin.ENTRY_POINT, ("dj_queue_dialect",), Wrong())

    with pytest.raises(PluginError, match=r'plugin "a" \(acme 1\): dj_queue_dialect takes \'db\''):
        PluginHost([plugin])
