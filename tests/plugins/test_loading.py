"""What is found, what is loaded, and what a broken plugin is told."""

import pytest

from dj_queue import __version__
from dj_queue.contract import hookimpl
from dj_queue.exceptions import PluginError
from dj_queue.plugins.loading import load_host, load_object, load_plugins
from dj_queue.plugins.records import BrokenPlugin, DisabledPlugin, LoadedPlugin, Origin

GOOD = """
from dj_queue.contract import hookimpl
DJ_QUEUE_CONTRACT = (1, 0)
@hookimpl
def dj_queue_event(event): ...
@hookimpl
def dj_queue_error(error, where): ...
"""


class Listener:
    """A plugin as a class of a project."""

    @hookimpl
    def dj_queue_event(self, event):
        """Listen."""


listener = Listener()
forty_two = 42


def load(builtin=(), **kwargs):
    kwargs.setdefault("environment", {})
    return {record.name: record for record in load_plugins(builtin, **kwargs)}


def only(**kwargs):
    """What one installed or named plugin called `acme` became."""
    return load(**kwargs)["acme"]


def test_installed_plugin_is_loaded_with_its_distribution_version_and_hooks(install):
    install("acme-queue", "2.5.1", {"acme": "acme_plugin"}, {"acme_plugin": GOOD})

    acme = only()

    assert isinstance(acme, LoadedPlugin)
    assert (acme.distribution, acme.version, acme.origin) == ("acme-queue", "2.5.1", Origin.ENTRY_POINT)
    assert acme.hooks == ("dj_queue_error", "dj_queue_event")
    assert acme.plugin.__name__ == "acme_plugin"
    assert acme.label == 'plugin "acme" (acme-queue 2.5.1)'


def test_entry_point_may_name_a_class_or_an_object(install):
    text = """
from dj_queue.contract import hookimpl
class Plugin:
    DJ_QUEUE_CONTRACT = (1, 0)
    @hookimpl
    def dj_queue_event(self, event): ...
plugin = Plugin()
"""
    install("acme", "1", {"class": "acme_mod:Plugin", "object": "acme_mod:plugin"}, {"acme_mod": text})

    found = load()

    assert found["class"].hooks == found["object"].hooks == ("dj_queue_event",)
    assert type(found["class"].plugin) is type(found["object"].plugin)


def test_plugins_come_installed_by_name_then_named_then_the_cores_own(install):
    install("zeta", "1", {"b_second": "b_mod"}, {"b_mod": GOOD})
    install("omega", "1", {"a_first": "a_mod"}, {"a_mod": GOOD})
    environment = {"DJ_QUEUE_PLUGINS": f"a_first,b_second,{__name__}.Listener"}

    records = load_plugins(
        ("dj_queue.plugins.lifecycle",), extra=(f"{__name__}.Listener",), environment=environment
    )

    loaded = [record.name for record in records if isinstance(record, LoadedPlugin)]
    assert loaded == ["a_first", "b_second", f"{__name__}.Listener", "lifecycle"]


def test_built_in_plugin_goes_by_a_short_name_and_ships_with_dj_queue():
    lifecycle = load(("dj_queue.plugins.lifecycle",))["lifecycle"]

    assert lifecycle.label == f'plugin "lifecycle" (dj-queue {__version__})'
    assert lifecycle.origin is Origin.BUILT_IN


@pytest.mark.parametrize("attribute", ["Listener", "listener"])
def test_options_may_name_a_class_or_an_object(attribute):
    path = f"{__name__}.{attribute}"

    found = load(extra=[path])[path]

    assert isinstance(found, LoadedPlugin)
    assert isinstance(found.plugin, Listener)
    assert found.label == f'plugin "{path}" (OPTIONS)'


def test_options_may_name_a_module_without_a_contract_version(install):
    install("lib", "1", {}, {"project_plugin": GOOD.replace("DJ_QUEUE_CONTRACT = (1, 0)", "")})

    assert load(extra=["project_plugin"])["project_plugin"].hooks


