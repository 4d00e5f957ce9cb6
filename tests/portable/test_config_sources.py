"""The core's own layers: what TASKS, a file, the environment and the command line say, and where they stand."""

import pytest
from django.test import override_settings

from dj_queue.config.load import read_options
from dj_queue.config.merge import merge
from dj_queue.contract import ConfigSourceError, Invocation
from dj_queue.exceptions import ConfigurationError
from dj_queue.portable.config_sources import settings_layer
from dj_queue.portable.plugin import dj_queue_config_source


def tasks(options):
    return override_settings(TASKS={"q": {"BACKEND": "dj_queue.backend.DjQueueBackend", "OPTIONS": options}})


def merged(invocation, options=()):
    with tasks(dict(options)):
        return merge(dj_queue_config_source("q", invocation))


def skipping(word, options=()):
    """The `skip_recurring` option with this word in the environment, and where it came from."""
    found = merged(Invocation(environment={"DJ_QUEUE_SKIP_RECURRING": word}), options)
    source = found.source_of(("skip_recurring",))
    return read_options("q", found).skip_recurring, source.name if source else None


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "queue.yml"
    path.write_text("mode: async\nshutdown_timeout: 7\n")
    return str(path)


def test_command_line_wins_over_environment_over_file_over_settings(file):
    every = Invocation(config_file=file, mode="by line", environment={"DJ_QUEUE_MODE": "by variable"})
    steps = [
        (every, "by line", "command line"),
        (Invocation(config_file=file, environment=every.environment), "by variable", "DJ_QUEUE_MODE"),
        (Invocation(config_file=file), "async", file),
        (Invocation(), "by settings", "TASKS"),
    ]
    for invocation, mode, source in steps:
        found = merged(invocation, {"mode": "by settings"})
        assert (found.values["mode"], found.source_of(("mode",)).name) == (mode, source)


def test_file_of_the_command_line_stands_in_for_that_of_the_environment(file, tmp_path):
    other = tmp_path / "other.yml"
    other.write_text("max_lost_attempts: 9\n")
    environment = {"DJ_QUEUE_CONFIG": str(other)}

    assert merged(Invocation(environment=environment)).values == {"max_lost_attempts": 9}
    assert "max_lost_attempts" not in merged(Invocation(config_file=file, environment=environment)).values


@pytest.mark.parametrize("word", ["1", "true", "TRUE", "yes", "On", " 1 "])
def test_skip_recurring_is_on_for_a_word_that_says_so(word):
    assert skipping(word) == (True, "DJ_QUEUE_SKIP_RECURRING")


@pytest.mark.parametrize("word", ["0", "false", "No", "off"])
def test_skip_recurring_is_off_for_a_word_that_says_so_whatever_the_settings_say(word):
    assert skipping(word, {"skip_recurring": True}) == (False, "DJ_QUEUE_SKIP_RECURRING")


def test_empty_variable_is_one_that_is_not_set():
    assert skipping("", {"skip_recurring": True}) == (True, "TASKS")
    assert merged(Invocation(environment={"DJ_QUEUE_MODE": "", "DJ_QUEUE_CONFIG": ""})).values == {}


@pytest.mark.parametrize("word", ["maybe", "2", "truee"])
def test_word_that_means_nothing_is_refused_with_the_name_of_its_variable(word):
    with pytest.raises(ConfigurationError) as refused:
        skipping(word)

    assert refused.value.problems == [
        f"DJ_QUEUE_SKIP_RECURRING: skip_recurring: {word!r} is neither True nor False"
    ]


def test_problems_of_every_source_are_told_together(file):
    environment = {"DJ_QUEUE_MODE": "x", "DJ_QUEUE_SKIP_RECURRING": "y"}
    found = merged(Invocation(config_file=file, environment=environment), {"workers": 3})

    with pytest.raises(ConfigurationError) as refused:
        read_options("q", found)

    assert len(refused.value.problems) == 3


def test_command_line_without_flags_gives_no_layer():
    names = [layer.name for layer in dj_queue_config_source("default", Invocation(only_work=True))]

    assert names == ["TASKS"]


def test_skip_recurring_of_the_command_line_wins():
    found = merged(Invocation(skip_recurring=True, environment={"DJ_QUEUE_SKIP_RECURRING": "0"}))

    assert found.values["skip_recurring"] is True


@pytest.mark.parametrize("options", [[], ["mode"], "mode", None, 3])
def test_options_of_the_settings_are_a_mapping(options):
    with tasks(options), pytest.raises(ConfigSourceError) as refused:
        settings_layer("q")

    assert str(refused.value) == f"TASKS['q']['OPTIONS']: {options!r} is not a mapping of options"


def test_backend_without_options_has_none():
    with override_settings(TASKS={"q": {"BACKEND": "dj_queue.backend.DjQueueBackend"}}):
        assert settings_layer("q").values == {}


def test_file_that_cannot_be_read_is_an_error_of_its_source(tmp_path):
    with pytest.raises(ConfigSourceError, match=r"absent.yml: it cannot be read"):
        dj_queue_config_source("default", Invocation(config_file=str(tmp_path / "absent.yml")))
