"""What projects may say of their Redis, and what they are told when it cannot work."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from dj_queue.testing import plugged
from dj_queue_redis_wakeup import plugin
from dj_queue_redis_wakeup.options import read_options

PLACE = "TASKS['default']['OPTIONS']['plugin_options']['redis']"
URL = "redis://redis.example:6379"


def refusal(given):
    with pytest.raises(ImproperlyConfigured) as refused, plugged(plugin, plugin_options={"redis": given}):
        pass
    return str(refused.value).splitlines()


@pytest.mark.parametrize(
    "url", [URL, f"{URL}/3", "rediss://user:secret@redis.example", "unix:///run/redis.sock", f"{URL}?db=2"]
)
def test_a_url_is_enough(url):
    with plugged(plugin, wakeup=["redis"], plugin_options={"redis": {"url": url}}) as services:
        assert [transport.name for transport in services.wakeups] == ["redis"]


def test_an_alias_without_options_does_without_redis():
    with plugged(plugin) as services:
        assert "redis" not in [transport.name for transport in services.wakeups]


def test_projects_and_databases_have_channels_of_their_own():
    assert read_options({"redis": {"url": URL}}).channel_of("default") == "dj_queue:default"
    assert read_options({"redis": {"url": URL, "channel": "shop"}}).channel_of("queue") == "shop:queue"


@pytest.mark.parametrize(
    "url", [None, 7, "", "redis.example:6379", "http://redis.example", f"{URL}x", f"{URL}?nonsense=1"]
)
def test_what_is_no_url_of_a_redis_is_refused_with_its_place(url):
    assert refusal({"url": url}) == [
        f"{PLACE}['url']: write a URL that redis-py reads, such as redis://host:6379, rediss://host:6379 or unix:///path"
    ]


def test_a_refused_url_is_not_shown():
    assert "secret" not in str(refusal({"url": "redis://user:sec/ret@secret:x"}))


@pytest.mark.parametrize("channel", ["", "two words", "x" * 65, 3, None, "a\nb"])
def test_a_channel_that_redis_tools_could_not_show_is_refused(channel):
    [line] = refusal({"url": URL, "channel": channel})
    assert line.startswith(f"{PLACE}['channel']: {channel!r} is no beginning of channels")


def test_every_mistake_is_told_at_once():
    lines = refusal({"urll": URL, "channel": "two words"})
    assert [line.partition(":")[0] for line in lines] == [
        f"{PLACE}['urll']",
        f"{PLACE}['url']",
        f"{PLACE}['channel']",
    ]


@pytest.mark.parametrize("given", [URL, [URL], True])
def test_options_that_are_no_mapping_are_refused(given):
    [line] = refusal(given)
    assert line.startswith(f"{PLACE}: write a mapping")