def test_plugin_named_in_options_and_installed_is_loaded_once(install):
    install("acme", "1", {"acme": "acme_plugin"}, {"acme_plugin": GOOD})

    found = load(extra=["acme_plugin"])

    assert isinstance(found["acme"], LoadedPlugin)
    assert isinstance(found["acme_plugin"], DisabledPlugin)
    assert found["acme_plugin"].reason == 'loaded already as plugin "acme" (acme 1)'


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("no_such_package.plugin", "No module named 'no_such_package'"),
        (f"{__name__}.Nothing", "has no module, class or object named 'Nothing'"),
        (f"{__name__}.forty_two", "has no hook; mark at least one function with @dj_queue.contract.hookimpl"),
        ("", "ValueError"),
    ],
)
def test_option_that_names_no_plugin_is_broken_with_the_reason(path, words):
    found = load(extra=[path])[path]

    assert isinstance(found, BrokenPlugin)
    assert words in found.error


def test_plugins_option_that_is_a_text_is_refused_with_its_path():
    with pytest.raises(
        PluginError, match=r"TASKS\['q'\]\['plugins'\] is the text 'shop.queue'; write a list"
    ):
        load(extra="shop.queue", options_path="TASKS['q']")


def test_plugins_option_that_holds_no_path_is_refused_with_its_index():
    with pytest.raises(PluginError, match=r"OPTIONS\['plugins'\]\[1\] is 3; write a dotted path"):
        load(extra=[f"{__name__}.listener", 3])


@pytest.mark.parametrize(
    ("first_lines", "words"),
    [
        ("import no_such_driver", "ModuleNotFoundError: No module named 'no_such_driver'"),
        ("raise SystemExit('bye')", "SystemExit: bye"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_plugin_that_fails_on_import_is_broken_and_the_others_load(install, first_lines, words):
    install("acme", "1", {"acme": "acme_plugin"}, {"acme_plugin": first_lines})
    install("good", "1", {"good": "good_plugin"}, {"good_plugin": GOOD})

    found = load()

    assert found["acme"].error == words
    assert isinstance(found["good"], LoadedPlugin)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "write DJ_QUEUE_CONTRACT = (1, 0) beside its hooks"),
        ("DJ_QUEUE_CONTRACT = (2, 0)", "it needs plugin contract 2.0, dj-queue"),
        ("DJ_QUEUE_CONTRACT = (1, 1)", "speaks 1.0; upgrade dj-queue"),
        ("DJ_QUEUE_CONTRACT = (0, 9)", "speaks 1.0; upgrade the plugin"),
        ("DJ_QUEUE_CONTRACT = '1.0'", "its DJ_QUEUE_CONTRACT is '1.0'; write two whole numbers"),
        ("DJ_QUEUE_CONTRACT = (1,)", "its DJ_QUEUE_CONTRACT is (1,); write two whole numbers"),
        ("DJ_QUEUE_CONTRACT = (True, 0)", "its DJ_QUEUE_CONTRACT is (True, 0)"),
    ],
)
def test_plugin_for_another_contract_is_refused_with_what_to_do(install, written, words):
    text = GOOD.replace("DJ_QUEUE_CONTRACT = (1, 0)", written)
    install("acme", "1", {"acme": "acme_plugin"}, {"acme_plugin": text})

    acme = only()

    assert isinstance(acme, BrokenPlugin)
    assert words in acme.error


def test_plugin_named_in_options_for_another_contract_is_refused():
    class FromTheFuture(Listener):
        DJ_QUEUE_CONTRACT = (7, 0)

    with pytest.raises(PluginError, match=r'plugin "future" \(OPTIONS\): it needs plugin contract 7.0'):
        load_object(FromTheFuture(), "future")


