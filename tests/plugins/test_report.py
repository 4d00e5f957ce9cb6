"""What operators are shown of plugins and aliases."""

from dj_queue import __version__
from dj_queue.contract import Event, hookimpl
from dj_queue.plugins.host import PluginHost
from dj_queue.plugins.loading import load_host, load_object
from dj_queue.plugins.records import BrokenPlugin, DisabledPlugin, Origin
from dj_queue.plugins.report import AliasRow, PluginRow, render, report


class Fails:
    @hookimpl
    def dj_queue_event(self, event):
        raise ValueError

    @hookimpl
    def dj_queue_metrics(self): ...


BROKEN = BrokenPlugin("acme", "acme-queue", "1.2", Origin.ENTRY_POINT, "ImportError: no\n  driver")
OFF = DisabledPlugin("mine", None, None, Origin.OPTIONS, "not in DJ_QUEUE_PLUGINS")


def test_a_row_for_each_plugin_says_who_ships_it_and_what_is_the_matter():
    host = PluginHost([OFF, BROKEN, load_object(Fails(), "shop")])
    host.broadcaster("dj_queue_event")(event=Event("claim", "default"))

    assert report(host) == (
        PluginRow(
            "shop",
            None,
            None,
            "OPTIONS",
            "active",
            ("dj_queue_event", "dj_queue_metrics"),
            failures=1,
        ),
        PluginRow("acme", "acme-queue", "1.2", "entry point", "broken", reason=BROKEN.error),
        PluginRow("mine", None, None, "OPTIONS", "disabled", reason=OFF.reason),
    )


def test_the_cores_own_plugin_is_in_the_report():
    host = load_host(("dj_queue.plugins.lifecycle",), environment={"DJ_QUEUE_PLUGINS": ""})

    [row] = [row for row in report(host) if row.state == "active"]

    assert (row.name, row.distribution, row.version) == ("lifecycle", "dj-queue", __version__)


def test_text_has_a_line_for_each_row_in_columns():
    host = PluginHost([load_object(Fails(), "shop"), BROKEN, OFF])
    aliases = [
        AliasRow("default", "default", "acme", "skip_locked", ("notify", "socket")),
        AliasRow("reports", "archive", "portable", "optimistic"),
    ]

    assert render(report(host), aliases).splitlines() == [
        "plugins",
        "  shop  -               OPTIONS      active    event, metrics",
        "  acme  acme-queue 1.2  entry point  broken    ImportError: no driver",
        "  mine  -               OPTIONS      disabled  not in DJ_QUEUE_PLUGINS",
        "backends",
        "  default  database default  dialect acme      claim skip_locked  wakeup notify, socket",
        "  reports  database archive  dialect portable  claim optimistic   wakeup none, polling",
    ]


def test_text_of_nothing_is_empty():
    assert render([]) == ""
