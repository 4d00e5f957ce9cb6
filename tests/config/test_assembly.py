"""Options name plugins and plugins give options: one host and one set of options come of it."""

import pytest
from django.test import override_settings

from dj_queue.config.assembly import ask_again, assemble, merged_of
from dj_queue.contract import ConfigLayer, ConfigSourceError, Invocation, hookimpl
from dj_queue.exceptions import PluginError


class Source:
    """A plugin that gives options."""

    @hookimpl
    def dj_queue_config_source(self, alias):
        return ConfigLayer("acme", 15, {"max_lost_attempts": 7, "mode": alias})


class SeveralSources:
    """A plugin that gives two layers at once."""

    @hookimpl
    def dj_queue_config_source(self):
        return ConfigLayer("low", 1, {"shutdown_timeout": 1}), ConfigLayer("high", 99, {"mode": "high"})


class Wrong:
    """A plugin that gives something else than layers."""

    answer = None

    @hookimpl
    def dj_queue_config_source(self):
        return self.answer


HERE = __name__
ONLY_CORE = {"DJ_QUEUE_PLUGINS": f"{HERE}.Source,{HERE}.SeveralSources,{HERE}.Wrong"}


def put_together(options, **environment):
    tasks = {"q": {"BACKEND": "dj_queue.backend.DjQueueBackend", "OPTIONS": options}}
    with override_settings(TASKS=tasks):
        host, sources = assemble("q", Invocation(environment={**ONLY_CORE, **environment}))
    return host, merged_of(sources)


def names(host):
    return {plugin.name for plugin in host.plugins}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "queue.yml"
    path.write_text(f"plugins: [{HERE}.Source]\nmax_result_bytes: 5\n")
    return str(path)


def test_plugin_that_the_settings_name_gives_a_layer_at_its_rank():
    host, merged = put_together({"plugins": [f"{HERE}.Source", f"{HERE}.SeveralSources"]})

    assert names(host) >= {f"{HERE}.Source", f"{HERE}.SeveralSources", "portable"}
    assert (merged.values["max_lost_attempts"], merged.values["mode"]) == (7, "high")
    assert merged.values["shutdown_timeout"] == 1


def test_plugin_that_a_file_names_is_loaded_and_asked_too(file):
    host, merged = put_together({}, DJ_QUEUE_CONFIG=file)

    assert f"{HERE}.Source" in names(host)
    assert (merged.values["max_lost_attempts"], merged.values["max_result_bytes"]) == (7, 5)


def test_plugin_that_a_file_disables_is_out(tmp_path):
    path = tmp_path / "queue.yml"
    path.write_text(f"disabled_plugins: ['{HERE}.Source']")

    host, merged = put_together({"plugins": [f"{HERE}.Source"]}, DJ_QUEUE_CONFIG=str(path))

    assert f"{HERE}.Source" not in names(host)
    assert "max_lost_attempts" not in merged.values


@pytest.mark.parametrize("plugins", ["shop.queue", 3, None, [3], {"a": 1}])
def test_list_of_plugins_that_is_none_is_left_for_the_options_to_refuse(plugins):
    host, _merged = put_together({"plugins": plugins, "disabled_plugins": plugins})

    assert names(host) == {"lifecycle", "portable"}


@pytest.mark.parametrize("options", [[], "text", None, 3])
def test_options_that_are_no_mapping_are_an_error_of_their_source(options):
    with pytest.raises(ConfigSourceError, match=r"TASKS\['q'\]\['OPTIONS'\]: .* is not a mapping of options"):
        put_together(options)


@pytest.mark.parametrize(
    "answer",
    [
        {"mode": "fork"},
        [{"mode": "fork"}],
        7,
        "mode",
        ConfigLayer("acme", "10", {}),
        ConfigLayer("acme", 10, [("mode", "fork")]),
        [ConfigLayer("acme", 10, {}), None],
    ],
)
def test_plugin_that_gives_something_else_than_layers_is_named(monkeypatch, answer):
    monkeypatch.setattr(Wrong, "answer", answer)

    with pytest.raises(PluginError) as refused:
        put_together({"plugins": [f"{HERE}.Wrong"]})

    assert str(refused.value) == (
        f'plugin "{HERE}.Wrong" (OPTIONS) answers dj_queue_config_source with something else than layers'
    )


def test_broken_plugin_is_told_before_any_layer_is_read(tmp_path):
    environment = {"DJ_QUEUE_CONFIG": str(tmp_path / "absent.yml"), "DJ_QUEUE_PLUGINS": "no_such.plugin"}

    with pytest.raises(PluginError, match=r'plugin "no_such.plugin" \(OPTIONS\): ModuleNotFoundError'):
        put_together({"plugins": ["no_such.plugin"]}, **environment)


class Changes:
    """A source that wants to be asked again, unless it has nothing to say."""

    def __init__(self, rank=20):
        self.rank, self.values, self.wait = rank, {"max_lost_attempts": 1}, 5.0

    @hookimpl
    def dj_queue_config_source(self):
        return None if self.values is None else ConfigLayer("changes", self.rank, self.values, "", self.wait)


changes = Changes()


@pytest.fixture
def again(tmp_path):
    """`again()`: what the sources say at the start, then a file that breaks; `again.now()` what they say then."""
    changes.values, changes.wait = {"max_lost_attempts": 1}, 5.0
    file = tmp_path / "queue.yml"
    file.write_text("max_lost_attempts: 9")
    variables = {"DJ_QUEUE_CONFIG": str(file), "DJ_QUEUE_PLUGINS": f"{HERE}.changes"}
    invocation = Invocation(environment=variables)
    options = {"plugins": [f"{HERE}.changes"]}
    tasks = {"q": {"BACKEND": "dj_queue.backend.DjQueueBackend", "OPTIONS": options}}
    with override_settings(TASKS=tasks):
        host, sources = assemble("q", invocation)
        file.write_text("[")
        yield lambda now=None: ask_again("q", invocation, host, now or sources)


def test_only_sources_that_want_it_are_asked_again_whatever_became_of_the_others(again):
    changes.values = {"max_result_bytes": 7}
    values = merged_of(again()).values
    assert (values["max_lost_attempts"], values["max_result_bytes"]) == (9, 7)


def test_equal_ranks_keep_their_order(again):
    assert merged_of(again()).values["max_lost_attempts"] == 9


def test_a_source_that_has_nothing_to_say_for_a_while_is_asked_again_still(again):
    changes.values = None
    silent = again()
    assert [source.ask_again_after for source in silent if source.plugin.endswith("changes")] == [5.0]
    changes.values = {"max_result_bytes": 7}
    assert merged_of(again(silent)).values["max_result_bytes"] == 7


@pytest.mark.parametrize("wait", [0, -1, float("nan"), float("inf"), "5", True])
def test_a_wait_that_is_none_is_refused_by_the_name_of_its_plugin(again, wait):
    changes.wait = wait
    with pytest.raises(PluginError, match=r"changes.* gives the layer 'changes' with ask_again_after="):
        again()