@pytest.mark.parametrize(
    ("hook", "words"),
    [
        (
            "@hookimpl\ndef dj_queue_evnt(event): ...",
            "dj_queue_evnt is no hook of plugin contract 1.0 (did you mean dj_queue_event?)",
        ),
        (
            "@hookimpl\ndef dj_queue_dialect(db): ...",
            "dj_queue_dialect takes 'db', which is not given; it can take: database",
        ),
        (
            "@hookimpl\ndef dj_queue_dialect(database=None): ...",
            "dj_queue_dialect gives 'database' a default",
        ),
        (
            "@hookimpl\ndef dj_queue_dialect(**facts): ...",
            "dj_queue_dialect takes '**facts'; name the arguments it wants, out of: database",
        ),
        (
            "@hookimpl\nasync def dj_queue_event(event): ...",
            "dj_queue_event is an async function",
        ),
        (
            "@hookimpl(wrapper=True)\ndef dj_queue_dialect(database): return (yield)",
            "dj_queue_dialect is a wrapper; plugins are called one by one",
        ),
        (
            "def dj_queue_event(event): ...",
            "dj_queue_event is never called without its mark",
        ),
    ],
)
def test_hook_that_cannot_work_is_refused_in_plain_english(install, hook, words):
    text = f"from dj_queue.contract import hookimpl\nDJ_QUEUE_CONTRACT = (1, 0)\n{hook}\n"
    install("acme", "1", {"acme": "acme_plugin"}, {"acme_plugin": text})

    acme = only()

    assert isinstance(acme, BrokenPlugin)
    assert words in acme.error


def test_every_problem_of_a_plugin_is_told_at_once():
    class Wrong:
        @hookimpl
        def dj_queue_event(self, evnt): ...

        @hookimpl
        def dj_queue_dialect(self, database, also): ...

    with pytest.raises(PluginError) as refused:
        load_object(Wrong(), "wrong")

    assert "takes 'evnt'" in str(refused.value)
    assert "takes 'also'" in str(refused.value)


def test_hook_of_a_newer_host_is_skipped_when_marked_optional():
    class Ahead(Listener):
        @hookimpl(optionalhook=True)
        def dj_queue_teleport(self, job): ...

    assert load_object(Ahead(), "ahead").hooks == ("dj_queue_event",)


def test_hook_may_go_by_another_function_name():
    class Renamed:
        @hookimpl(specname="dj_queue_event")
        def listen(self, event): ...

    assert load_object(Renamed(), "renamed").hooks == ("dj_queue_event",)


def test_allow_list_keeps_everything_else_out_without_importing_it(install):
    install("acme", "1", {"acme": "acme_plugin"}, {"acme_plugin": "raise SystemExit"})
    install("good", "1", {"good": "good_plugin"}, {"good_plugin": GOOD})

    found = load(
        ("dj_queue.plugins.lifecycle",),
        extra=[f"{__name__}.listener"],
        environment={"DJ_QUEUE_PLUGINS": " good , "},
    )

    assert found["acme"].reason == found[f"{__name__}.listener"].reason == "not in DJ_QUEUE_PLUGINS"
    assert isinstance(found["good"], LoadedPlugin)
    assert isinstance(found["lifecycle"], LoadedPlugin)


def test_empty_allow_list_leaves_only_the_cores_own(install):
    install("good", "1", {"good": "good_plugin"}, {"good_plugin": GOOD})

    host = load_host(("dj_queue.plugins.lifecycle",), environment={"DJ_QUEUE_PLUGINS": ""})

    assert [plugin.name for plugin in host.plugins] == ["lifecycle"]


@pytest.mark.parametrize(
    ("lists", "place"),
    [
        ({"environment": {"DJ_QUEUE_DISABLED_PLUGINS": "other,acme"}}, "DJ_QUEUE_DISABLED_PLUGINS"),
        ({"disabled": ["acme"]}, "OPTIONS['disabled_plugins']"),
        (
            {"disabled": ["acme"], "environment": {"DJ_QUEUE_PLUGINS": "acme"}},
            "OPTIONS['disabled_plugins']",
        ),
    ],
)
def test_disabled_plugin_is_never_imported(install, lists, place):
    install("acme", "1", {"acme": "acme_plugin"}, {"acme_plugin": "raise SystemExit"})

    acme = only(**lists)

    assert isinstance(acme, DisabledPlugin)
    assert acme.reason == f"disabled by {place}"


def test_name_on_a_list_that_no_plugin_goes_by_is_shown():
    lists = {"disabled": ["misspelt"], "environment": {"DJ_QUEUE_PLUGINS": "absent"}}

    found = load(**lists)

    assert "DJ_QUEUE_PLUGINS names it, but no plugin" in found["absent"].reason
    assert "OPTIONS['disabled_plugins'] names it, but no plugin" in found["misspelt"].reason


def test_the_cores_own_plugin_cannot_be_disabled():
    with pytest.raises(PluginError, match=r"'disabled_plugins'\] names 'lifecycle', which is the core's own"):
        load(("dj_queue.plugins.lifecycle",), disabled=["lifecycle"])


def test_disabled_plugins_option_that_is_a_text_is_refused_with_its_path():
    with pytest.raises(PluginError, match=r"OPTIONS\['disabled_plugins'\] is the text 'acme'"):
        load(disabled="acme")


@pytest.mark.fault(62)
def test_two_plugins_of_one_name_are_refused_naming_both(install):
    install("acme-one", "1.0", {"acme": "one_plugin"}, {"one_plugin": GOOD})
    install("acme-two", "2.0", {"acme": "two_plugin"}, {"two_plugin": GOOD})

    with pytest.raises(PluginError) as refused:
        load_host((), environment={})

    assert 'plugin "acme" (acme-one 1.0)' in str(refused.value)
    assert 'plugin "acme" (acme-two 2.0)' in str(refused.value)


def test_two_plugins_of_one_name_do_no_harm_while_disabled(install):
    install("acme-one", "1.0", {"acme": "one_plugin"}, {"one_plugin": GOOD})
    install("acme-two", "2.0", {"acme": "two_plugin"}, {"two_plugin": GOOD})

    assert load_host((), disabled=["acme"], environment={}).broken == ()


def test_metadata_that_cannot_be_read_is_an_error_that_says_so(install, tmp_path):
    install("acme", "1", {"acme": "acme_plugin"})
    entry_points = tmp_path / "site-packages" / "acme-1.dist-info" / "entry_points.txt"
    entry_points.write_text("[dj_queue]\nno equals sign here\n", encoding="utf-8")

    with pytest.raises(PluginError, match="entry points of installed packages cannot be read"):
        load()


def test_environment_of_the_process_is_the_default(install, monkeypatch):
    install("acme", "1", {"acme": "acme_plugin"}, {"acme_plugin": GOOD})
    monkeypatch.setenv("DJ_QUEUE_DISABLED_PLUGINS", "acme")

    assert [plugin.name for plugin in load_host(()).disabled] == ["acme"]


def test_broken_plugin_ends_the_boot_only_where_soundness_is_required(install):
    install("acme-queue", "1.0.0", {"acme": "acme_plugin"}, {"acme_plugin": "import no_such_driver"})

    host = load_host((), environment={"DJ_QUEUE_PLUGINS": "acme"})

    with pytest.raises(PluginError) as refused:
        host.require_sound()
    assert str(refused.value) == (
        "plugin \"acme\" (acme-queue 1.0.0): ModuleNotFoundError: No module named 'no_such_driver'"
    )
    assert isinstance(refused.value.__cause__, ModuleNotFoundError)


def test_sound_plugins_pass():
    load_host(("dj_queue.plugins.lifecycle",), environment={"DJ_QUEUE_PLUGINS": ""}).require_sound()
